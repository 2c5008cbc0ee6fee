"""Formats reports on held-out outputs, audits and the sanity ladder as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.system.counts import counted
from workbench.text.numbers import number, with_margin

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.audit.data_audit import Audit
    from engine.evaluation.intervals import Interval
    from engine.evaluation.ranking_curves import RankingCurves
    from engine.evaluation.report import Report
    from engine.evaluation.sanity.ladder import Rung

RUNGS = {
    "loss_at_start": "loss at the start",
    "one_batch": "overfit one batch",
    "shuffled_labels": "shuffled labels",
    "zeroed_inputs": "empty inputs",
    "learning_rate": "learning rate",
}
"""The title of each rung of the ladder."""

SHOWN = 12
"""The most classes, slices and suspects that are listed."""

BAR = 20
"""Characters of a bar from 0 to 1."""

RATES = (0.01, 0.05, 0.1, 0.2)
"""The false positive rates at which the recall of a ROC curve is listed."""


def with_interval(value: float, found: Interval | None) -> str:
    """Format a value with its bounds: ``0.8862 [0.8799, 0.8923]``."""
    return number(value) + (f" [{number(found.low)}, {number(found.high)}]" if found else "")


def rung(found: Rung) -> str:
    """Format a rung as one line: whether it passed, the measured and expected values, and why."""
    expected = "" if found.expected is None else f" against {number(found.expected)}"
    value = "" if found.value is None else f" {number(found.value)}{expected}"
    return f"{'✓' if found.ok else '✗'} {RUNGS.get(found.check, found.check)}{value}: {found.why}"


def report(found: Report) -> Iterator[str]:
    """Format a report on held-out outputs: metrics, classes, probabilities, curves, the worst slices."""
    yield counted(len(found.outputs), f"{found.outputs.split} sample")
    if not found.decision.plain:
        yield found.decision.words
    for name, value in found.values.items():
        yield f"{name:<10}{with_interval(value, found.intervals.get(name))}"
    if found.classes:
        yield from _classes(found)
        yield from _reliability(found)
        for curves in found.curves[:SHOWN]:
            yield from _curves(curves)
    yield "\nworst slices: score, that of the other samples"
    for one in found.slices[:SHOWN]:
        score = with_interval(one.score, one.interval)
        yield f"  {one.name[:24]:<24} {one.samples:>6,} {score}, {number(one.rest)}"


def baselines(found: Mapping[str, Mapping[str, float] | None]) -> Iterator[str]:
    """Format the scores of a constant prediction and a linear model, a line each."""
    for name, values in found.items():
        if values:
            yield f"\n{name} baseline: " + ", ".join(f"{key} {number(value)}" for key, value in values.items())


def _classes(found: Report) -> Iterator[str]:
    assert found.classes is not None
    yield f"\n{'class':<16}{'samples':>9}{'precision':>15}{'recall':>15}{'F1':>15}"
    for one in found.classes.worst_first[:SHOWN]:
        cells = "".join(f"{with_margin(value, interval.margin):>15}" for value, interval in one.values)
        yield f"{one.label[:15]:<16}{one.samples:>9,}{cells}"


def _reliability(found: Report) -> Iterator[str]:
    assert found.reliability is not None
    yield f"\nreliability: expected calibration error {number(found.reliability.error)}"
    for one in found.reliability.bins:
        bar = "█" * round(BAR * one.observed)
        yield f"  predicted {one.predicted:.2f}, observed {one.observed:.2f} {bar:<{BAR}} {one.samples:,}"


def _curves(found: RankingCurves) -> Iterator[str]:
    yield f"\n{found.label} against the rest: ROC area {with_interval(found.auc, found.auc_interval)}"
    recalls = (max((up for across, up in found.roc if across <= rate), default=0.0) for rate in RATES)
    yield "  recall at FPR " + ", ".join(
        f"{rate:.0%}: {recall:.3f}" for rate, recall in zip(RATES, recalls, strict=True)
    )
    precisions = (
        max((up for across, up in found.precision_recall if across >= recall), default=0.0)
        for recall in (0.5, 0.8, 0.9)
    )
    yield f"  precision-recall area {number(found.average_precision)}\n  precision at recall " + ", ".join(
        f"{recall}: {precision:.3f}" for recall, precision in zip((0.5, 0.8, 0.9), precisions, strict=True)
    )


def audit(dataset: Dataset, found: Audit) -> Iterator[str]:
    """Format an audit: duplicates, drift, conflicts, and the most suspicious labels with their texts."""
    from engine.evaluation.audit.readable import readable

    same = found.duplicates
    yield f"{len(dataset.targets):,} samples, {dataset.source}"
    yield f"duplicates: {same.within:,} within a split, {same.across:,} across splits"
    yield f"near duplicates: {same.near_within:,} within a split, {same.near_across:,} across splits"
    if found.drift.auc == found.drift.auc:
        between = f"{found.drift.first} and {found.drift.second}"
        yield f"drift between {between}: AUC {found.drift.auc:.3f}, 0.5 for none"
    if not dataset.labels:
        return
    yield f"equal samples with different labels: {len(found.conflicts):,}"
    yield f"doubted labels: {len(found.suspects):,} of {found.judged:,}"
    for one in found.suspects[:SHOWN]:
        said = f" · marked {one.mark}" if one.mark else ""
        yield f"\n#{one.sample} {one.split} · {one.label}, probability {one.probability:.3f}{said}"
        yield readable(dataset, one.sample)[:300]
