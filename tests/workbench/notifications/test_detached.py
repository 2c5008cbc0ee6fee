"""The news of a detached run: its process trains whatever has become of the configuration."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from engine.events import Ended, Status
from workbench.config import file
from workbench.notifications import detached


def test_a_configuration_that_was_broken_meanwhile_is_said_and_the_run_trains(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file.location().parent.mkdir(parents=True, exist_ok=True)
    file.location().write_text("[notifications]\non_end = 3\n")
    ended = Ended(Status.FINISHED, 1, 0.1)

    def events() -> Generator[Any, None, None]:
        yield ended

    record: Any = SimpleNamespace(experiment=None, kind="train")
    assert list(detached.notified(events(), record)) == [ended]
    assert "no notifications of this run: " in (said := capsys.readouterr().err)
    assert "line 2, notifications.on_end: " in said
