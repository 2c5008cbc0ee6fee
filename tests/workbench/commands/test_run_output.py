"""What the command prints as a run's events arrive."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.checks import Finding
from engine.events import STARTING_TENSORFLOW, Preparing, Started
from engine.experiment.model import Experiment
from engine.training.run_view import RunView
from tests.engine import tiny
from tests.engine.fake_runs import FACTS
from workbench.commands import run_output


def test_findings_of_the_data_are_made_while_tensorflow_starts_and_said_when_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examined: list[Any] = []
    odd = Finding("warning", "data.dataset", "rows repeat", "they count twice")
    monkeypatch.setattr("engine.checks.facts", lambda dataset, _: examined.append(dataset))
    monkeypatch.setattr(run_output, "found_in", lambda *_: [odd])
    dataset, said = tiny.columns(20), list[str]()
    run: Any = SimpleNamespace(dataset=dataset, features=None)
    experiment = Experiment()
    tell, outcome = run_output.Teller(experiment, said.append, run), RunView(experiment)
    tell(Preparing("encoding"), outcome)
    assert examined == []
    tell(Preparing(STARTING_TENSORFLOW), outcome)
    assert (examined, said, capsys.readouterr().err) == ([dataset], [], "")
    tell(Started(FACTS, 9, 1, 1, 0.1, {}), outcome)
    assert len(examined) == 1
    assert said[1].startswith("target: ")
    assert "warning: data.dataset: rows repeat" in capsys.readouterr().err
