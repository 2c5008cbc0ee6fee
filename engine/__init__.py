"""Trains small networks; independent of any terminal.

For notebooks: ``load_experiment`` returns an ``Experiment``, iterating over a ``Run`` trains it, a ``RunStore``
stores runs; the estimators follow scikit-learn's interface. Each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.estimators.sklearn_estimators import ExperimentClassifier, ExperimentRegressor
    from engine.experiment.model import Experiment
    from engine.experiment.toml_file import load as load_experiment
    from engine.runs import RunStore
    from engine.training.run import Run

__all__ = ["Experiment", "ExperimentClassifier", "ExperimentRegressor", "Run", "RunStore", "load_experiment"]

_FACE = {
    "Experiment": ("engine.experiment.model", "Experiment"),
    "ExperimentClassifier": ("engine.estimators.sklearn_estimators", "ExperimentClassifier"),
    "ExperimentRegressor": ("engine.estimators.sklearn_estimators", "ExperimentRegressor"),
    "Run": ("engine.training.run", "Run"),
    "RunStore": ("engine.runs", "RunStore"),
    "load_experiment": ("engine.experiment.toml_file", "load"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, since scikit-learn alone takes a second."""
    if name not in _FACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _FACE[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
