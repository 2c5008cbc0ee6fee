"""textual-serve still has the private names that this project uses."""

from __future__ import annotations

from typing import Any, cast

import pytest
from textual_serve import server
from textual_serve.app_service import AppService
from textual_serve.server import Server

from workbench.terminal.browser import textual_serve_private


async def nothing(_: Any) -> None:
    """Take what a service would send."""


def test_a_service_still_names_its_process() -> None:
    service = AppService(
        "true", write_bytes=nothing, write_str=nothing, close=cast(Any, nothing), download_manager=cast(Any, None)
    )
    assert hasattr(service, "_process"), "textual-serve has moved _process: mend textual_serve_private.process"
    assert textual_serve_private.process(service) is None


def test_the_server_still_names_the_class_of_its_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AppService", AppService)
    used = Server.handle_websocket.__code__.co_names
    assert "AppService" in used, "textual-serve has moved AppService: mend textual_serve_private.serve_with"

    class Other(AppService):
        """Another class of services."""

    textual_serve_private.serve_with(Other)
    assert Server.handle_websocket.__globals__["AppService"] is Other
