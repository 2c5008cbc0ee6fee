"""Formats groups of runs: the setting they share, and the mean of a score with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.experiment import score_names
from workbench.text.numbers import number

if TYPE_CHECKING:
    from engine.runs.grouping import MeanScore

SCORES_SHOWN = 3
"""The most scores of a group that are shown."""


def setting_text(values: Sequence[Any]) -> str:
    """Format the value of a setting, or those of several layers: ``16, 16, 1``."""
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def mean_text(found: MeanScore | None) -> str:
    """Format a mean with its interval: ``0.8812 [0.8790, 0.8834]``; only the mean if there is a single run."""
    if found is None:
        return "-"
    bounds = f" [{number(found.low)}, {number(found.high)}]" if found.runs > 1 else ""
    return number(found.mean) + bounds


def preferred(names: Iterable[str]) -> list[str]:
    """Return the names of the validation scores, or of the training scores if there are none."""
    return score_names.on_validation(names)[:SCORES_SHOWN]
