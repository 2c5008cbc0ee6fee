"""Weights of the samples' losses by class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.errors import TrainingError, listed
from engine.experiment.model import Data


def class_weights(dataset: Dataset, data: Data) -> NDArray[np.float32] | None:
    """Return the weight of each sample: float32 of shape (samples,); None if all weights are equal.

    "balanced" gives each class the same total weight on the training samples
    (``sklearn.utils.class_weight.compute_class_weight``). Raises TrainingError for labels that the data set does
    not have.
    """
    wanted = data.class_weight
    if wanted is None:
        return None
    labels = dataset.labels
    if not labels:
        raise TrainingError("data.class_weight is for classes, and the target is a number: remove it")
    weights = np.ones(len(labels))
    if wanted == "balanced":
        from sklearn.utils.class_weight import compute_class_weight

        known = np.asarray(dataset.targets[dataset.split.train])
        present = np.unique(known)
        weights[present] = compute_class_weight("balanced", classes=present, y=known)
    else:
        if unknown := [repr(label) for label in wanted if label not in labels]:
            classes = ", ".join(listed([repr(label) for label in labels]))
            raise TrainingError(f"data.class_weight names {', '.join(listed(unknown))}: the classes are {classes}")
        for number, label in enumerate(labels):
            weights[number] = wanted.get(label, 1.0)
    return weights[dataset.targets.astype(np.int64)].astype(np.float32)
