"""Names of losses, optimisers and metrics in settings, as in Keras, and of the classes that scripts use.

Only strings: a new optimiser needs a name in ``OptimizerName`` and its class in ``OPTIMIZER_CLASSES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

LossName = Literal[
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "mse",
    "mae",
    "huber",
    "log_cosh",
]
OptimizerName = Literal["rmsprop", "adam", "adamw", "nadam", "adamax", "sgd", "adagrad", "adadelta"]
MetricName = Literal["accuracy", "precision", "recall", "auc", "mae", "mse"]

LONG_NAMES: Mapping[str, str] = {
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "acc": "accuracy",
}
"""Keras's other names of losses and metrics, mapped to those used here."""

OPTIMIZER_CLASSES: Mapping[str, str] = {
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
}
"""The class of each optimiser in ``keras.optimizers``."""

WITH_MOMENTUM = ("sgd", "rmsprop")
"""The optimisers that use the setting ``momentum``."""

METRIC_CLASSES: Mapping[str, str] = {"precision": "Precision", "recall": "Recall", "auc": "AUC"}
"""The class in ``keras.metrics`` of each stateful metric; the others are means over samples."""
