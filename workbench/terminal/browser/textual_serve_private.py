"""All uses of private names of textual-serve; a test fails if one of them has moved."""

from __future__ import annotations

from asyncio.subprocess import Process

from textual_serve import server
from textual_serve.app_service import AppService


def process(service: AppService) -> Process | None:
    """Return a visitor's process; None before it is started."""
    return service._process


def serve_with(service: type[AppService]) -> None:
    """Make textual-serve start visitors' processes with this class; its server takes no such argument."""
    setattr(server, "AppService", service)  # noqa: B010
