"""Every private name of textual-serve that this project uses. A test says which of them has moved."""

from __future__ import annotations

from asyncio.subprocess import Process

from textual_serve import server
from textual_serve.app_service import AppService


def process(service: AppService) -> Process | None:
    """A visitor's process; None before it has been started."""
    return service._process


def serve_with(service: type[AppService]) -> None:
    """Have textual-serve start every visitor's process by this class; its server takes no such argument."""
    setattr(server, "AppService", service)  # noqa: B010
