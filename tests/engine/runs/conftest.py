"""Tiny data and its answers, for tests of what is computed from held-out outputs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.datasets.dataset import Dataset
from engine.experiment.model import Data
from engine.runs import RunStore
from tests.engine import tiny
from tests.engine.runs.held_out import Answering

pytest.register_assert_rewrite("tests.engine.runs.store_contract")


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Tiny columns of two classes, loaded by whoever asks for a data set."""
    made = tiny.columns(task="binary", classes=2)

    def load(data: Data, seed: int) -> Any:
        return made
        yield

    monkeypatch.setattr("engine.datasets.load", load)
    return made


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    found = Answering()
    monkeypatch.setattr(RunStore, "predictor", lambda *_: found)
    return found
