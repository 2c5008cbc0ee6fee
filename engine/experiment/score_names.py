"""Names of scores in logs: losses, the penalty, and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PENALTY = "penalty"
"""The regularisation penalty, which losses in logs do not include; always 0 in a network without one."""


def is_loss(name: str) -> bool:
    """Whether a score is a loss or the penalty rather than a metric, by its name."""
    return name.endswith(("loss", PENALTY))


def first_metric(scores: Mapping[str, float], prefix: str = "") -> tuple[str, float] | None:
    """Return the first metric whose name starts with the prefix, and its value; None if there is none."""
    return next(((name, scores[name]) for name in scores if name.startswith(prefix) and not is_loss(name)), None)


def with_f1(scores: Mapping[str, float]) -> dict[str, float]:
    """Add F1, the harmonic mean, after each precision and recall of the same samples."""
    found: dict[str, float] = {}
    for name, value in scores.items():
        found[name] = value
        prefix = name.removesuffix("precision").removesuffix("recall")
        precision, recall = (found.get(f"{prefix}{metric}") for metric in ("precision", "recall"))
        if prefix != name and precision is not None and recall is not None:
            found[f"{prefix}f1"] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return found


def shown(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the scores without a penalty of 0."""
    return {name: value for name, value in scores.items() if name != PENALTY or value}


def on_validation(names: Iterable[str]) -> list[str]:
    """Return the names of scores on validation samples, or on training samples if there are none."""
    names = [name for name in names if name != PENALTY and not name.startswith("eval_")]
    return [name for name in names if name.startswith("val_")] or names
