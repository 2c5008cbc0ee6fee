"""What the tests of the terminal share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.runs import RunStore
from tests.workbench.commanding import Result, Workbench
from tests.workbench.runs_host import HOSTILE, experiment, recorded
from workbench import cli


@pytest.fixture
def workbench(capsys: pytest.CaptureFixture[str]) -> Workbench:
    """Call the command in this process."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        status = cli.call(arguments)
        written = capsys.readouterr()
        return Result(status, written.out, written.err)

    return run


@pytest.fixture
def store() -> Iterator[RunStore]:
    """Eight runs: two alone, one stopped, and two groups of seeds, of which the first run was tested."""
    store = RunStore()
    recorded(store, experiment(name="Baseline"))
    recorded(store, experiment(name="Wide", units=64, seed=99), test=True)
    recorded(store, experiment(name=HOSTILE, optimizer="adam"), until=2)
    for name, group, units in (("Narrow", "n", 4), ("Deep", "d", 8)):
        for seed in range(2):
            recorded(store, experiment(name=name, seed=seed * 3 + units, units=units), group=group)
    recorded(store, experiment(name="Longer", epochs=9))
    yield store
    store.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a run as soon as the cursor is on it; poll the store only when told."""
    monkeypatch.setattr("workbench.tui.runs.view.SETTLE_SECONDS", 0.001)
    monkeypatch.setattr("workbench.tui.runs.view.POLL_SECONDS", 3600)
