"""A search that prunes drops the worse half after each fold, the same however it is carried out."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.errors import EngineError
from engine.experiment.setting_paths import with_settings
from engine.selection.events import CellEnded, FoldProgress, Pruned, SelectionStarted
from engine.selection.pruning import sizes
from engine.selection.results import Search
from engine.selection.search import search
from tests.engine import tiny
from tests.engine.selection.made_up_trainer import MadeUpTrainer, error
from tests.engine.selection.searching import REGRESSION, close, run_through, settled

RACE = {"layers.0.units": [2, 3, 4, 5, 6]}


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained: scores are made up."""
    monkeypatch.setattr("engine.selection.search.FoldTrainer", MadeUpTrainer)


def pruned(grid: dict[str, list[Any]], folds: int = 3, **options: Any) -> Any:
    """A search that prunes."""
    options = {"dataset": tiny.columns(), "score": "mae", "prune": True} | options
    return search(REGRESSION, grid, folds, **options)


def folds_by_units(found: Search) -> dict[int, int]:
    return {result.params["layers.0.units"]: result.folds for result in found.results}


@pytest.mark.usefixtures("made_up")
def test_the_worse_half_by_the_mean_so_far_is_dropped_after_each_fold() -> None:
    events: list[Any] = []
    found: Search = run_through(pruned(RACE), events)
    assert folds_by_units(found) == {2: 1, 3: 3, 4: 3, 5: 1, 6: 2}
    told = [event for event in events if isinstance(event, Pruned)]
    assert told == [Pruned(1, 2, (0, 3), 3), Pruned(2, 1, (4,), 2)]
    assert [result.rank for result in found.results] == [5, 2, 1, 4, 3]
    assert [result.mean_test_score for result in found.results] == [-9, -4, -3, -6, -4.5]
    spreads = [result.std_test_score for result in found.results]
    assert spreads == [None, 0, pytest.approx(np.sqrt(2)), None, 1.5]
    assert found.best is not None
    assert (found.best.params["layers.0.units"], found.best.pruned) == (4, False)
    assert len(found.cells) == 5 + 3 + 2
    assert found.epochs_trained == 3 * len(found.cells)


@pytest.mark.usefixtures("made_up")
def test_pruned_cells_are_marked_in_the_json_and_compared_with_no_others() -> None:
    found: Search = run_through(pruned(RACE))
    told = json.loads(json.dumps(found.json()))
    assert [(one["folds"], one["pruned"]) for one in told["results"]] == [
        (1, True), (3, False), (3, False), (1, True), (2, True),
    ]  # fmt: skip
    assert told["best"]["pruned"] is False
    assert told["lead_by_chance"] is None
    assert told["notes"] == [
        "3 of 5 settings were pruned: their means are over fewer folds, they rank behind the others, and how far"
        " the best leads by chance is unknown"
    ]
    whole: Search = run_through(pruned(RACE, prune=False))
    assert {(one["folds"], one["pruned"]) for one in whole.json()["results"]} == {(3, False)}
    assert whole.lead_by_chance is not None


@pytest.mark.usefixtures("made_up")
def test_all_work_is_known_in_advance() -> None:
    events: list[Any] = []
    found: Search = run_through(pruned(RACE), events)
    started = next(event for event in events if isinstance(event, SelectionStarted))
    assert (started.networks, started.epochs, started.found) == (10, found.epochs_trained, 0)
    shares = [event.share for event in events if isinstance(event, FoldProgress)]
    assert shares == pytest.approx([epoch / 30 for epoch in range(1, 31)])
    assert events[-1].seconds_left == pytest.approx(0, abs=1e-6)


def test_half_of_the_networks_go_on_rounded_up_and_at_least_one() -> None:
    assert sizes(16, 4) == [16, 8, 4, 2]
    assert sizes(5, 5) == [5, 3, 2, 1, 1]


@pytest.mark.usefixtures("made_up")
def test_of_equal_scores_the_first_in_the_grid_go_on() -> None:
    found: Search = run_through(pruned({"layers.0.units": [15, 12, 14, 13]}))
    assert folds_by_units(found) == {15: 3, 12: 2, 14: 1, 13: 1}
    assert [result.rank for result in found.results] == [1, 2, 3, 3]


@pytest.mark.usefixtures("made_up")
def test_networks_that_fail_are_dropped_first_and_rank_last() -> None:
    found: Search = run_through(pruned({"layers.0.units": [20, 2, 21, 5]}))
    assert folds_by_units(found) == {20: 1, 2: 3, 21: 1, 5: 2}
    assert [(result.rank, result.mean_test_score) for result in found.results] == [
        (3, None), (1, pytest.approx(-11 / 3)), (3, None), (2, -6),
    ]  # fmt: skip
    assert found.cells[0].error == "the loss became infinite in epoch 1"


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("units", [[20, 21], [30, 31, 32]], ids=["all fail", "the score is undefined"])
def test_where_no_network_has_a_score_all_go_on(units: list[int]) -> None:
    events: list[Any] = []
    found: Search = run_through(pruned({"layers.0.units": units}), events)
    assert set(folds_by_units(found).values()) == {3}
    assert found.best is None
    assert not any(isinstance(event, Pruned) for event in events)
    assert events[-1].share == 1


