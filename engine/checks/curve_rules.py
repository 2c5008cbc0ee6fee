"""Findings on a finished run: over- and underfitting, a plateau, odd curves, comparison with a linear model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from engine.checks.findings import Case, Finding
from engine.events import EpochEnded
from engine.experiment.model import Experiment

MARGIN = 0.02
"""How far above its minimum the validation loss must stay to count as risen, relative to the minimum."""

OVERFITTING_RULE = (
    "Overfitting begins at the first epoch after the one with the lowest validation loss from which on the "
    f"validation loss stays more than {MARGIN:.0%} above that lowest one, while the training loss is below "
    "what it was there."
)
"""The rule of :func:`overfitting_epoch` as shown to users."""

SHORTEST = 5
"""Minimum number of epochs for findings on the direction of a curve."""

FLAT = 0.005
"""Relative change of the training loss over a run's last third that counts as none."""

FALLING = 0.02
"""Relative fall of the validation loss over a run's last third that counts as still learning."""

WORSE = 1.02
"""Ratio to the baseline's loss above which a run is worse than a constant prediction."""

LEARNT = 0.98
"""Ratio to the baseline's loss below which a run counts as having learnt anything."""


def overfitting_epoch(epochs: Sequence[EpochEnded]) -> int | None:
    """Return the epoch where overfitting begins; None if it does not. See :data:`OVERFITTING_RULE`."""
    if not epochs or "val_loss" not in epochs[0].logs:
        return None
    best = min(epochs, key=lambda ended: ended.logs["val_loss"])
    risen = best.logs["val_loss"] + MARGIN * abs(best.logs["val_loss"])
    found: int | None = None
    for ended in reversed(epochs):
        if ended.epoch <= best.epoch or ended.logs["val_loss"] <= risen or ended.logs["loss"] >= best.logs["loss"]:
            break
        found = ended.epoch
    return found


