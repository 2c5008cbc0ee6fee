"""Commands that train: train, retrain and resume; follow and stop for runs of other processes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from math import isfinite, nan
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

from engine.datasets.undefined_metrics import with_undefined
from engine.errors import EngineError
from engine.events import Ended, Started, Status
from engine.system.counts import counted
from engine.system.tensorflow_start import start_tensorflow_ahead
from engine.training.run_view import RunView
from workbench.commands.findings import check, lines
from workbench.commands.inputs import experiment_and_data, store
from workbench.commands.notifications import followed, notified
from workbench.commands.options import ExperimentName, Json, RunId, Settings
from workbench.commands.output import say, say_lines, say_table, warn, write_json
from workbench.commands.run_output import Stream, consume, exit_status, leave, report

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.experiment.model import Experiment
    from engine.runs import RunStore
    from engine.training.run import Run


def train(
    named: ExperimentName,
    settings: Settings = None,
    test: Annotated[bool, typer.Option("--test", help="Evaluate the test samples once, at the end.")] = False,
    name: Annotated[str | None, typer.Option(help="Another name for the run.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=1000, help="Train with this many seeds, one after another.")
    ] = 1,
    detach: Annotated[
        bool, typer.Option("--detach", help="Train in a separate process that outlives the session.")
    ] = False,
    temperature: Annotated[
        bool, typer.Option("--temperature", help="Calibrate the probabilities on validation samples, at the end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train an experiment: one run, stored with every epoch.

    Ctrl-C stops it and keeps what is trained; `workbench resume RUN` resumes it.
    """
    if not detach:
        start_tensorflow_ahead()
    chosen, dataset = experiment_and_data(named, settings, name)
    check(chosen)
    if detach:
        _detached(_start_detached(store(), chosen, test=test, repeat=repeat), as_json)
    elif repeat > 1:
        _repeat(chosen, repeat, test, as_json)
    else:
        _one(store(), _run(chosen, test, dataset), as_json, temperature=temperature)


