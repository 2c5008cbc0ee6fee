"""An experiment that suits a person's own data: stack, loss, metric, batches and name."""

from __future__ import annotations

import re
from pathlib import Path

from engine.checks.trait import MAJORITY
from engine.datasets.dataset import Dataset
from engine.experiment.layers import Dense, Dropout, Layer
from engine.experiment.model import Data, EarlyStopping, Experiment, Training

SMALL = 3_000
"""Training samples below which a network is kept small and restrained."""

FEW = 1_000
"""Training samples below which it is kept smaller still: a linear model is hard to beat with so few."""


def propose_for(dataset: Dataset, data: Data) -> Experiment:
    """The experiment proposed for data that has been read with these settings.

    Dense layers whose width follows the number of samples, a penalty or dropout against learning by heart, batches
    of about a fiftieth of the training samples, and early stopping.
    """
    return Experiment(
        name=_name(dataset.title),
        data=data.model_copy(update={"target": dataset.target}) if dataset.table else data,
        layers=(*_hidden(dataset), _output(dataset)),
        training=_training(dataset),
    )


def _name(title: str) -> str:
    words = re.sub(r"[\W_]+", " ", Path(title).name.partition(".")[0]).strip()
    return (words[:1].upper() + words[1:])[:200] or "Own data"


def _hidden(dataset: Dataset) -> tuple[Layer, ...]:
    samples = len(dataset.split.train)
    if dataset.kind == "text":
        return (Dense(units=16, activation="relu"), Dropout(rate=0.5))
    if samples < FEW:
        return (Dense(units=8, activation="relu", l2=0.02),)
    if samples < SMALL:
        return (Dense(units=16, activation="relu", l2=0.01),)
    return (Dense(units=32, activation="relu", l2=0.0003), Dense(units=16, activation="relu", l2=0.0003))


def _output(dataset: Dataset) -> Layer:
    if dataset.task == "classes":
        return Dense(units=len(dataset.labels), activation="softmax")
    return Dense(units=1, activation="sigmoid" if dataset.task == "binary" else "linear")


def _training(dataset: Dataset) -> Training:
    losses = {"binary": "binary_crossentropy", "classes": "sparse_categorical_crossentropy", "regression": "mse"}
    train = len(dataset.split.train)
    batch = min(512, max(16, 1 << (train // 50).bit_length()))
    return Training.model_validate(
        {
            "loss": losses[dataset.task],
            "optimizer": "adam",
            "learning_rate": 0.003 if train < SMALL else 0.002,
            "metrics": _metrics(dataset),
            "batch_size": min(batch, train),
            "epochs": 100 if train < 100_000 else 20,
            "early_stopping": EarlyStopping(patience=15 if train < SMALL else 6),
        }
    )


def _metrics(dataset: Dataset) -> tuple[str, ...]:
    if dataset.task == "regression":
        return ("mae",)
    largest = max((dataset.targets == number).mean() for number in range(len(dataset.labels)))
    return ("accuracy", "auc") if dataset.task == "binary" and largest > MAJORITY else ("accuracy",)
