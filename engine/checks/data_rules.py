"""Rules on a person's own data: what its traits mean for an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.checks.findings import Case, Finding, Fix
from engine.checks.trait import Trait
from engine.errors import listed

LARGE_TARGET = 20.0
"""The standard deviation of a target, or its mean, from which it is better learnt scaled."""


def table_traits(case: Case) -> Iterator[Finding]:
    """Nothing in the table is without use, or gives the answer away."""
    for trait in case.facts.traits if case.facts else ():
        yield Finding(trait.level, trait.where, trait.message, trait.why, _fix(case, trait))


def target_scale(case: Case) -> Iterator[Finding]:
    """A target in large units is scaled for training."""
    facts, scaling = case.facts, case.experiment.data.target_scaling
    if case.task != "regression" or facts is None or facts.target_scaled or facts.target_size < LARGE_TARGET:
        return
    yield Finding(
        "warning",
        "data.target_scaling",
        f"the target is about {facts.target_size:,.4g} in size and is not scaled (target_scaling = {scaling!r})",
        "the output starts near 0 and has to grow to that size first, which takes many epochs",
        case.fix("scale the target", {"data.target_scaling": "standard"}),
    )


def _fix(case: Case, trait: Trait) -> Fix | None:
    changes: dict[str, Any] = dict(trait.changes)
    if trait.ignore:
        ignored = dict.fromkeys((*case.experiment.data.ignore, *trait.ignore))
        changes["data.ignore"] = tuple(ignored)
    label = trait.label or f"leave out {', '.join(listed(trait.ignore))}"
    return case.fix(label, changes) if changes else None
