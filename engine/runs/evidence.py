"""Evidence for a stored run's metrics: confidence intervals and baselines."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.evaluation import metric_intervals
from engine.evaluation.metric_values import metric_values
from engine.events import Preparation, Preparing
from engine.runs import held_out_outputs
from engine.runs.kept_decision import read_decision

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.metric_intervals import Intervals
    from engine.evaluation.report import Report
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.features import Encoded, Features
    from engine.prediction.decision import Decision
    from engine.runs.records import RunRecord
    from engine.runs.store import RunStore

Values = dict[str, float]


def intervals(runs: RunStore, record: RunRecord) -> Preparation[Intervals]:
    """Compute the 95 % intervals of a run's metrics at its best epoch and of its test, by history name.

    Intervals of accuracy follow from its value and the number of samples. Those of other metrics need the run's
    outputs, which are computed once and stored; without its data or model they are left out.
    """
    outputs = held_out_outputs.kept(runs, record)
    if outputs is None and _needs_outputs(runs, record):
        with suppress(EngineError):
            outputs = yield from held_out_outputs.held_out_outputs(runs, record.id)
    return _intervals(record, outputs)


def known_intervals(runs: RunStore, record: RunRecord) -> Intervals:
    """Return the intervals that follow from the record alone, and from its outputs if they are stored."""
    return _intervals(record, held_out_outputs.kept(runs, record))


def _needs_outputs(runs: RunStore, record: RunRecord) -> bool:
    """Whether intervals need the run's outputs: they do with a decision, and for metrics other than accuracy."""
    prefix = _prefix(record)
    if not (record.test if prefix == "test_" else record.best):
        return False
    found = _from_record(record)
    known = all(f"{prefix}{name}" in found for name in _interval_metrics(record))
    return not (known and read_decision(runs, record).plain)


def _intervals(record: RunRecord, outputs: SplitOutputs | None) -> Intervals:
    if record.data is None or outputs is None:
        return _from_record(record)
    more = metric_intervals.from_outputs(outputs, _interval_metrics(record), _prefix(record))
    return more | _from_record(record)


def _from_record(record: RunRecord) -> Intervals:
    if record.data is None:
        return {}
    test = {f"test_{name}": value for name, value in (record.test or {}).items()}
    found = metric_intervals.from_values(record.best, record.data.validation, "val_")
    return found | metric_intervals.from_values(test, record.data.test, "test_")


def _prefix(record: RunRecord) -> str:
    return "test_" if held_out_outputs.split_of(record) == "test" else "val_"


def _interval_metrics(record: RunRecord) -> tuple[str, ...]:
    training = record.experiment.training
    losses = (training.loss,) if training.loss in ("mse", "mae") else ()
    return tuple(dict.fromkeys((*training.metrics, *losses)))


def baselines(
    record: RunRecord, dataset: Dataset | None = None, prepared: tuple[Features, Encoded] | None = None
) -> Preparation[dict[str, Values | None]]:
    """Compute the scores of a constant prediction and of a linear model on a run's validation samples.

    Both are keyed by history name. The linear model is fitted once for the same data and features. It is None if
    the data is missing or has changed; pass ``dataset`` to avoid loading the data, ``prepared`` to avoid encoding
    it too.
    """
    return {"constant": _constant(record), "linear": (yield from _linear(record, dataset, prepared))}


def known_baselines(record: RunRecord) -> dict[str, Values | None]:
    """Return the baselines that are known without reading the data."""
    from engine.evaluation.linear_baseline import cached

    known = cached(record.experiment, record.data.digest) if record.data else None
    linear = known.values(record.experiment.training) if known else None
    return {"constant": _constant(record), "linear": linear}


def _constant(record: RunRecord) -> Values:
    prefix = "val_" if record.data and record.data.validation else ""
    return {f"{prefix}{name}": value for name, value in record.baselines.items()}


def _linear(
    record: RunRecord, dataset: Dataset | None, prepared: tuple[Features, Encoded] | None
) -> Preparation[Values | None]:
    from engine.evaluation.linear_baseline import linear_baseline

    known = known_baselines(record)["linear"]
    if known is not None or record.data is None:
        return known
    try:
        if dataset is None:
            dataset = yield from held_out_outputs.load_data(record)
        fitted = yield from linear_baseline(record.experiment, dataset, prepared)
    except EngineError:
        return None
    return fitted.values(record.experiment.training)


@dataclass(frozen=True)
class Examined:
    """A run's held-out outputs with a report on them, and its data set."""

    record: RunRecord
    dataset: Dataset
    own: SplitOutputs
    report: Report
    baselines: dict[str, Values | None]


def examine(runs: RunStore, run_id: str) -> Preparation[Examined]:
    """Load a run's data, predict its held-out samples unless they are stored, and report on them.

    Raises StoreError or DataError if the data or the model is missing.
    """
    from engine.evaluation.report import report

    record = runs.get(run_id)
    dataset = yield from held_out_outputs.load_data(record)
    own = yield from held_out_outputs.held_out_outputs(runs, run_id, dataset)
    yield Preparing("computing the report")
    found = report(own, dataset, read_decision(runs, record))
    return Examined(record, dataset, own, found, (yield from baselines(record, dataset)))


def as_object(
    runs: RunStore,
    record: RunRecord,
    dataset: Dataset | None = None,
    prepared: tuple[Features, Encoded] | None = None,
) -> Preparation[dict[str, Any]]:
    """Return a run with its evidence as the command's ``--json`` shows it; see :func:`baselines`."""
    found = yield from intervals(runs, record)
    return _object(runs, record, found, (yield from baselines(record, dataset, prepared)))


def known_object(runs: RunStore, record: RunRecord) -> dict[str, Any]:
    """Like :func:`as_object`, with what is known without reading the data."""
    return _object(runs, record, known_intervals(runs, record), known_baselines(record))


def _object(
    runs: RunStore, record: RunRecord, found: Intervals, below: Mapping[str, Values | None]
) -> dict[str, Any]:
    shown = record.json() | {"intervals": found, "baselines": dict(below)}
    kept = decided(runs, record)
    return shown | ({"decided": kept.as_object()} if kept else {})


@dataclass(frozen=True)
class Decided:
    """A run's stored threshold and temperature, and the metrics of its stored outputs with them.

    Metrics and their 95 % ``intervals`` are keyed by history name.
    """

    decision: Decision
    values: Values
    intervals: Intervals

    def as_object(self) -> dict[str, Any]:
        """Return decision and metrics as the command's ``--json`` shows them."""
        return asdict(self.decision) | self.values | {"intervals": self.intervals}


def decided(runs: RunStore, record: RunRecord) -> Decided | None:
    """Return a run's stored decision and the metrics with it; None if no decision is stored."""
    decision = read_decision(runs, record)
    if decision.plain:
        return None
    outputs = held_out_outputs.kept(runs, record)
    if outputs is None:
        return Decided(decision, {}, {})
    asked = outputs.decided(decision), ("accuracy", "precision", "recall", "f1"), _prefix(record)
    return Decided(decision, metric_values(*asked), metric_intervals.from_outputs(*asked))
