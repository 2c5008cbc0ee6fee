"""Findings: what is wrong or unwise in an experiment before it runs, and in its curves after.

Each rule is a function of a :class:`Case` that gives findings; none has anything to say of the course's own
presets that is not the point of the preset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.checks import layers, output, settings
from engine.checks.curves import OVERFITTING_RULE, after, overfitting_epoch
from engine.checks.findings import Case, Facts, Finding, Fix, facts
from engine.checks.proposal import propose
from engine.experiment import Experiment

__all__ = [
    "OVERFITTING_RULE",
    "Facts",
    "Finding",
    "Fix",
    "after",
    "before",
    "facts",
    "overfitting_epoch",
    "propose",
]

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    settings.data_set,
    layers.no_layers,
    layers.misplaced,
    output.output_layer,
    output.output_activation,
    output.loss_fits,
    output.metrics_fit,
    layers.above_the_output,
    layers.ids_as_amounts,
    layers.bottleneck,
    layers.all_linear,
    layers.strong_penalty,
    layers.many_parameters,
    settings.scaling,
    settings.validation_rows,
    settings.sequence_length,
    settings.vocabulary,
    settings.batch_size,
    settings.learning_rate,
    settings.momentum,
    settings.patience,
)

_LEVELS = ("error", "warning", "advice")


def before(experiment: Experiment, facts: Facts | None = None) -> tuple[Finding, ...]:
    """What is to be said of an experiment before it runs, the gravest first.

    ``facts`` of data that has been read add what only they can tell.
    """
    case = Case(experiment, facts)
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: _LEVELS.index(finding.level)))
