"""Prints intervals and baselines with a run's scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from engine import checks
from engine.datasets.dataset import Dataset
from engine.errors import EngineError
from engine.evaluation.intervals import Interval
from engine.features import Encoded, Features
from engine.runs import RunRecord, RunStore, RunSummary, evidence
from engine.runs.kept_decision import decide
from engine.training.run import Run
from workbench.commands.output import say, warn
from workbench.commands.progress_bar import wait
from workbench.text.numbers import number, scores

OfData = Sequence[tuple[str, Mapping[str, Mapping[str, float] | None]]]
"""Pairs of a data set and the values of its baselines by name."""


def with_evidence(runs: RunStore, run: str, trained: Run | None = None) -> dict[str, Any]:
    """Return a run's JSON with its intervals and baselines, computed if they are not stored yet.

    A run that was ``trained`` in this process still holds its data, which is then not read again.
    """
    return wait(evidence.as_object(runs, runs.get(run), *_held(trained)))


def listed_baselines(runs: RunStore, listed: Sequence[RunSummary]) -> OfData:
    """Return the known baselines of each data set of the listed runs, as stored with its latest run."""
    latest = {(run.dataset, run.data.digest): run for run in listed if run.data and run.data.validation}
    found = []
    for (dataset, _), run in latest.items():
        with suppress(EngineError):  # stored by another version
            found.append((dataset, evidence.known_baselines(runs.get(run.id))))
    return found


def calibrate(runs: RunStore, run: str) -> None:
    """Fit a run's temperature on its validation samples and store it; warn if the run cannot have one."""
    try:
        wait(decide(runs, run, temperature=True))
    except EngineError as error:
        warn(f"not calibrated: {error}")


def say_evidence(runs: RunStore, run: str, trained: Run | None = None) -> None:
    """Print a run's intervals and baselines, computed if they are not stored yet; see :func:`with_evidence`."""
    record = runs.get(run)
    found = wait(evidence.intervals(runs, record))
    _say(runs, record, found, wait(evidence.baselines(record, *_held(trained)))["linear"])


def _held(trained: Run | None) -> tuple[Dataset, tuple[Features, Encoded]] | tuple[()]:
    """Return a trained run's data set, features and encoded samples.

    Empty if the run failed before it read them, or was retrained, for then it has no validation samples.
    """
    if trained is None or trained.dataset is None or not hasattr(trained, "encoded") or trained.retrain:
        return ()
    return trained.dataset, (trained.features, trained.encoded)


def say_known_evidence(runs: RunStore, record: RunRecord) -> None:
    """Print the intervals and baselines of a run that are stored, without reading its data."""
    linear = evidence.known_baselines(record)["linear"]
    _say(runs, record, evidence.known_intervals(runs, record), linear)


def _say(
    runs: RunStore, record: RunRecord, found: Mapping[str, Interval], linear: Mapping[str, float] | None
) -> None:
    values = {**record.best, **{f"test_{name}": value for name, value in (record.test or {}).items()}}
    if found:
        say(f"95 % intervals: {', '.join(_with_interval(name, values, one) for name, one in found.items())}")
    if kept := evidence.decided(runs, record):
        decided = (_with_interval(name, kept.values, one) for name, one in kept.intervals.items())
        say(f"with {kept.decision.words}: {', '.join(decided)}")
    if linear:
        say(f"linear baseline: {scores(linear.items())}")
        for finding in checks.against_linear(record.best, linear):
            say(f"{finding.message}. {finding.why[:1].upper()}{finding.why[1:]}.")


def _with_interval(name: str, values: Mapping[str, float], found: Interval) -> str:
    value = f" {number(values[name])}" if name in values else ""
    return f"{name}{value} [{number(found.low)}, {number(found.high)}]"