def plateau_epoch(epochs: Sequence[EpochEnded]) -> int | None:
    """Return the epoch since which the training loss has been flat, for a third of the run; None if it is not."""
    tail = epochs[-max(len(epochs) // 3, 2) :]
    losses = [ended.logs["loss"] for ended in tail]
    if len(epochs) < SHORTEST or max(losses) - min(losses) > FLAT * abs(max(losses)):
        return None
    return tail[0].epoch


def after(
    experiment: Experiment, epochs: Sequence[EpochEnded], baselines: Mapping[str, float] | None = None
) -> tuple[Finding, ...]:
    """Return the findings on a run's curves; ``baselines`` are those of its Started event."""
    if not epochs:
        return ()
    case = Case(experiment)
    rules = (
        _underfitting(epochs, baselines or {}),
        _overfitting(case, epochs),
        _unfinished(case, epochs),
        _plateau(case, epochs),
        _better_than_training(case, epochs),
    )
    return tuple(finding for rule in rules for finding in rule)


def against_linear(best: Mapping[str, float], linear: Mapping[str, float]) -> tuple[Finding, ...]:
    """Return a finding if a run's best epoch is no better than the linear baseline.

    Both are given by history name and compared by accuracy if both have it, else by the first value that both
    have.
    """
    name = next((name for name in ("val_accuracy", *linear) if name in best and name in linear), None)
    if name is None:
        return ()
    lower = name.endswith(("loss", "mae", "mse"))
    if (linear[name] - best[name]) * (1 if lower else -1) > 0:
        return ()
    what = f"the network does not beat a linear model: {name} {best[name]:.4g} against {linear[name]:.4g}"
    why = (
        "logistic or ridge regression on the same features does as well in a second: try another network, or use "
        "the linear model"
    )
    return (Finding("advice", "", what, why),)


def _underfitting(epochs: Sequence[EpochEnded], baselines: Mapping[str, float]) -> Iterator[Finding]:
    base = baselines.get("loss")
    losses = [ended.logs.get("val_loss", ended.logs["loss"]) for ended in epochs]
    right = [ended.logs.get("val_accuracy", ended.logs.get("accuracy", 0.0)) for ended in epochs]
    guessed = baselines.get("accuracy", 1.0)
    if base is None or min(losses) <= base * LEARNT or max(right) >= guessed + (1 - guessed) / 5:
        return
    worse = min(losses) > base * WORSE
    comparison, compared = ("worse than", "better") if worse else ("hardly better than", "about as well")
    yield Finding(
        "warning",
        "",
        f"underfitting: the lowest loss, {min(losses):.3g}, is {comparison} guessing ({base:.3g})",
        f"a constant prediction does {compared}: try another learning rate, more units, scaled columns, or check "
        "what the network reads",
    )


def _overfitting(case: Case, epochs: Sequence[EpochEnded]) -> Iterator[Finding]:
    begins = overfitting_epoch(epochs)
    if begins is None:
        return
    best = min(epochs, key=lambda ended: ended.logs["val_loss"])
    lowest, last = best.logs["val_loss"], epochs[-1].logs["val_loss"]
    yield Finding(
        "warning",
        "training.epochs",
        f"overfitting from epoch {begins} on: the validation loss rose from {lowest:.3g} (epoch {best.epoch}) "
        f"to {last:.3g}",
        "the training loss continued to fall: what was learnt after that only applies to the training samples. "
        "Try dropout, a penalty or fewer units, or stop there",
        case.fix(f"train {best.epoch} epochs", {"training.epochs": best.epoch}),
    )


def _unfinished(case: Case, epochs: Sequence[EpochEnded]) -> Iterator[Finding]:
    if len(epochs) < SHORTEST or "val_loss" not in epochs[-1].logs:
        return
    losses = [ended.logs.get("val_loss", math.inf) for ended in epochs]
    before = losses[-max(len(losses) // 3, 2)]
    if min(losses) < losses[-1] or before - losses[-1] < FALLING * abs(before):
        return
    more = min(2 * case.experiment.training.epochs, 100_000)
    yield Finding(
        "advice",
        "training.epochs",
        f"still learning after {len(epochs)} epochs: the last one was the best",
        "the loss was falling when the run ended: it has not yet shown what it can reach",
        case.fix(f"train {more:,} epochs", {"training.epochs": more}),
    )


def _plateau(case: Case, epochs: Sequence[EpochEnded]) -> Iterator[Finding]:
    since = plateau_epoch(epochs)
    if since is None:
        return
    count = sum(ended.epoch >= since for ended in epochs)
    yield Finding(
        "advice",
        "training.learning_rate",
        f"a plateau: the training loss has stayed at {epochs[-1].logs['loss']:.3g} for {count} epochs",
        "nothing more is learnt at this learning rate: lower it during the run, or try more units",
        case.fix("lower the rate on a plateau", {"training.reduce_on_plateau": True}),
    )


def _better_than_training(case: Case, epochs: Sequence[EpochEnded]) -> Iterator[Finding]:
    """Find a validation loss that is below the training loss in most epochs from the second on."""
    later = [ended.logs for ended in epochs[1:] if "val_loss" in ended.logs]
    below = [logs for logs in later if logs["val_loss"] < logs.get("eval_loss", logs["loss"])]
    if len(later) < 2 or len(below) * 2 <= len(later):
        return
    if "eval_loss" in later[0]:
        why = "both were taken in evaluation mode: the validation samples are easier, or so few that it is luck"
    elif any(layer.kind in ("dropout", "spatial_dropout1d") for _, layer in case.layers):
        why = "dropout is on while the training loss is taken, and off for the validation loss"
    else:
        why = "the training loss is a mean over an epoch in which the network was still learning"
    yield Finding(
        "advice",
        "",
        "the validation loss is lower than the training loss",
        f"{why}. The training curve in evaluation mode shows the difference",
    )
