"""Made-up runs on tiny data, and a predictor that answers for them without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun

CLASSES = Experiment(
    data=Data(dataset="tiny"), training=Training(loss="binary_crossentropy", metrics=("accuracy",), epochs=3)
)


@dataclass
class Answering:
    """A predictor that answers from the samples' own columns, and counts how often it is asked."""

    asked: int = 0

    def outputs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        return np.asarray(1 / (1 + np.exp(-samples[:, :1])), np.float32)


def train(store: RunStore, dataset: Dataset, experiment: Experiment = CLASSES, **options: Any) -> str:
    list(store.record(FakeRun(experiment, facts=dataset.facts, **options)))
    return store.summaries()[0].id
