"""The output layer, loss and metrics that a data set asks for."""

from __future__ import annotations

from engine.checks.findings import Case, Facts, Fix
from engine.experiment.layers import Dense, Layer
from engine.experiment.model import Experiment

SUITABLE = {
    "binary": ("accuracy", "precision", "recall", "auc", "mse", "mae"),
    "classes": ("accuracy",),
    "regression": ("mae", "mse"),
}
"""The metrics that say something about each task."""


def propose(experiment: Experiment, facts: Facts | None = None) -> Experiment:
    """The experiment with the output layer, loss and metrics that its data set proposes.

    A Dense layer that already stands as the output is changed and keeps its penalties; otherwise one is put
    on top. What stands above the output layer goes. Metrics that suit the task stay. An experiment on data
    of which nothing is known is given back as it is.
    """
    case = Case(experiment, facts)
    if not case.task:
        return experiment
    units, activation, loss = _wanted(case)
    training = experiment.training
    metrics = tuple(name for name in training.metrics if name in SUITABLE[case.task])
    chosen = {"loss": loss, "metrics": metrics or SUITABLE[case.task][:1]}
    return experiment.model_copy(
        update={
            "layers": tuple(_with_output(case, units, activation)),
            "training": training.model_copy(update=chosen),
        }
    )


def proposal(case: Case) -> Fix | None:
    """The data set's proposal as a fix; None where it changes nothing."""
    proposed = propose(case.experiment, case.facts)
    return Fix("take the data set's output layer and loss", proposed) if proposed != case.experiment else None


def _wanted(case: Case) -> tuple[int, str, str]:
    if case.entry:
        return case.entry.output_units, case.entry.output_activation, case.entry.loss
    return {
        "binary": (1, "sigmoid", "binary_crossentropy"),
        "regression": (1, "linear", "mse"),
        "classes": (case.classes, "softmax", "sparse_categorical_crossentropy"),
    }[case.task]


def _with_output(case: Case, units: int, activation: str) -> list[Layer]:
    layers = list(case.experiment.layers)
    if case.output is None or not _stands_as_output(case):
        return [*layers, Dense.model_validate({"units": units, "activation": activation})]
    index, output = case.output
    above = [layer for layer in layers[index + 1 :] if not layer.enabled]
    return [*layers[:index], output.model_copy(update={"units": units, "activation": activation}), *above]


def _stands_as_output(case: Case) -> bool:
    """Whether the last Dense layer is meant as the output, not as a hidden layer that lacks one above it."""
    assert case.output is not None
    return case.activation in ("linear", "sigmoid", "softmax") or case.output[1].units in (1, case.units)
