"""Findings: problems of an experiment before it runs, and of its curves after.

Each rule is a function of a :class:`Case` that yields findings. On the course's presets, rules only report what
the preset is meant to demonstrate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.checks import layer_rules, output_rules, setting_rules
from engine.checks.curve_rules import OVERFITTING_RULE, after, against_linear, overfitting_epoch, plateau_epoch
from engine.checks.findings import Case, Facts, Finding, Fix, facts
from engine.checks.proposals import propose
from engine.experiment.model import Experiment

__all__ = [
    "OVERFITTING_RULE",
    "Facts",
    "Finding",
    "Fix",
    "after",
    "against_linear",
    "before",
    "facts",
    "overfitting_epoch",
    "plateau_epoch",
    "propose",
]

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    setting_rules.data_set,
    layer_rules.no_layers,
    layer_rules.misplaced,
    output_rules.output_layer,
    output_rules.output_activation,
    output_rules.loss_fits,
    output_rules.metrics_fit,
    output_rules.metrics_defined,
    layer_rules.above_the_output,
    layer_rules.word_vectors,
    layer_rules.ids_as_amounts,
    layer_rules.bottleneck,
    layer_rules.all_linear,
    layer_rules.strong_penalty,
    layer_rules.many_parameters,
    setting_rules.table_traits,
    setting_rules.target_scale,
    setting_rules.scaling,
    setting_rules.validation_samples,
    setting_rules.sequence_length,
    setting_rules.vocabulary,
    setting_rules.batch_size,
    setting_rules.learning_rate,
    setting_rules.momentum,
    setting_rules.patience,
)

_LEVELS = ("error", "warning", "advice")


def before(experiment: Experiment, facts: Facts | None = None) -> tuple[Finding, ...]:
    """Return the findings on an experiment before it runs, most severe first.

    With ``facts`` of data that has been read, rules that depend on the data apply too.
    """
    case = Case(experiment, facts)
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: _LEVELS.index(finding.level)))
