"""textual-serve still has the private names that this project uses."""

from __future__ import annotations

from typing import Any, cast

from textual_serve.app_service import AppService

from workbench.terminal.browser import textual_serve_private


async def nothing(_: Any) -> None:
    """Take what a service would send."""


def test_a_service_still_names_its_process() -> None:
    service = AppService(
        "true", write_bytes=nothing, write_str=nothing, close=cast(Any, nothing), download_manager=cast(Any, None)
    )
    assert hasattr(service, "_process"), "textual-serve has moved _process: mend textual_serve_private.process"
    assert textual_serve_private.process(service) is None
