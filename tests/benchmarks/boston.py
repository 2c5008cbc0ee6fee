"""Boston housing: 4 folds of 100 epochs, 64-64-1, batches of 16, scaling fitted inside each fold."""

from __future__ import annotations

import time
from collections.abc import Mapping

from engine.experiment.model import Experiment
from engine.experiment.toml_file import load, with_settings
from engine.system.drain import drain
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete

FOLDS = 4


def experiment() -> Experiment:
    """The preset at the protocol's size."""
    return with_settings(load("boston"), {"training.epochs": 100, "training.batch_size": 16})


def workbench() -> Mapping[str, float]:
    """The workbench's own cross-validation, in this process."""
    import engine.network.build
    import engine.network.compiled_steps  # noqa: F401
    from engine.selection.search import cross_validate

    rivals.encoded(experiment())
    began = time.perf_counter()
    found = drain(cross_validate(experiment(), folds=FOLDS, jobs=1))
    return {"seconds": time.perf_counter() - began, "mae": found.mean_score["mae"] or 0.0}


def keras() -> Mapping[str, float]:
    """Bare ``fit``, a fold after the other."""
    import numpy as np
    from sklearn.model_selection import KFold

    chosen = experiment()
    dataset, _rows = rivals.encoded(chosen)
    indices = np.concatenate([dataset.split.train, dataset.split.validation])
    x, y = dataset.samples[indices], dataset.targets[indices]
    scores = []
    began = time.perf_counter()
    for train, held_out in KFold(FOLDS, shuffle=True, random_state=1).split(x):
        mean, scale = x[train].mean(0), x[train].std(0)
        scaled = (x - mean) / scale
        history = rivals.model(chosen, x.shape[1]).fit(
            scaled[train], y[train], epochs=100, batch_size=16, verbose=0,
            validation_data=(scaled[held_out], y[held_out]),
        )  # fmt: skip
        scores.append(history.history["val_mae"][-1])
    return {"seconds": time.perf_counter() - began, "mae": float(np.mean(scores))}


CONTESTANTS: dict[str, Contestant] = {"workbench": workbench, "Keras": keras}


def measurements(rounds: int) -> list[Measurement]:
    """The time against bare Keras."""
    found = compete("boston", list(CONTESTANTS), rounds)
    behind = {f"{name}, {measure}": value for name, values in found.items() for measure, value in values.items()}
    ratio = found["Keras"]["seconds"] / found["workbench"]["seconds"]
    return [
        Measurement("Boston, 4 folds of 100 epochs, against Keras fit", ratio, "x faster", 5, 15, behind=behind)
    ]
