"""The full report on held-out outputs: classes, probabilities, curves and slices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.evaluation import metric_intervals
from engine.evaluation.calibration import Reliability, log_loss, reliability
from engine.evaluation.class_table import ClassTable, class_table
from engine.evaluation.metric_intervals import Intervals
from engine.evaluation.metric_values import metric_values
from engine.evaluation.ranking_curves import RankingCurves, ranking_curves
from engine.evaluation.slices import Slice, slices
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction.decision import Decision

CLASSES = ("accuracy", "precision", "recall", "f1", "auc")
VALUES = ("mae", "mse", "rmse")


@dataclass(frozen=True)
class Report:
    """A report on outputs after applying ``decision``.

    Parts that do not apply to regression (``classes``, ``reliability``) are None.
    """

    outputs: SplitOutputs
    decision: Decision
    values: dict[str, float]
    intervals: Intervals
    classes: ClassTable | None
    reliability: Reliability | None
    log_loss: float
    curves: tuple[RankingCurves, ...]
    slices: tuple[Slice, ...]

    def cell(self, true: int, predicted: int, mask: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return the indices of the samples in one cell of the confusion matrix, most confident predictions first.

        ``mask``, of shape (samples,), selects samples; None selects all.
        """
        found = self.outputs
        inside = (found.targets == true) & (found.predicted == predicted)
        return np.asarray(found.indices[surest_first(found, inside if mask is None else inside & mask)])

    def as_object(self) -> dict[str, Any]:
        """Return the report as the command's ``--json`` shows it."""
        shown: dict[str, Any] = {
            "split": self.outputs.split,
            "samples": len(self.outputs),
            "threshold": self.decision.threshold,
            "threshold_by": self.decision.by,
            "temperature": self.decision.temperature,
            "values": self.values,
            "intervals": self.intervals,
            "slices": [asdict(one) for one in self.slices],
        }
        return shown | (self._of_classes(self.classes) if self.classes else {})

    def _of_classes(self, table: ClassTable) -> dict[str, Any]:
        return {
            "labels": list(table.labels),
            "confusion": table.confusion.tolist(),
            "classes": [asdict(one) for one in table.classes],
            "macro_f1": table.macro_f1,
            "log_loss": self.log_loss,
            "calibration": asdict(self.reliability) if self.reliability else None,
            "curves": [asdict(one) for one in self.curves],
        }


def surest_first(found: SplitOutputs, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the positions in ``mask``, most confident predictions first; for regression, largest errors first."""
    inside = np.flatnonzero(mask)
    if found.regression:
        return np.asarray(inside[np.argsort(-np.abs(found.errors[inside, 0]), kind="stable")])
    columns = np.minimum(found.predicted[inside], found.probabilities.shape[1] - 1)
    return np.asarray(inside[np.argsort(-found.probabilities[inside, columns], kind="stable")])


def report(found: SplitOutputs, dataset: Dataset, decision: Decision | None = None) -> Report:
    """Report on a network's outputs for samples of ``dataset``, after applying ``decision``."""
    decision = decision or Decision()
    found = found.decided(decision)
    names: Sequence[str] = VALUES if found.regression else CLASSES
    values, intervals = metric_values(found, names), metric_intervals.from_outputs(found, names)
    worst = slices(found, dataset)
    if found.regression:
        return Report(found, decision, values, intervals, None, None, math.nan, (), worst)
    return Report(
        found,
        decision,
        values,
        intervals,
        class_table(found),
        reliability(found),
        log_loss(found),
        ranking_curves(found),
        worst,
    )
