"""Chooses a decision threshold on validation samples: by F1, by the costs of mistakes, or by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction.decision import Decision


def best_f1(validation: SplitOutputs) -> Decision:
    """Return the threshold with the highest F1 of the second class on validation samples."""
    values, hits, alarms, positives = _counts(validation)
    scores = 2 * hits / np.maximum(hits + alarms + positives, 1)
    return Decision(float(values[scores.argmax()]), "f1")


def lowest_cost(validation: SplitOutputs, false_positive: float, false_negative: float) -> Decision:
    """Return the threshold with the lowest mean cost, given the cost of each kind of mistake."""
    if min(false_positive, false_negative) < 0 or false_positive + false_negative <= 0:
        raise DataError("the costs of the two mistakes must not be negative, and one of them above 0")
    values, hits, alarms, positives = _counts(validation)
    costs = (false_positive * alarms + false_negative * (positives - hits)) / max(len(validation), 1)
    return Decision(float(values[costs.argmin()]), "cost")


@dataclass(frozen=True, slots=True)
class TradeOff:
    """Precision, recall and F1 of the second class at thresholds from 0 to 1; NaN if undefined."""

    thresholds: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]


def trade_off(found: SplitOutputs, steps: int = 100) -> TradeOff:
    """Return precision, recall and F1 of the second class as functions of the threshold."""
    thresholds = np.linspace(0, 1, steps + 1)
    scores, positive = np.sort(found.outputs[:, 0]), np.asarray(found.targets) == 1
    passed = len(scores) - np.searchsorted(scores, thresholds, side="right")
    right = np.sort(found.outputs[positive, 0])
    hits = len(right) - np.searchsorted(right, thresholds, side="right")
    with np.errstate(invalid="ignore", divide="ignore"):
        values = hits / passed, hits / len(right), 2 * hits / (passed + len(right))
    return TradeOff(tuple(thresholds.tolist()), *(tuple(one.tolist()) for one in values))


def _counts(found: SplitOutputs) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return, for each threshold halfway between neighbouring probabilities, true and false positives."""
    if found.split != "validation":
        raise DataError(f"a threshold is chosen on validation samples, not on {found.split} samples")
    _check_binary(found)
    order = np.argsort(-found.outputs[:, 0], kind="stable")
    scores = found.outputs[order, 0].astype(np.float64)
    positive = np.asarray(found.targets)[order] == 1
    last = np.flatnonzero(np.append(np.diff(scores) < 0, True))
    last = last[scores[last] > 0]  # with any threshold a probability of 0 is negative
    below = np.append(scores[1:], 0.0)[last]
    hits = np.append(0, np.cumsum(positive)[last])
    values = np.append(1.0, (scores[last] + below) / 2)
    return values, hits, np.append(0, last + 1) - hits, int(positive.sum())


def _check_binary(found: SplitOutputs) -> None:
    if not found.binary:
        raise DataError("a threshold decides between two classes: this network has no single sigmoid output")


def chosen(found: SplitOutputs, asked: str) -> Decision:
    """Return the threshold for "f1" or "cost:FP,FN" on validation samples, or for a given probability."""
    _check_binary(found)
    name, _, costs = asked.partition(":")
    if name == "f1":
        return best_f1(found)
    try:
        if name == "cost":
            false_positive, false_negative = map(float, costs.split(","))
            return lowest_cost(found, false_positive, false_negative)
        value = float(asked)
    except ValueError:
        raise DataError(
            f"{asked!r} is not a threshold: f1, cost:FALSE_POSITIVE,FALSE_NEGATIVE (cost:1,5), or a probability"
        ) from None
    if not 0 <= value <= 1:
        raise DataError(f"a threshold is a probability between 0 and 1, not {value:g}")
    return Decision(value, "hand")
