"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.system import paths


def test_a_user_that_is_not_there_is_a_name_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert paths.expanded("~/data") == Path("/home/me/data")
    assert paths.expanded("~nosuchuser/data") == Path("~nosuchuser/data")
    monkeypatch.setenv("WORKBENCH_HOME", "~nosuchuser/runs")
    assert paths.home() == Path("~nosuchuser/runs")
    for name in ("~nosuchuser/data", "a\0b", "x" * 300):
        assert not paths.exists(Path(name))
