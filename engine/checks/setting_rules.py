"""Rules on data and training settings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from engine import datasets
from engine.checks.findings import Case, Finding, Fix
from engine.checks.trait import Trait
from engine.errors import listed
from engine.experiment.keras_names import WITH_MOMENTUM
from engine.experiment.validation import nearest
from engine.system.paths import exists, expanded
from engine.system.suggest import shown

LEARNING_RATES = {
    "rmsprop": (1e-6, 0.02, 0.001),
    "adam": (1e-6, 0.02, 0.001),
    "adamw": (1e-6, 0.02, 0.001),
    "nadam": (1e-6, 0.02, 0.001),
    "adamax": (1e-6, 0.05, 0.001),
    "sgd": (1e-4, 1.0, 0.01),
    "adagrad": (1e-4, 1.0, 0.01),
    "adadelta": (0.01, 10.0, 1.0),
}
"""For each optimiser, the lowest and highest learning rate without a finding, and a usual one."""

TRUNCATED = 0.85
"""Share of truncated samples from which a sequence is called too short."""

PADDED = 0.75
"""Share of padding in the median sample from which a sequence is called too long."""

UNKNOWN = 0.2
"""Share of unknown words from which a vocabulary is called too small."""

SPREAD = 10.0
"""Maximum ratio of the standard deviations of two unscaled columns."""

SLOW_STEPS = 500
"""Number of steps from which a recurrent layer is called slow."""

LARGE_TARGET = 20.0
"""Standard deviation or mean of a target from which it should be scaled."""


def data_set(case: Case) -> Iterator[Finding]:
    """The data set must be in the catalogue, or an existing file or folder."""
    name = case.experiment.data.dataset
    if case.entry is not None or case.facts is not None or exists(expanded(name)):
        return
    near = nearest(name, datasets.CATALOGUE)
    yield Finding(
        "error",
        "data.dataset",
        f"no data set, file or folder {shown(name)}" + (f": did you mean {near}?" if near else ""),
        f"the data sets with a name are {', '.join(datasets.CATALOGUE)}",
        case.fix(f"use {near}", {"data.dataset": near}) if near else None,
    )


def scaling(case: Case) -> Iterator[Finding]:
    """Columns should be scaled unless they are known to be similar."""
    if case.experiment.data.scaling != "none" or not case.known or case.known.kind != "columns":
        return
    if case.facts and case.facts.spread < SPREAD:
        return
    times = f" (one spreads {case.facts.spread:,.0f} times as far as another)" if case.facts else ""
    yield Finding(
        "warning",
        "data.scaling",
        f"the columns are not scaled{times}",
        "columns with large numbers drown the others, and the weights are found slowly or not at all",
        case.fix("scale them", {"data.scaling": "standard"}),
    )


def validation_samples(case: Case) -> Iterator[Finding]:
    """The validation samples must leave samples to train on."""
    wanted = case.experiment.data.validation
    samples = case.facts.train + case.facts.validation if case.facts else case.training_samples
    if wanted is None or not samples:
        return
    count = wanted if isinstance(wanted, int) else round(wanted * samples)
    fix = case.fix("use a fifth", {"data.validation": 0.2})
    if count >= samples and not case.facts:
        message = f"{count:,} validation samples, and there are {samples:,} samples in all"
        yield Finding("error", "data.validation", message, "none would be left to train on", fix)
    elif count > samples / 2:
        yield Finding(
            "warning",
            "data.validation",
            f"{count / samples:.0%} of the samples are for validation",
            "what is learnt comes only from the training samples: give them the larger part",
            fix,
        )


def batch_size(case: Case) -> Iterator[Finding]:
    """A batch should not be larger than the training data."""
    samples, size = case.training_samples, case.experiment.training.batch_size
    if samples and size > samples:
        yield Finding(
            "warning",
            "training.batch_size",
            f"a batch of {size:,} is more than the {samples:,} samples there are",
            "each epoch then changes the weights only once, and it takes many to learn anything",
            case.fix("use 32", {"training.batch_size": min(32, samples)}),
        )


def learning_rate(case: Case) -> Iterator[Finding]:
    """The learning rate should be in the optimiser's range."""
    training = case.experiment.training
    low, high, usual = LEARNING_RATES[training.optimizer]
    if low <= training.learning_rate <= high:
        return
    large = training.learning_rate > high
    yield Finding(
        "warning",
        "training.learning_rate",
        f"{training.learning_rate:g} is a {'large' if large else 'small'} learning rate for {training.optimizer}",
        "the loss jumps about or becomes infinite"
        if large
        else "the weights hardly move, however many epochs pass",
        case.fix(f"use {usual:g}", {"training.learning_rate": usual}),
    )


