"""Which scores of runs can be compared: those on the same data set and, for a loss, of the same loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.experiment.score_names import is_loss
from engine.system.plain_text import plain
from workbench.text.describe import dataset_title

if TYPE_CHECKING:
    from engine.runs import RunSummary

ScoreBasis = tuple[str, ...]


def basis_of(run: RunSummary, score: str) -> ScoreBasis:
    """What a score of a run is about; scores of one name compare where this is the same."""
    return (run.dataset, str(run.settings.get("training.loss", ""))) if is_loss(score) else (run.dataset,)


def warning(runs: Sequence[RunSummary], score: str) -> str:
    """The line that says that a score of these runs does not compare; empty where it does."""
    datasets = list(dict.fromkeys(dataset_title(run.dataset) for run in runs))
    losses = list(dict.fromkeys(str(run.settings.get("training.loss", "")) for run in runs))
    if len(datasets) > 1:
        return f"different data sets ({_some(datasets)}): the values do not compare"
    if is_loss(score) and len(losses) > 1:
        return f"different losses ({_some(losses)}): the values do not compare"
    return ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return plain(", ".join(names[:3])) + more
