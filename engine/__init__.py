"""Trains small networks; knows nothing of terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.estimators.estimators import ExperimentClassifier, ExperimentRegressor

__all__ = ["ExperimentClassifier", "ExperimentRegressor"]


def __getattr__(name: str) -> Any:
    """The scikit-learn estimators, imported when they are asked for: scikit-learn takes a second to import."""
    if name in __all__:
        from engine.estimators import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