def momentum(case: Case) -> Iterator[Finding]:
    """Momentum should only be set for an optimiser that uses it."""
    training = case.experiment.training
    if training.momentum and training.optimizer not in WITH_MOMENTUM:
        yield Finding(
            "advice",
            "training.momentum",
            f"{training.optimizer} takes no momentum",
            f"it keeps one of its own: only {' and '.join(WITH_MOMENTUM)} use the setting",
            case.fix("remove it", {"training.momentum": 0.0}),
        )


def patience(case: Case) -> Iterator[Finding]:
    """Early stopping should be possible within the epochs."""
    rule, epochs = case.experiment.training.early_stopping, case.experiment.training.epochs
    if rule and epochs > 1 and rule.patience >= epochs:
        yield Finding(
            "advice",
            "training.early_stopping.patience",
            f"a patience of {rule.patience} never stops {epochs} epochs early",
            "it waits for as many epochs without a lower validation loss",
            case.fix("use 3", {"training.early_stopping.patience": min(3, epochs - 1)}),
        )


def sequence_length(case: Case) -> Iterator[Finding]:
    """A padded sequence should be about as long as the samples, and not too long for a recurrent layer."""
    data = case.experiment.data
    if data.encoding != "sequence" or (case.known and case.known.kind != "text"):
        return
    yield from _slow(case)
    lengths = case.facts.lengths if case.facts else ()
    if not lengths:
        return
    truncated = 1 - bisect_right(lengths, data.length) / len(lengths)
    median, long = lengths[len(lengths) // 2], max(lengths[int(len(lengths) * 0.9)], 1)
    fix = case.fix(f"use {long}, enough for nine samples in ten", {"data.length": long})
    if truncated > TRUNCATED:
        yield Finding(
            "warning",
            "data.length",
            f"{truncated:.0%} of the samples are longer than {data.length} words",
            "only a sample's last words are read: the rest is cut off",
            fix,
        )
    elif 1 - median / data.length > PADDED and long < data.length:
        yield Finding(
            "advice",
            "data.length",
            f"half of the samples have {median} words or fewer, and are padded to {data.length}",
            "padding costs time and teaches nothing",
            fix,
        )


def _slow(case: Case) -> Iterator[Finding]:
    recurrent = any(layer.kind in ("lstm", "gru", "bidirectional") for _, layer in case.layers)
    if recurrent and case.experiment.data.length > SLOW_STEPS:
        yield Finding(
            "advice",
            "data.length",
            f"a recurrent layer goes through {case.experiment.data.length:,} steps one by one",
            "steps cannot run in parallel: time grows with each of them, and early words are forgotten anyway",
            case.fix("use 200", {"data.length": 200}),
        )


def vocabulary(case: Case) -> Iterator[Finding]:
    """The vocabulary should contain most of the words."""
    if case.facts and case.facts.unknown > UNKNOWN:
        size = case.experiment.data.vocabulary
        yield Finding(
            "advice",
            "data.vocabulary",
            f"{case.facts.unknown:.0%} of the words are unknown",
            f"a vocabulary of {size:,} leaves them out: the network sees no difference between them",
            case.fix(f"use {size * 4:,}", {"data.vocabulary": min(size * 4, 1_000_000)}),
        )


def table_traits(case: Case) -> Iterator[Finding]:
    """Every column should be useful, and none should reveal the target."""
    for trait in case.facts.traits if case.facts else ():
        yield Finding(trait.level, trait.where, trait.message, trait.why, _fix(case, trait))


def target_scale(case: Case) -> Iterator[Finding]:
    """A target in large units should be scaled for training."""
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