def retrain(
    run: RunId,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs to train (default: the run's best).")] = None,
    as_json: Json = False,
) -> None:
    """Train a fresh network on training and validation samples for the best epoch's number of epochs, then test it
    once.
    """
    runs = store()
    fresh = runs.retraining(run, epochs)
    _one(runs, fresh, as_json, parent=run)


def resume(run: RunId, as_json: Json = False) -> None:
    """Resume a run that was stopped or interrupted, after its last complete epoch."""
    runs = store()
    record = runs.get(run)
    stream = notified(runs.resume(run), record.experiment, record.kind)
    _finish(runs, consume(stream, record.experiment, quiet=as_json), as_json)


def follow(run: RunId) -> None:
    """Watch a run of another process; Ctrl-C leaves it running."""
    runs = store()
    record = runs.get(run)
    stream: Stream = runs.follow(run)
    if not record.status.ended:
        stream = followed(stream, record.experiment, record.kind)
    outcome = consume(stream, record.experiment)
    if outcome.ended is None:
        warn(f"run {run} is still running: `workbench stop {run}` stops it")
        return
    report(outcome)
    leave(outcome, record.experiment)


def stop(run: RunId) -> None:
    """Ask a run of another process to stop and keep what is trained."""
    store().request_stop(run)
    say(f"run {run} has been asked to stop; `workbench resume {run}` resumes it")


def _run(chosen: Experiment, test: bool, dataset: Dataset | None = None) -> Run:
    from engine.training.run import Run

    return Run(chosen, dataset=dataset, test=test)


def _one(
    runs: RunStore, run: Run, as_json: bool, parent: str | None = None, temperature: bool = False
) -> NoReturn:
    """Record a run and exit with its status."""
    stream = notified(runs.record(run, parent=parent), run.experiment, "retrain" if parent else "train")
    outcome = consume(stream, run.experiment, quiet=as_json, run=run)
    _finish(runs, outcome, as_json, temperature, run)


def _finish(
    runs: RunStore, outcome: RunView, as_json: bool, temperature: bool = False, trained: Run | None = None
) -> NoReturn:
    """Print the outcome of a run and exit; ``trained`` is the run if this process trained it."""
    from workbench.commands.evidence_output import calibrate, with_evidence

    report(outcome)
    if temperature and outcome.run and not exit_status(outcome):
        calibrate(runs, outcome.run)
    if as_json and outcome.run:
        write_json(with_evidence(runs, outcome.run, trained))
    elif not exit_status(outcome):
        _remark(runs, outcome.experiment, outcome, trained)
    leave(outcome, outcome.experiment)


def _remark(runs: RunStore, chosen: Experiment, outcome: RunView, trained: Run | None) -> None:
    """Print the findings on the curves, and how often the test samples have been evaluated."""
    from engine import checks
    from workbench.commands.evidence_output import say_evidence

    started = cast(Started, outcome.started)
    if outcome.run:
        say_evidence(runs, outcome.run, trained)
    say_lines(lines(checks.after(chosen, outcome.epochs, started.baselines), chosen))
    if outcome.tested:
        data = started.data
        times = counted(runs.test_evaluations(data.dataset, data.digest), "time")
        say(f"these test samples have been evaluated {times}: choose by the validation scores")


def _repeat(chosen: Experiment, times: int, test: bool, as_json: bool) -> None:
    """Train with consecutive seeds as one group; stop at the first run that does not finish."""
    from engine.experiment.setting_paths import with_settings
    from workbench.commands.evidence_output import with_evidence

    seeded = [with_settings(chosen, {"seed": seed}) for seed in range(chosen.seed, chosen.seed + times)]
    runs, group, outcomes = store(), uuid.uuid4().hex[:8], list[RunView]()
    for one in seeded:
        stream = notified(runs.record(_run(one, test), group=group), one)
        outcome = consume(stream, one, quiet=as_json)
        outcomes.append(outcome)
        report(outcome)
        if exit_status(outcome):
            break
    if as_json:
        write_json({"group": group, "runs": [with_evidence(runs, one.run) for one in outcomes if one.run]})
    else:
        _say_group(group, outcomes)
    leave(outcomes[-1], chosen)


def _say_group(group: str, outcomes: Sequence[RunView]) -> None:
    """Print the mean and range of each metric at the best epochs of a group's runs."""
    best = [with_undefined(one.best.logs, one.experiment.training.metrics) for one in outcomes if one.best]
    names = [name for name in (best[0] if best else ()) if name.startswith("val_")]
    runs = counted(len(best), "run")
    say(f"group {group} of {runs}, best epochs; `workbench compare {group} GROUP` compares two")
    values = {name: [value for logs in best if isfinite(value := logs[name])] or [nan] for name in names}
    rows = [(name, fmean(found), min(found), max(found)) for name, found in values.items()]
    say_table(("", "mean", "lowest", "highest"), rows)


def _detached(run: str, as_json: bool) -> None:
    if as_json:
        write_json({"run": run, "status": "training"})
    else:
        say(f"run {run} is detached: `workbench follow {run}` shows it, `workbench stop {run}` stops it")


def _start_detached(store: RunStore, experiment: Experiment, *, test: bool = False, repeat: int = 1) -> str:
    """Train an experiment, with ``repeat`` consecutive seeds, in a session of its own.

    Returns the first run's number once its first epoch starts. Raises EngineError if it fails before that.
    """
    from engine.runs.detached import start_detached
    from workbench.notifications.detached import PROGRAM

    seeds = range(experiment.seed, experiment.seed + repeat)
    group = uuid.uuid4().hex[:8] if repeat > 1 else None
    run, *_ = start_detached(experiment, seeds=seeds, group=group, test=test, store=store, program=PROGRAM)
    for event in store.follow(run):
        if isinstance(event, Started):
            break
        if isinstance(event, Ended):
            failed = event.status is Status.FAILED and event.reason
            raise EngineError(failed or f"run {run} did not start: {event.reason}")
    return run
