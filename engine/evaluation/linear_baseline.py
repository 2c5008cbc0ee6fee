"""Linear baselines on the same features as a network."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import datasets, features
from engine.datasets import array_cache
from engine.datasets.dataset import Dataset
from engine.errors import DataError
from engine.evaluation import linear_model
from engine.evaluation.metric_values import loss_value, metric_values
from engine.evaluation.split_outputs import SplitOutputs
from engine.events import Preparation, Preparing
from engine.experiment.model import Experiment, Training
from engine.experiment.score_names import with_f1

VERSION = "3"
"""Incremented whenever the linear model changes, so that earlier results are not found."""


@dataclass(frozen=True)
class LinearBaseline:
    """A linear model's outputs on the validation samples (training samples if there are none)."""

    outputs: SplitOutputs

    def values(self, training: Training) -> dict[str, float]:
        """Return the loss and the experiment's metrics, by history name (such as ``val_accuracy``)."""
        prefix = "val_" if self.outputs.split == "validation" else ""
        loss = loss_value(self.outputs, training.loss)
        found = {f"{prefix}loss": loss} if math.isfinite(loss) else {}
        return with_f1(found | metric_values(self.outputs, training.metrics, prefix))


def cached(experiment: Experiment, digest: str) -> LinearBaseline | None:
    """Return the cached linear baseline for data with this digest, or None; reads no data."""
    found = array_cache.read(_path(experiment, digest))
    if found is None:
        return None
    split, labels = json.loads(found["names"].tobytes())
    return LinearBaseline(SplitOutputs(split, found["indices"], found["targets"], found["outputs"], tuple(labels)))


def linear_baseline(
    experiment: Experiment,
    dataset: Dataset | None = None,
    prepared: tuple[features.Features, features.Encoded] | None = None,
) -> Preparation[LinearBaseline]:
    """Fit the linear baseline of an experiment's data and features, or load it from the cache.

    Pass ``dataset`` to avoid loading the data, ``prepared`` to avoid fitting the features and encoding all
    samples. Only training and validation samples are read.
    """
    if dataset is None:
        dataset = yield from datasets.load(experiment.data, experiment.seed)
    known = cached(experiment, dataset.digest)
    if known is not None:
        return known
    if not len(dataset.split.train):
        raise DataError(f"{dataset.title} has no training samples to fit a linear baseline on")
    if prepared is None:
        fitted = yield from features.fit(dataset, experiment.data, dataset.split.train)
        prepared = fitted, (yield from fitted.encode_all(dataset))
    outputs = yield from _fitted(dataset, *prepared)
    names = json.dumps([outputs.split, list(outputs.labels)]).encode()
    kept: dict[str, Any] = {"names": np.frombuffer(names, np.uint8)}
    kept |= {name: np.asarray(getattr(outputs, name)) for name in ("indices", "targets", "outputs")}
    array_cache.keep(_path(experiment, dataset.digest), kept)
    return LinearBaseline(outputs)


def _fitted(dataset: Dataset, fitted: features.Features, encoded: features.Encoded) -> Preparation[SplitOutputs]:
    yield Preparing(linear_model.STAGE)
    matrix = linear_model.design_matrix(encoded, fitted.size)
    train, targets = dataset.split.train, dataset.targets
    model = yield from linear_model.fit(matrix[train], targets[train], len(dataset.labels))
    validation = dataset.split.validation
    split, scored = ("validation", validation) if len(validation) else ("train", train)
    return SplitOutputs(split, scored, targets[scored], model.outputs(matrix[scored]), dataset.labels)


def _path(experiment: Experiment, digest: str) -> Any:
    settings = experiment.data.model_dump_json() + str(experiment.seed)
    return array_cache.path("linear", VERSION, digest, hashlib.sha256(settings.encode()).hexdigest())
