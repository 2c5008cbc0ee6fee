"""Compares a trained network with a linear model on the same features."""

from __future__ import annotations

from collections.abc import Mapping

from engine.checks.findings import Finding


def against_linear(best: Mapping[str, float], linear: Mapping[str, float]) -> tuple[Finding, ...]:
    """What is to be said where a run's best epoch is no better than the linear baseline; nothing where it is.

    Both by history name; they are compared by accuracy where both have it, else by the first value both have.
    """
    name = next((name for name in ("val_accuracy", *linear) if name in best and name in linear), None)
    if name is None:
        return ()
    lower = name.endswith(("loss", "mae", "mse"))
    if (linear[name] - best[name]) * (1 if lower else -1) > 0:
        return ()
    return (
        Finding(
            "advice",
            "",
            f"the network does not beat a linear model: {name} {best[name]:.4g} against {linear[name]:.4g}",
            "logistic or ridge regression on the same features does as well in a second: try another network, or "
            "use the linear model",
        ),
    )
