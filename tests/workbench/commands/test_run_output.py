"""What the command prints as a run's events arrive."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from engine.checks import Finding
from engine.events import STARTING_TENSORFLOW, Ended, EpochEnded, Preparing, Started, Status
from engine.experiment.model import Experiment
from engine.training.run_view import RunView
from tests.engine import tiny
from tests.engine.fake_runs import FACTS
from workbench.commands import run_output


def test_findings_of_the_data_are_made_beside_the_first_epoch_and_said_once_when_they_are_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examined, said, goes_on = list[Any](), list[str](), threading.Event()

    def facts(dataset: Any, _: Any) -> None:
        examined.append(dataset)
        assert goes_on.wait(60)

    monkeypatch.setattr("engine.checks.facts", facts)
    odd = Finding("warning", "data.dataset", "rows repeat", "they count twice")
    monkeypatch.setattr(run_output, "found_in", lambda *_: [odd])
    dataset = tiny.columns(20)
    run: Any = SimpleNamespace(dataset=dataset, features=None)
    tell, outcome = run_output.EventPrinter(Experiment(), said.append, run), RunView(Experiment())
    started, epoch = Started(FACTS, 9, 1, 1, 0.1, {}), EpochEnded(1, {"loss": 0.5}, 0.1, True, 0.01)
    for event in (Preparing("encoding"), Preparing(STARTING_TENSORFLOW), started, epoch):
        outcome = outcome.after(event)
        tell(event, outcome)
    assert said[1].startswith("target: ")
    assert capsys.readouterr().err == ""
    goes_on.set()
    for _ in range(2):
        outcome = outcome.after(Ended(Status.STOPPED, 1, 0.2, None))
        tell(Ended(Status.STOPPED, 1, 0.2, None), outcome)
    assert capsys.readouterr().err.count("warning: data.dataset: rows repeat") == 1
    assert examined == [dataset]


def test_an_examination_that_fails_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("engine.checks.facts", fails)
    run: Any = SimpleNamespace(dataset=tiny.columns(20), features=None)
    tell, outcome = run_output.EventPrinter(Experiment(), None, run), RunView(Experiment())
    tell(Preparing(STARTING_TENSORFLOW), outcome)
    outcome = outcome.after(Started(FACTS, 9, 1, 1, 0.1, {}))
    with pytest.raises(ZeroDivisionError):
        tell(Ended(Status.FINISHED, 1, 0.2, None), outcome)
