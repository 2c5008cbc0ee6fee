"""Formats numbers, counts and durations for people."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MISSING = "n/a"
"""Stands for a number that is undefined."""


def number(value: float | None, digits: int = 4) -> str:
    """A loss or a metric: ``0.2812``, ``12.345``; as many digits after the point as ``digits`` leaves room for."""
    if value is None or math.isnan(value):
        return MISSING
    whole = len(str(int(abs(value)))) if math.isfinite(value) else 1
    return f"{value:,.{max(digits + 1 - whole, 0)}f}"


def effect(value: float) -> str:
    """What a word or a column adds to a prediction: ``+0.151``, ``-172,927``, ``0.000`` for next to nothing."""
    return f"{'+' if value > 0 else ''}{number(value, 3)}" if abs(value) >= 0.0005 else " 0.000"


def axis_label(value: float, digits: int) -> str:
    """A number on an axis: ``0.25``, ``200,000``, ``4e10``."""
    return f"{value:,.{digits}f}" if abs(value) < 1e6 else re.sub(r"e\+0*", "e", f"{value:g}")


def with_margin(value: float | None, margin: float | None, digits: int = 3) -> str:
    """A value and half the width of its 95 % interval, where that is known: ``0.886 ±0.006``."""
    return number(value, digits) + ("" if margin is None else f" ±{number(margin, digits)}")


def scores(items: Iterable[tuple[str, float | None]]) -> str:
    """Named numbers in one line: ``val_loss 0.2812, val_accuracy 0.8871``."""
    return ", ".join(f"{name} {number(value)}" for name, value in items)


def duration(seconds: float, *, roughly: bool = False) -> str:
    """A time: ``0.4 s``, ``12 s``, ``3:05``, ``2:03:05``; ``roughly`` ``4 s``, ``12 min``, ``2.5 h``."""
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
    """The title of a chart of a loss or a metric."""
    if short and len(name) < 4:
        return name.upper()
    known = {"auc": "AUC", "mae": "Mean absolute error", "mse": "Mean squared error"}
    return known.get(name, name.replace("_", " ").capitalize())
