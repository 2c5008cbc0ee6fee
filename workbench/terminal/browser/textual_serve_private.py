"""Every private name of textual-serve that this project uses. A test says which of them has moved."""

from __future__ import annotations

from asyncio.subprocess import Process

from textual_serve.app_service import AppService


def process(service: AppService) -> Process | None:
    """A visitor's process; None before it has been started."""
    return service._process
