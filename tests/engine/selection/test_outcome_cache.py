"""Networks that an earlier search trained are taken from the cache."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DataError
from engine.experiment.layers import (
    Dense,
    Embedding,
    GlobalMaxPooling1D,
)
from engine.selection.events import SelectionStarted
from engine.selection.folds import divide
from engine.selection.outcome_cache import OutcomeCache
from engine.selection.results import Search
from engine.selection.search import search
from engine.training.run import Run
from tests.engine import tiny
from tests.engine.selection.searching import REGRESSION, close, run_through, settled


def test_outcomes_that_are_damaged_are_trained_again_and_the_oldest_give_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, events = tiny.columns(), []  # type: ignore[var-annotated]
    grid = {"layers.0.units": [2]}
    first: Search = run_through(search(REGRESSION, grid, 2, dataset=dataset, cache_folder=tmp_path))
    damaged, kept = sorted(tmp_path.glob("*.json"))
    damaged.write_bytes(damaged.read_bytes().replace(b"0.", b"1.", 1))
    again: Search = run_through(search(REGRESSION, grid, 2, dataset=dataset, cache_folder=tmp_path), events)
    assert [event.found for event in events if isinstance(event, SelectionStarted)] == [1]
    assert close(settled(again), settled(first))
    os.utime(damaged, (1, 1))
    monkeypatch.setattr("engine.selection.outcome_cache.LIMIT", kept.stat().st_size + 10)
    OutcomeCache(tmp_path, dataset, divide(dataset, 2, 7), {})
    assert list(tmp_path.glob("*.json")) == [kept]


def test_a_larger_grid_takes_over_what_a_smaller_one_trained(tmp_path: Path) -> None:
    dataset, events = tiny.columns(), []  # type: ignore[var-annotated]
    run_through(search(REGRESSION, {"layers.0.units": [2]}, 2, dataset=dataset, cache_folder=tmp_path))
    run_through(search(REGRESSION, {"layers.0.units": [2, 3]}, 2, dataset=dataset, cache_folder=tmp_path), events)
    assert [event.found for event in events if isinstance(event, SelectionStarted)] == [2]
    other = replace(dataset, digest="other rows")
    run_through(search(REGRESSION, {"layers.0.units": [2]}, 2, dataset=other, cache_folder=tmp_path), events)
    assert [event.found for event in events if isinstance(event, SelectionStarted)] == [2, 0]


def test_a_failed_network_is_trained_again_by_the_next_search(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, events = tiny.columns(), []  # type: ignore[var-annotated]
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_build", lambda *_: (_ for _ in ()).throw(MemoryError()))
        failed: Search = run_through(search(REGRESSION, {"layers.0.units": [2]}, 2, dataset=dataset))
    assert failed.best is None
    again: Search = run_through(search(REGRESSION, {"layers.0.units": [2]}, 2, dataset=dataset), events)
    assert [event.found for event in events if isinstance(event, SelectionStarted)] == [0]
    assert again.best is not None


def test_other_word_vectors_under_the_same_name_are_another_network(tmp_path: Path) -> None:
    vectors, counts = tmp_path / "glove.txt", []  # type: ignore[var-annotated]
    reading = Embedding(output_dim=2, vectors=str(vectors), trainable=False)
    layers = reading, GlobalMaxPooling1D(), Dense(units=1, activation="sigmoid")
    embedded = tiny.experiment(*layers, data={"encoding": "sequence"}, epochs=1)
    with pytest.raises(DataError, match="no file of word vectors"):
        run_through(search(embedded, {"training.epochs": [1]}, 2, dataset=tiny.text()))
    losses = []
    for value in (1, -2, 1):
        vectors.write_text("".join(f"word{index} {value * index} 1\n" for index in range(20)))
        events: list[Any] = []
        found: Search = run_through(search(embedded, {"training.epochs": [1]}, 2, dataset=tiny.text()), events)
        counts += [event.found for event in events if isinstance(event, SelectionStarted)]
        losses.append(found.cells[0].history["val_loss"])
    assert counts == [0, 0, 2]
    assert losses[0] == losses[2] != losses[1]
