"""The linear baseline of the IMDB preset, with its choice of penalty, beside scikit-learn's LogisticRegression."""

from __future__ import annotations

import time
from collections.abc import Mapping

from engine.evaluation import linear_model
from engine.experiment.toml_file import load
from engine.system.drain import drain
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete

WIDTH = 10_000


def workbench() -> Mapping[str, float]:
    """Fit the baseline as the workbench does, and score it on the validation samples."""
    dataset, encoded = rivals.encoded(load("imdb"))
    train, held_out = dataset.split.train, dataset.split.validation
    began = time.perf_counter()
    matrix = linear_model.design_matrix(encoded, WIDTH)
    model = drain(linear_model.fit(matrix[train], dataset.targets[train], len(dataset.labels)))
    right = (model.outputs(matrix[held_out])[:, 0] > 0.5) == dataset.targets[held_out]
    return {"seconds": time.perf_counter() - began, "accuracy": float(right.mean())}


def sklearn() -> Mapping[str, float]:
    """``LogisticRegression`` as it comes, with its one default penalty."""
    from sklearn.linear_model import LogisticRegression

    dataset, encoded = rivals.encoded(load("imdb"))
    train, held_out = dataset.split.train, dataset.split.validation
    x, y = (rivals.csr(encoded, part, WIDTH) for part in (train, held_out))
    began = time.perf_counter()
    model = LogisticRegression(max_iter=1000).fit(x, dataset.targets[train])
    accuracy = model.score(y, dataset.targets[held_out])
    return {"seconds": time.perf_counter() - began, "accuracy": float(accuracy)}


CONTESTANTS: dict[str, Contestant] = {"workbench": workbench, "LogisticRegression": sklearn}


def measurements(rounds: int) -> list[Measurement]:
    """The time against scikit-learn's own; both accuracies stand behind it."""
    found = compete("linear", list(CONTESTANTS), rounds)
    behind = {f"{name}, {what}": value for name, values in found.items() for what, value in values.items()}
    ratio = found["LogisticRegression"]["seconds"] / found["workbench"]["seconds"]
    return [Measurement("linear baseline of IMDB, against LogisticRegression", ratio, "x faster", behind=behind)]
