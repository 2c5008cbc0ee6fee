"""Baselines that predict a constant: the majority class, the mean or the median target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.experiment.model import Training


def baselines(dataset: Dataset, training: Training) -> Mapping[str, float]:
    """Return the scores of the best constant prediction on the validation samples, by metric name.

    The constant is computed from the training samples: the majority class for accuracy, the class frequencies for
    cross-entropy, the mean for mse and the median for mae. Metrics without such a constant are omitted. Without
    validation samples, the training samples are scored.
    """
    split = dataset.split
    known = dataset.targets[split.train]
    scored = dataset.targets[split.validation if len(split.validation) else split.train]
    find = _regression if dataset.task == "regression" else _classes
    found = find(known, scored)
    loss = {"loss": found[training.loss]} if training.loss in found else {}
    return loss | {name: found[name] for name in training.metrics if name in found}


def _regression(known: NDArray[Any], scored: NDArray[Any]) -> dict[str, float]:
    squares, distances = np.square(scored - known.mean()), np.abs(scored - np.median(known))
    return {"mse": float(squares.mean()), "mae": float(distances.mean())}


def _classes(known: NDArray[Any], scored: NDArray[Any]) -> dict[str, float]:
    count = int(max(known.max(), scored.max())) + 1
    shares = np.bincount(known, minlength=count) / len(known)
    entropy = float(-np.log(np.maximum(shares[scored], 1e-7)).mean())
    found = {"accuracy": float((scored == shares.argmax()).mean())}
    found |= dict.fromkeys(("categorical_crossentropy", "sparse_categorical_crossentropy"), entropy)
    found["binary_crossentropy"] = entropy if count == 2 else _entropy_of_each(shares, scored)
    if count == 2:
        found |= _regression(known, scored)
    return found


def _entropy_of_each(shares: NDArray[np.float64], scored: NDArray[Any]) -> float:
    """Return the mean binary entropy over classes, each predicted with its frequency."""
    shares = shares.clip(1e-7, 1 - 1e-7)
    true = np.bincount(scored, minlength=len(shares)) / len(scored)
    return float(-(true * np.log(shares) + (1 - true) * np.log(1 - shares)).mean())
