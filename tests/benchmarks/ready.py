"""From a cold process to IMDB rows that a network can be trained on, on the second start."""

from __future__ import annotations

import time
from collections.abc import Mapping
from unittest.mock import patch

from engine.experiment.toml_file import load
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete, data_folder, in_process


def workbench() -> Mapping[str, float]:
    """Load, fit and encode; the indexed form is found in the cache."""
    chosen = load("imdb")
    began = time.perf_counter()
    rivals.encoded(chosen)
    return {"seconds": time.perf_counter() - began}


def keras() -> Mapping[str, float]:
    """``keras.datasets.imdb.load_data`` and the notebook's multi-hot encoding of both halves."""
    import numpy as np
    from keras.datasets import imdb

    folder = data_folder()
    assert folder is not None
    with patch("keras.src.datasets.imdb.get_file", return_value=str(folder / "imdb.npz")):
        began = time.perf_counter()
        (train, _), (test, _) = imdb.load_data(num_words=10_000)
    for samples in (train, test):
        encoded = np.zeros((len(samples), 10_000), np.float32)
        for index, ids in enumerate(samples):
            encoded[index, ids] = 1.0
    return {"seconds": time.perf_counter() - began}


CONTESTANTS: dict[str, Contestant] = {"workbench": workbench, "Keras": keras}


def measurements(rounds: int) -> list[Measurement]:
    """The time against Keras's loader; nothing where its file is not on this machine."""
    if data_folder() is None:
        return []
    in_process("ready", "workbench")
    found = compete("ready", list(CONTESTANTS), rounds)
    seconds = {name: measure["seconds"] for name, measure in found.items()}
    ratio = seconds["Keras"] / seconds["workbench"]
    work = "IMDB ready to train, second start, against load_data and multi-hot"
    return [Measurement(work, ratio, "x faster", 10, 50, behind=seconds)]
