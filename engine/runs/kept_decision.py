"""A run's threshold and temperature, chosen on its validation samples and stored beside its model."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DataError, StoreError
from engine.evaluation.calibration import fit_temperature
from engine.evaluation.thresholds import chosen
from engine.events import Preparation
from engine.prediction.decision import Decision
from engine.runs import held_out_outputs
from engine.system.atomic_write import write_bytes

if TYPE_CHECKING:
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.prediction.predictor import Predictor
    from engine.runs.records import RunRecord
    from engine.runs.store import RunStore

CHOICES = ("default", "f1", "cost", "hand")


def read_decision(runs: RunStore, record: RunRecord) -> Decision:
    """Return a run's decision, for a retrained run without one its parent's, else the default decision.

    A decision made for an earlier best epoch is ignored. Raises StoreError if the file is damaged.
    """
    path = _path(runs, record)
    if path.exists():
        found, epoch = _read(path)
        return found if epoch == record.best_epoch else Decision()
    if record.kind == "retrain" and record.parent:
        try:
            return read_decision(runs, runs.get(record.parent))
        except StoreError:
            return Decision()
    return Decision()


def deciding_predictor(runs: RunStore, run_id: str, which: str = "best") -> Predictor:
    """Return a predictor with a run's weights; for the best epoch it applies the run's stored decision."""
    found = runs.predictor(run_id, which)
    if which == "best":
        found.decision = read_decision(runs, runs.get(run_id))
    return found


def write_decision(runs: RunStore, record: RunRecord, decision: Decision) -> None:
    """Store a decision for a run's best epoch."""
    content = asdict(decision) | {"best_epoch": record.best_epoch}
    write_bytes(_path(runs, record), (json.dumps(content) + "\n").encode())


def decide(
    runs: RunStore, run_id: str, threshold: str | None = None, temperature: bool = False
) -> Preparation[Decision]:
    """Choose a run's threshold and temperature on its validation samples and store them.

    ``threshold`` is "f1", "cost:FP,FN" with the costs of a false positive and a false negative, or a probability;
    ``temperature`` fits a temperature first, and the threshold then applies to the calibrated probabilities.
    Raises DataError for any other threshold.
    """
    record = runs.get(run_id)
    outputs = yield from held_out_outputs.held_out_outputs(runs, run_id)
    decision = decided(outputs, read_decision(runs, record), threshold, temperature)
    write_decision(runs, record, decision)
    return decision


def decided(
    outputs: SplitOutputs, before: Decision, threshold: str | None = None, temperature: bool = False
) -> Decision:
    """Make a decision like :func:`decide` from a run's outputs on held-out samples, without storing it.

    Raises DataError for regression, for an invalid threshold, and for test samples, on which nothing may be chosen
    (an explicit threshold can be set).
    """
    if outputs.regression:
        raise DataError("a value is predicted: there is neither a threshold nor a probability")
    by_hand = threshold is not None and _is_number(threshold) and not temperature
    if outputs.split != "validation" and not by_hand:
        raise DataError("there are no validation samples: decide on the run that this one was retrained from")
    warmth = fit_temperature(outputs) if temperature else before.temperature
    if threshold is None:
        return Decision(before.threshold, before.by, warmth)
    return replace(chosen(outputs.decided(Decision(temperature=warmth)), threshold), temperature=warmth)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _read(path: Path) -> tuple[Decision, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
        epoch = content.pop("best_epoch")
        found = Decision(**content)
        sound = 0 <= found.threshold <= 1 and found.by in CHOICES and 0 < found.temperature < math.inf
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path} is damaged and cannot be read ({error}): delete it to decide again") from error
    if not sound:
        raise StoreError(f"{path} is damaged: it holds no threshold and temperature; delete it to decide again")
    return found, epoch


def _path(runs: RunStore, record: RunRecord) -> Path:
    return runs.folder(record.id).path / "decision.json"
