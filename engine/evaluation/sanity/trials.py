"""Short runs of an experiment on modified data: one batch, shuffled labels, uninformative inputs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, Split
from engine.datasets.ragged import Ragged
from engine.errors import TrainingError
from engine.events import Ended, EpochEnded, Preparation, Preparing
from engine.experiment.model import Experiment
from engine.features import Features
from engine.network.network_pool import Pool
from engine.training.run import Run

SAMPLES = 3000
"""Maximum number of training samples, and of validation samples, in a trial."""

RANDOM = ("dropout", "spatial_dropout1d")
"""Layers that prevent a network from memorising a batch."""

Trial = Preparation[list[EpochEnded]]


@dataclass(frozen=True)
class Bench:
    """What trials share: the experiment, its data without test samples, encoded once, and compiled networks."""

    experiment: Experiment
    dataset: Dataset
    features: Features
    encoded: Any
    pool: Pool

    def run(
        self,
        stage: str,
        experiment: Experiment,
        dataset: Dataset,
        encoded: Any = None,
        enough: Callable[[EpochEnded], bool] | None = None,
        seconds: float = math.inf,
    ) -> Trial:
        """Train until ``enough`` returns True or the time is over; return the epochs. Raises TrainingError."""
        prepared = self.features, self.encoded if encoded is None else encoded
        run = Run(experiment, dataset=dataset, prepared=prepared, pool=self.pool)
        epochs: list[EpochEnded] = []
        with closing(run.events()) as events:
            began: float | None = None
            for event in events:
                yield Preparing(stage, len(epochs), experiment.training.epochs)
                if isinstance(event, Ended) and event.reason:
                    raise TrainingError(event.reason)
                if isinstance(event, EpochEnded):
                    epochs.append(event)
                    began = began or time.monotonic()
                    if (enough and enough(event)) or time.monotonic() - began > seconds:
                        break
        run.release()
        return epochs


def shortened(dataset: Dataset) -> Dataset:
    """Return the data set with a part of its training and validation samples and no test samples."""
    random = np.random.default_rng(0)
    train, held = (random.permutation(part) for part in (dataset.split.train, dataset.split.validation))
    if not len(held):  # without validation samples, training samples are held out
        held, train = np.split(train, [max(1, len(train) // 5)])
    return replace(dataset, split=Split(train[:SAMPLES], held[:SAMPLES], train[:0]))


def with_split(dataset: Dataset, train: NDArray[np.int64], validation: NDArray[np.int64]) -> Dataset:
    """Return the data set with these training and validation samples."""
    return replace(dataset, split=Split(train, validation, train[:0]))


def with_training(experiment: Experiment, **settings: Any) -> Experiment:
    """Return the experiment with other training settings, and nothing that ends a run early."""
    plain = {"early_stopping": None, "reduce_on_plateau": None, **settings}
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=plain)})


def unregularised(experiment: Experiment) -> Experiment:
    """Return the experiment without dropout and penalties."""
    layers = [
        layer.model_copy(update={"l1": 0.0, "l2": 0.0} if hasattr(layer, "l2") else {})
        for layer in experiment.layers
        if layer.kind not in RANDOM
    ]
    return experiment.model_copy(update={"layers": tuple(layers)})


def shuffled_targets(dataset: Dataset, seed: int = 0) -> Dataset:
    """Return the data set with shuffled targets of the training samples."""
    targets: Any = np.array(dataset.targets)
    train = dataset.split.train
    targets[train] = np.random.default_rng(seed).permutation(targets[train])
    return replace(dataset, targets=targets)


def zeroed(encoded: Any) -> Any:
    """Return uninformative encoded samples of the same number and form."""
    if isinstance(encoded, np.ndarray):
        return np.zeros_like(encoded)
    weights = None if encoded.weights is None else encoded.weights[:0]
    return Ragged(encoded.values[:0], np.zeros(len(encoded) + 1, np.int64), weights)
