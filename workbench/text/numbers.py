"""Formats numbers, counts and durations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MISSING = "n/a"
"""Shown for an undefined number."""


def number(value: float | None, digits: int = 4) -> str:
    """Format a loss or a metric: ``0.2812``, ``12.345``; up to ``digits`` decimals, fewer for larger numbers."""
    if value is None or math.isnan(value):
        return MISSING
    whole = len(str(int(abs(value)))) if math.isfinite(value) else 1
    return f"{value:,.{max(digits + 1 - whole, 0)}f}"


def effect(value: float) -> str:
    """Format a word's or column's effect on a prediction: ``+0.151``, ``-172,927``, ``0.000`` if negligible."""
    return f"{'+' if value > 0 else ''}{number(value, 3)}" if abs(value) >= 0.0005 else " 0.000"


def axis_label(value: float, digits: int) -> str:
    """Format a number on an axis: ``0.25``, ``200,000``, ``4e10``."""
    return f"{value:,.{digits}f}" if abs(value) < 1e6 else re.sub(r"e\+0*", "e", f"{value:g}")


def with_margin(value: float | None, margin: float | None, digits: int = 3) -> str:
    """Format a value with half the width of its 95 % interval, if known: ``0.886 ±0.006``."""
    return number(value, digits) + ("" if margin is None else f" ±{number(margin, digits)}")


def scores(items: Iterable[tuple[str, float | None]]) -> str:
    """Format named numbers on one line: ``val_loss 0.2812, val_accuracy 0.8871``."""
    return ", ".join(f"{name} {number(value)}" for name, value in items)


def duration(seconds: float, *, roughly: bool = False) -> str:
    """Format a duration: ``0.4 s``, ``12 s``, ``3:05``, ``2:03:05``; with ``roughly``, ``4 s``, ``12 min``, ``2.5
    h``.
    """
    if roughly and seconds >= 90:
        return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    if seconds < (2 if roughly else 10):
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < (90 if roughly else 60):
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def metric_name(name: str, short: bool = False) -> str:
    """Return a loss's or metric's title on a chart."""
    if short and len(name) < 4:
        return name.upper()
    known = {"auc": "AUC", "mae": "Mean absolute error", "mse": "Mean squared error"}
    return known.get(name, name.replace("_", " ").capitalize())
