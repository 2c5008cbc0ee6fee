"""Charts of a run's evidence: reliability, ROC, precision over recall, and the trade-off of a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text.numbers import number
from workbench.tui.widgets.chart import Level, Line, Mark, Picture

if TYPE_CHECKING:
    from engine.evaluation.calibration import Reliability
    from engine.evaluation.ranking_curves import RankingCurves
    from engine.evaluation.thresholds import TradeOff

CURVE, OTHER, THIRD, IDEAL = "primary", "warning", "success", "foreground-muted"
EMPTY = Picture((), 0, 1, whole=False, hint="no probabilities: a value is predicted")


def reliability(found: Reliability) -> tuple[Picture, str]:
    """Plot the observed frequency over the predicted probability; calibrated ones are on the diagonal.

    The caption has the expected calibration error, and the bin with the largest error.
    """
    predicted = tuple(one.predicted for one in found.bins)
    observed = tuple(one.observed for one in found.bins)
    picture = Picture((_diagonal(), Line(predicted, observed, CURVE, points=True)), 0, 1, whole=False)
    worst = max(found.bins, key=lambda one: abs(one.observed - one.predicted), default=None)
    if worst is None:
        return picture, "no samples"
    said = f"predicted {worst.predicted:.2f}, observed {worst.observed:.2f}, {worst.samples:,} samples"
    return picture, f"ECE {number(found.error, 3)} · worst bin: {said}"


def roc(found: RankingCurves) -> tuple[Picture, str]:
    """Plot recall over the false positive rate (guessing gives the diagonal); the caption has the area and its
    margin.
    """
    area = f"{number(found.auc, 3)} ±{number(found.auc_interval.margin, 3)}"
    picture = Picture((_diagonal(), _line(found.roc, CURVE)), 0, 1, whole=False)
    return picture, f"{found.label} against the rest · area {area} · guessing 0.5"


def precision_recall(found: RankingCurves) -> tuple[Picture, str]:
    """Plot precision over recall; the caption has the area, and the class's share, which guessing reaches."""
    area, share = number(found.average_precision, 3), number(found.share, 3)
    picture = Picture((_line(found.precision_recall, CURVE),), 0, 1, (), (Level(found.share),), whole=False)
    return picture, f"{found.label} against the rest · area {area} · guessing {share}"


def threshold_picture(found: TradeOff, threshold: float) -> Picture:
    """Plot precision, recall and F1 at every threshold, and mark the chosen one."""
    lines = (
        Line(found.thresholds, found.precision, OTHER),
        Line(found.thresholds, found.recall, THIRD),
        Line(found.thresholds, found.f1, CURVE),
    )
    return Picture(lines, 0, 1, (Mark(threshold, f"threshold {threshold:.2f}", "foreground"),), whole=False)


def _diagonal() -> Line:
    return Line((0.0, 1.0), (0.0, 1.0), IDEAL)


def _line(points: tuple[tuple[float, float], ...], colour: str) -> Line:
    across, up = zip(*points, strict=True)
    return Line(across, up, colour)
