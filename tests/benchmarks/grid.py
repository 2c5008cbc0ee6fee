"""The course's grid on the 25,000 training reviews: epochs 1, 5, 10 by hidden size 32, 64, 256, on 3 folds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from engine.experiment.toml_file import load, with_settings
from engine.system.drain import drain
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete

EPOCHS, SIZES, FOLDS, JOBS, WIDTH = [1, 5, 10], [32, 64, 256], 3, 2, 10_000


def workbench() -> Mapping[str, float]:
    """The workbench's search; what an earlier round has trained is not taken up."""
    from engine.selection.search import search

    chosen = load("imdb")
    rivals.encoded(chosen)
    grid = {"training.epochs": EPOCHS, "layers.0.units+layers.1.units": SIZES}
    began = time.perf_counter()
    found = drain(search(chosen, grid, folds=FOLDS, jobs=JOBS, fresh=True))
    best = max(result.mean_test_score or 0.0 for result in found.results)
    return {"seconds": time.perf_counter() - began, "best": best, "epochs": found.epochs_trained}


class DenseKeras(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The experiment's network in bare Keras as an estimator: what the course wraps."""

    def __init__(self, units: int = 16, epochs: int = 1) -> None:
        self.units = units
        self.epochs = epochs

    def fit(self, x: NDArray[np.float32], y: NDArray[np.int64]) -> DenseKeras:
        """Train a fresh network."""
        changes = {"layers.0.units": self.units, "layers.1.units": self.units}
        self.classes_ = np.unique(y)
        self.model_ = rivals.model(with_settings(load("imdb"), changes), x.shape[1])
        self.model_.fit(x, y, epochs=self.epochs, batch_size=512, verbose=0)
        return self

    def predict(self, x: NDArray[np.float32]) -> Any:
        """The likelier class."""
        return (self.model_.predict(x, batch_size=2048, verbose=0)[:, 0] > 0.5).astype(int)


def sklearn() -> Mapping[str, float]:
    """``GridSearchCV`` over dense Keras, which trains every cell anew."""
    from sklearn.model_selection import GridSearchCV

    from tests.benchmarks.grid import DenseKeras as Estimator

    dataset, rows = rivals.encoded(load("imdb"))
    indices = np.concatenate([dataset.split.train, dataset.split.validation])
    x, y = rivals.dense(rows, indices, WIDTH), dataset.targets[indices]
    began = time.perf_counter()
    searched = GridSearchCV(
        Estimator(),
        {"epochs": EPOCHS, "units": SIZES},
        cv=FOLDS,
        n_jobs=JOBS,
        refit=False,
        return_train_score=True,
    ).fit(x, y)
    return {"seconds": time.perf_counter() - began, "best": searched.best_score_}


CONTESTANTS: dict[str, Contestant] = {"workbench": workbench, "GridSearchCV": sklearn}


def measurements(rounds: int) -> list[Measurement]:
    """The time against scikit-learn's search."""
    found = compete("grid", list(CONTESTANTS), rounds)
    behind = {f"{name}, {measure}": value for name, values in found.items() for measure, value in values.items()}
    ratio = found["GridSearchCV"]["seconds"] / found["workbench"]["seconds"]
    work = "the course's grid, 27 fits, 2 jobs, against GridSearchCV over dense Keras"
    return [Measurement(work, ratio, "x faster", 5, 10, behind=behind)]
