"""The charts of a run's evidence: reliability, ROC, precision against recall, and what a threshold trades off."""

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
    """The share for which each probability came true: on the diagonal probabilities hold.

    In words the expected calibration error, and the bin that is furthest off.
    """
    predicted = tuple(one.predicted for one in found.bins)
    observed = tuple(one.observed for one in found.bins)
    picture = Picture((_diagonal(), Line(predicted, observed, CURVE, points=True)), 0, 1, whole=False)
    worst = max(found.bins, key=lambda one: abs(one.observed - one.predicted), default=None)
    if worst is None:
        return picture, "no samples"
    said = f"said {worst.predicted:.2f}, true {worst.observed:.2f} of {worst.samples:,}"
    return picture, f"expected calibration error {number(found.error, 3)} · worst: {said}"


def roc(found: RankingCurves) -> tuple[Picture, str]:
    """Recall against the share of false alarms (guessing gives the diagonal), and the area with its margin."""
    area = f"{number(found.auc, 3)} ±{number(found.auc_interval.margin, 3)}"
    picture = Picture((_diagonal(), _line(found.roc, CURVE)), 0, 1, whole=False)
    return picture, f"{found.label} against the rest · area {area} · guessing 0.5"


def precision_recall(found: RankingCurves) -> tuple[Picture, str]:
    """Precision against recall, and the area; guessing gives the share of the class."""
    area, share = number(found.average_precision, 3), number(found.share, 3)
    picture = Picture((_line(found.precision_recall, CURVE),), 0, 1, (), (Level(found.share),), whole=False)
    return picture, f"{found.label} against the rest · area {area} · guessing {share}"


def threshold_picture(found: TradeOff, threshold: float) -> Picture:
    """Precision, recall and F1 at every threshold, and the one that is chosen."""
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