@pytest.mark.usefixtures("made_up")
def test_a_network_that_cells_share_counts_by_the_best_of_them() -> None:
    found: Search = run_through(pruned({"training.epochs": [2, 1], "layers.0.units": [41, 40]}))
    assert [(result.params["training.epochs"], result.folds, result.rank) for result in found.results] == [
        (2, 1, 3), (2, 3, 2), (1, 1, 3), (1, 3, 1),
    ]  # fmt: skip


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(("networks", "folds", "draw"), [(2, 2, 1), (7, 3, 2), (8, 4, 3), (9, 5, 4), (13, 3, 5)])
def test_none_that_goes_on_is_worse_than_one_that_was_dropped(networks: int, folds: int, draw: int) -> None:
    units = [100 * draw + number for number in range(networks)]
    found = folds_by_units(run_through(pruned({"layers.0.units": units}, folds)))
    for fold, size in enumerate(sizes(networks, folds)):
        racing = [one for one in units if found[one] > fold]
        assert len(racing) == size
        means = {one: np.mean([error(one, before) for before in range(fold + 1)]) for one in racing}
        order = sorted(racing, key=lambda one: (means[one], units.index(one)))
        assert fold == folds - 1 or {one for one in racing if found[one] > fold + 1} == set(
            order[: (size + 1) // 2]
        )


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("grid", [RACE, {"layers.0.units": list(range(300, 309))}], ids=["told", "drawn"])
def test_the_number_of_jobs_changes_nothing(grid: dict[str, list[Any]]) -> None:
    here = settled(run_through(pruned(grid, fresh=True)))
    assert settled(run_through(pruned(grid, fresh=True, jobs=2))) == here


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("ended", range(1, 11))
def test_an_interrupted_search_goes_on_to_the_same_result(ended: int) -> None:
    undigested = replace(tiny.columns(), digest="")  # so that no outcome is kept
    whole: Search = run_through(pruned(RACE, dataset=undigested))
    with closing(pruned(RACE)) as steps:
        for _ in range(ended):
            while not isinstance(next(steps), CellEnded):
                pass
    events: list[Any] = []
    found: Search = run_through(pruned(RACE), events)
    started = next(event for event in events if isinstance(event, SelectionStarted))
    assert (started.networks, started.found, started.epochs) == (10, ended - 1, 3 * (11 - ended))
    assert settled(found) == settled(whole)
    again: list[Any] = []
    assert settled(run_through(pruned(RACE), again)) == settled(whole)
    started = next(event for event in again if isinstance(event, SelectionStarted))
    assert (started.found, started.epochs) == (10, 0)
    assert [event for event in again if isinstance(event, Pruned)] == [
        event for event in events if isinstance(event, Pruned)
    ]


@pytest.mark.usefixtures("made_up")
def test_what_a_whole_search_has_trained_is_taken_over_and_no_more_of_it_than_needed() -> None:
    whole: Search = run_through(pruned(RACE, prune=False))
    events: list[Any] = []
    found: Search = run_through(pruned(RACE), events)
    assert found.epochs_trained == 30 < whole.epochs_trained
    assert folds_by_units(found) == {2: 1, 3: 3, 4: 3, 5: 1, 6: 2}
    started = next(event for event in events if isinstance(event, SelectionStarted))
    assert (started.networks, started.found, started.epochs) == (10, 10, 0)


def test_networks_that_go_on_are_trained_as_without_pruning() -> None:
    grid = {"layers.0.units": [2, 3, 4], "training.epochs": [1, 2]}
    found: Search = run_through(search(REGRESSION, grid, 2, dataset=tiny.columns(), prune=True))
    whole: Search = run_through(search(REGRESSION, grid, 2, dataset=tiny.columns(), fresh=True))
    kept = {result.number: result for result in found.results if not result.pruned}
    assert len(kept) == 4
    for number, result in kept.items():
        assert close(result.mean_test_score, whole.results[number].mean_test_score)
    cells = {(cell.number, cell.fold): cell.json() for cell in whole.cells}
    assert all(close(cell.json(), cells[cell.number, cell.fold]) for cell in found.cells)


def test_what_cannot_be_pruned_is_refused_before_anything_is_read() -> None:
    unknown = with_settings(REGRESSION, {"data.dataset": "nowhere"})
    with pytest.raises(EngineError, match="nothing to prune: the grid has only one network"):
        search(unknown, {"training.epochs": [1, 2, 3]}, prune=True)
    with pytest.raises(EngineError, match="nothing to prune: networks are dropped between folds"):
        search(unknown, {"layers.0.units": [1, 2]}, folds=1, prune=True)
