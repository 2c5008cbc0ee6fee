"""Proposals for a data set: an output layer, loss and metrics, or for a user's own data a whole experiment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.checks.findings import Case, Facts, Fix
from engine.checks.trait import MAJORITY
from engine.experiment.layers import Dense, Dropout, Layer
from engine.experiment.model import Data, EarlyStopping, Experiment, Training

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset

SUITABLE = {
    "binary": ("accuracy", "precision", "recall", "auc", "mse", "mae"),
    "classes": ("accuracy",),
    "regression": ("mae", "mse"),
}
"""The suitable metrics for each task."""

SMALL = 3_000
"""Number of training samples below which a network is kept small and regularised."""

FEW = 1_000
"""Number of training samples below which it is kept even smaller; a linear model is then hard to beat."""


def propose(experiment: Experiment, facts: Facts | None = None) -> Experiment:
    """Return the experiment with the proposed output layer, loss and metrics for its data set.

    An existing Dense output layer is changed and keeps its penalties; otherwise one is added. Layers above the
    output layer are removed. Metrics that suit the task are kept. Without information on the data the experiment
    is returned unchanged.
    """
    case = Case(experiment, facts)
    asked = case.entry or case.known
    if asked is None:
        return experiment
    output, usual_loss = _usual_output(asked.task, asked.classes)
    training = experiment.training
    metrics = tuple(name for name in training.metrics if name in SUITABLE[case.task])
    loss = (case.entry and case.entry.loss) or usual_loss
    chosen = training.model_copy(update={"loss": loss, "metrics": metrics or SUITABLE[case.task][:1]})
    return experiment.model_copy(update={"layers": _with_output(case, output), "training": chosen})


def proposal(case: Case) -> Fix | None:
    """Return the data set's proposal as a fix; None if it changes nothing."""
    proposed = propose(case.experiment, case.facts)
    return Fix("use the data set's output layer and loss", proposed) if proposed != case.experiment else None


def _usual_output(task: str, classes: int) -> tuple[Dense, str]:
    """Return a task's output layer and usual loss."""
    if task == "classes":
        return Dense(units=classes, activation="softmax"), "sparse_categorical_crossentropy"
    if task == "binary":
        return Dense(units=1, activation="sigmoid"), "binary_crossentropy"
    return Dense(units=1), "mse"


def _with_output(case: Case, wanted: Dense) -> tuple[Layer, ...]:
    layers = case.experiment.layers
    index, output = case.output or (0, wanted)
    hidden = case.activation not in ("linear", "sigmoid", "softmax") and output.units not in (1, case.units)
    if case.output is None or hidden:  # there is no output layer
        return (*layers, wanted)
    above = [layer for layer in layers[index + 1 :] if not layer.enabled]
    changes = {"units": wanted.units, "activation": wanted.activation}
    return (*layers[:index], output.model_copy(update=changes), *above)


def propose_for(dataset: Dataset, data: Data) -> Experiment:
    """Propose an experiment for data that was read with these settings.

    It has Dense layers with a width based on the number of samples, a penalty or dropout against overfitting,
    batches of about a fiftieth of the training samples, and early stopping.
    """
    output, loss = _usual_output(dataset.task, len(dataset.labels))
    return Experiment(
        name=_name(dataset.title),
        data=data.model_copy(update={"target": dataset.target}) if dataset.table else data,
        layers=(*_hidden(dataset), output),
        training=_training(dataset, loss),
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


def _training(dataset: Dataset, loss: str) -> Training:
    train = len(dataset.split.train)
    batch = min(512, max(16, 1 << (train // 50).bit_length()))
    return Training.model_validate(
        {
            "loss": loss,
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
