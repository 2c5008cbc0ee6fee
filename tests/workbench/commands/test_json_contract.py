"""The keys that scripts rely on: what ``--json`` has once written stays, whatever the code calls it."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from engine.runs import RunStore
from tests.engine.fake_runs import EXPERIMENT, FakeRun, recorded
from tests.workbench.commanding import Workbench

ENTRY = {"name", "title", "kind", "task", "rows", "classes", "columns", "labels", "about", "notes", "sources"}
SOURCE = {"name", "place", "available", "note"}
RUN = {
    "run", "name", "status", "error", "data", "parameters", "history", "best_epoch", "test", "seconds",
    "intervals", "baselines",
}  # fmt: skip
LISTED = {
    "run", "name", "kind", "status", "interrupted", "error", "dataset", "parameters", "epochs", "best_epoch",
    "best", "test", "seed", "group", "parent", "created", "seconds", "tags", "note",
}  # fmt: skip


@pytest.fixture
def runs() -> None:
    """Two runs in the store."""
    with closing(RunStore()) as store:
        for _ in range(2):
            recorded(store, FakeRun(EXPERIMENT, test=True))


def holds(found: Any, keys: set[str]) -> bool:
    """Whether an object has all these keys; others may stand beside them."""
    return not keys - found.keys()


def test_data_sets_keep_their_keys(workbench: Workbench) -> None:
    for entry in workbench("data", "list", "--json").json["datasets"]:
        assert holds(entry, ENTRY)
        assert all(holds(source, SOURCE) for source in entry["sources"])
    shown = workbench("data", "show", "wine", "--json").json
    assert holds(shown, ENTRY)
    assert holds(
        shown["summary"], {"task", "facts", "classes", "columns", "notes", "reading", "left_out", "findings"}
    )
    assert holds(shown["summary"]["facts"], {"train", "validation", "test"})
    assert all(holds(one, {"label", "rows"}) for one in shown["summary"]["classes"])
    assert all(
        holds(one, {"name", "role", "treatment", "missing", "distinct"}) for one in shown["summary"]["columns"]
    )


def test_runs_keep_their_keys(workbench: Workbench, runs: None) -> None:
    assert all(holds(one, LISTED) for one in workbench("runs", "--json").json["runs"])
    (of_data,) = workbench("runs", "--json").json["baselines"]
    assert of_data.keys() == {"dataset", "constant", "linear"}
    shown = workbench("show", "1", "--json").json
    assert holds(shown, RUN)
    assert holds(shown["data"], {"dataset", "source", "train", "validation", "test"})
    assert holds(workbench("compare", "1", "2", "--json").json, {"runs", "tests"})
