"""Rules that compare the output layer, the loss and the metrics with the data's task."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.findings import Case, Finding, Level
from engine.checks.proposals import SUITABLE, proposal
from engine.system.counts import counted

_CROSSENTROPIES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
_REGRESSION_LOSSES = ("mse", "mae", "huber", "log_cosh")
_PER_CLASS = ("categorical_crossentropy", "sparse_categorical_crossentropy")


def output_layer(case: Case) -> Iterator[Finding]:
    """The last layer must be a Dense layer with as many units as the task has outputs."""
    if not case.layers or case.outline.problem or not case.task:
        return
    if case.output is None:
        index, layer = case.layers[-1]
        yield Finding(
            "warning",
            f"layers.{index}",
            "the stack has no output layer: add a Dense one at its end",
            f"its last layer ({layer.kind}) would have to be the output, and is not made for that",
            proposal(case),
        )
        return
    index, output = case.output
    pair = case.task == "binary" and case.experiment.training.loss in _PER_CLASS  # a unit for each of two classes
    if output.units != case.units and not (pair and output.units == 2):
        yield Finding(
            "warning" if output.units > case.units and case.task == "classes" else "error",
            f"layers.{index}.units",
            f"the output layer has {counted(output.units, 'unit')}, and {_task_words(case)} "
            f"{'needs' if case.task == 'regression' else 'need'} {case.units}",
            "each unit of the output layer is one number of the prediction",
            proposal(case),
        )


def output_activation(case: Case) -> Iterator[Finding]:
    """The output's activation must give numbers in the range that the loss expects."""
    if case.output is None or not case.task or case.outline.problem:
        return
    index, output = case.output
    where = f"layers.{index}.activation"
    if output.units == 1 and case.activation == "softmax":
        yield Finding(
            "error",
            where,
            "softmax over one unit is always 1",
            "softmax makes all units add up to 1: a single unit is always 1, whatever it reads",
            proposal(case) or case.fix("use sigmoid", {where: "sigmoid"}),
        )
        return
    wanted, why = _wanted_activation(case, output.units)
    if wanted and case.activation not in wanted:
        level: Level = "advice" if case.task == "regression" and case.activation not in _BOUNDED else "warning"
        name = f"{case.activation} on the output" if case.activation != "linear" else "no activation on the output"
        yield Finding(level, where, f"{name}: use {wanted[0]}", why, proposal(case))


_BOUNDED = ("sigmoid", "tanh", "softmax")


def _wanted_activation(case: Case, units: int) -> tuple[tuple[str, ...], str]:
    """Return suitable activations, best first, and why; empty if any is suitable."""
    loss = case.experiment.training.loss
    if case.task == "regression":
        if case.activation in _BOUNDED:
            return ("linear",), "it holds every prediction between fixed limits, and the numbers lie beyond them"
        return ("linear",), "it bends or cuts off part of the numbers that the network could give"
    if units == 1:
        return ("sigmoid",), "the prediction is one probability, and sigmoid gives numbers between 0 and 1"
    if loss in (*_PER_CLASS, "mse"):
        return ("softmax",), "one class is right: softmax gives probabilities that add up to 1"
    return (), ""


def loss_fits(case: Case) -> Iterator[Finding]:
    """The loss must fit the task and the form of the output layer."""
    loss, units = case.experiment.training.loss, case.output[1].units if case.output else None
    problem: tuple[Level, str] | None = None
    if case.task == "regression" and loss in _CROSSENTROPIES:
        problem = "error", "it compares probabilities of classes, and this data set asks for a number"
    elif case.task == "binary" and loss in _PER_CLASS and units == 1:
        problem = "error", "it needs a unit for each class, and the output layer has one in all"
    elif case.task == "classes" and loss == "binary_crossentropy":
        problem = "warning", "it judges every class by itself, as if several could be right, and learns slower"
    elif case.task == "classes" and loss in _REGRESSION_LOSSES:
        problem = "warning", "it hardly punishes a confident mistake among many classes, and learns slower"
    elif case.task == "binary" and loss in ("huber", "log_cosh", "mae"):
        problem = "advice", "it is meant for numbers: cross-entropy punishes confident mistakes and learns faster"
    if problem:
        level, why = problem
        yield Finding(level, "training.loss", f"{loss} does not fit {_task_words(case)}", why, proposal(case))


def metrics_fit(case: Case) -> Iterator[Finding]:
    """Each metric should suit the task."""
    if not case.task:
        return
    metrics: tuple[str, ...] = case.experiment.training.metrics
    wrong = [name for name in metrics if name not in SUITABLE[case.task]]
    if wrong:
        kept = [name for name in metrics if name in SUITABLE[case.task]] or list(SUITABLE[case.task][:1])
        yield Finding(
            "warning",
            "training.metrics",
            f"{' and '.join(wrong)} {'says' if len(wrong) == 1 else 'say'} little about {_task_words(case)}",
            _METRIC_REASONS[case.task],
            case.fix(f"measure {' and '.join(kept)}", {"training.metrics": kept}),
        )


def metrics_defined(case: Case) -> Iterator[Finding]:
    """Each metric should be defined on its samples."""
    undefined = case.facts.undefined if case.facts else frozenset()
    for name in case.experiment.training.metrics:
        parts = [part for prefix, part in _PARTS.items() if prefix + name in undefined]
        if parts:
            yield Finding(
                "warning",
                "training.metrics",
                f"{name} is undefined (n/a) on the {' and '.join(parts)} samples, which lack a class",
                "it needs samples of both classes" if name == "auc" else "it needs samples of the second class",
            )


_PARTS = {"": "training", "val_": "validation", "test_": "test"}

_METRIC_REASONS = {
    "regression": "a predicted number is never exactly right: the mean absolute error says how far off it is",
    "classes": "it measures one class against the rest, or numbers: accuracy counts the right classes",
    "binary": "",
}


def _task_words(case: Case) -> str:
    names = {"binary": "two classes", "regression": "a number", "classes": f"{case.classes} classes"}
    return names[case.task]
