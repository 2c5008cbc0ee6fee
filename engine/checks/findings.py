"""Findings with proposed fixes, facts of the data, and the case that every rule examines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from engine import datasets
from engine.checks.shapes import Outline, outline
from engine.experiment.layers import Dense, Layer
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings

if TYPE_CHECKING:  # imported lazily: experiments are examined before NumPy is loaded
    from engine.checks.trait import Trait
    from engine.datasets.dataset import Dataset
    from engine.features import Features

Level = Literal["error", "warning", "advice"]

SAMPLED = 500
"""Number of samples used to estimate the share of unknown words."""

NEUTRAL = ("dropout", "spatial_dropout1d", "batch_normalization", "layer_normalization")
"""Kinds of layers that may be between a hidden layer and its activation."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that resolves a finding: its effect in a few words, and the changed experiment."""

    label: str
    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Finding:
    """An error (the experiment cannot run or learn), a warning (unwise) or advice (worth considering).

    ``where`` is the path of the setting concerned, empty for the whole experiment; ``why`` explains ``message``.
    """

    level: Level
    where: str
    message: str
    why: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts known from the data itself: samples, classes and columns; for text, the lengths of its samples.

    ``task`` is "binary", "classes" or "regression". ``lengths`` are the numbers of words of the training samples,
    ascending; ``unknown`` is the share of words missing in the vocabulary; ``spread`` is the ratio of the largest
    to the smallest standard deviation of unscaled columns. ``traits`` are those of a user's table, ``target_size``
    is the standard deviation or mean of its regression target, ``target_scaled`` whether that is scaled for
    training. ``undefined`` are the history names of metrics that are undefined on the samples.
    """

    kind: str
    task: str
    classes: int
    columns: int
    train: int
    validation: int
    lengths: tuple[int, ...] = ()
    unknown: float = 0.0
    spread: float = 1.0
    traits: tuple[Trait, ...] = ()
    target_size: float = 0.0
    target_scaled: bool = False
    undefined: frozenset[str] = frozenset()


def facts(dataset: Dataset, features: Features) -> Facts:
    """Collect the facts that rules need from a data set that has been read."""
    import numpy as np

    from engine.checks.table_traits import traits
    from engine.datasets.ragged import Ragged
    from engine.datasets.undefined_metrics import undefined_metrics
    from engine.features.text import TextFeatures

    samples, train = dataset.samples, dataset.split.train
    common = (dataset.kind, dataset.task, len(dataset.labels))
    sizes = (len(train), len(dataset.split.validation))
    told = {"traits": traits(dataset), "undefined": undefined_metrics(dataset)} | _target_facts(dataset, features)
    if isinstance(features, TextFeatures) and isinstance(samples, Ragged):
        lengths = np.sort(samples.lengths[train])
        whole = features.form != "sequence"  # a sequence only has the words that it keeps: enough for an estimate
        words = [word for index in train[:SAMPLED].tolist() for word in features.words(samples[index])[whole:]]
        return Facts(*common, 0, *sizes, tuple(lengths.tolist()), words.count("?") / max(len(words), 1), **told)
    spread = 1.0
    if isinstance(samples, np.ndarray):
        spreads = samples[train].std(axis=0)
        spreads = spreads[spreads > 0]
        spread = float(spreads.max() / spreads.min()) if len(spreads) else 1.0
    return Facts(*common, features.size, *sizes, spread=spread, **told)


def _target_facts(dataset: Dataset, features: Features) -> dict[str, Any]:
    """Return the size of a regression target of a user's table, and whether it is scaled."""
    if dataset.labels or dataset.table is None:
        return {}
    targets = dataset.targets[dataset.split.train]
    size = max(float(targets.std()), abs(float(targets.mean())))
    return {"target_size": size, "target_scaled": not features.target.identity}


@dataclass(frozen=True)
class Case:
    """An experiment under examination; rules read it and build their fixes with it."""

    experiment: Experiment
    facts: Facts | None = None

    @cached_property
    def outline(self) -> Outline:
        """The shapes and parameters."""
        return self.outline_of(self.experiment)

    def outline_of(self, experiment: Experiment) -> Outline:
        """Return the shapes and parameters of another experiment on the same data."""
        return outline(experiment, self.facts.columns if self.facts and self.facts.kind == "columns" else None)

    @cached_property
    def entry(self) -> datasets.Entry | None:
        """The data set's entry in the catalogue; None for a user's own data."""
        return datasets.entry(self.experiment.data.dataset)

    @property
    def known(self) -> Facts | datasets.Entry | None:
        """The source of the task and the number of classes."""
        return self.facts or self.entry

    @property
    def task(self) -> str:
        """The task: "binary", "classes", "regression", or empty if unknown."""
        return self.known.task if self.known else ""

    @property
    def classes(self) -> int:
        """The number of classes; 0 for regression or if unknown."""
        return self.known.classes if self.known else 0

    @property
    def units(self) -> int:
        """The number of outputs that the task needs, one for two classes."""
        return self.classes if self.task == "classes" else 1

    @property
    def training_samples(self) -> int | None:
        """The number of training samples or its upper bound; None if unknown."""
        if self.facts:
            return self.facts.train
        limit = self.experiment.data.rows
        published = self.entry.samples if self.entry else None
        return min((number for number in (limit, published) if number), default=None)

    @cached_property
    def layers(self) -> tuple[tuple[int, Layer], ...]:
        """The enabled layers with their indices."""
        return tuple((index, layer) for index, layer in enumerate(self.experiment.layers) if layer.enabled)

    @cached_property
    def output(self) -> tuple[int, Dense] | None:
        """The index and the output layer, if the stack ends in a Dense layer."""
        found = self.experiment.output
        return next(((index, layer) for index, layer in reversed(self.layers) if layer is found), None)

    @property
    def hidden(self) -> tuple[tuple[int, Layer], ...]:
        """The layers below the output layer; all if there is none."""
        return tuple((index, layer) for index, layer in self.layers if not self.output or index < self.output[0])

    @cached_property
    def activation(self) -> str:
        """The last activation applied to the network's output."""
        if self.output is None:
            return ""
        after = [
            layer.activation
            for index, layer in self.layers
            if layer.kind == "activation" and index > self.output[0]
        ]
        return after[-1] if after else self.output[1].activation

    def fix(self, label: str, changes: Mapping[str, Any]) -> Fix:
        """Return the fix that changes these settings."""
        return Fix(label, with_settings(self.experiment, changes))

    def with_layers(self, label: str, layers: Sequence[Layer], **changes: Any) -> Fix:
        """Return the fix that replaces the stack and changes ``data`` settings."""
        data = self.experiment.data.model_copy(update=changes)
        return Fix(label, self.experiment.model_copy(update={"layers": tuple(layers), "data": data}))
