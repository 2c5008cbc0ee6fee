"""Statistics that describe a data set before training.

They are computed on the training samples as a network reads them, except for the counts of classes and missing
values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset, LeftOut, TableFacts, Task
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Reading
from engine.datasets.roles import ColumnRole
from engine.datasets.text import FIRST, UNKNOWN
from engine.events import DataFacts
from engine.experiment.model import Role
from engine.features.base import Features
from engine.features.sequence import Sequence
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures
from engine.features.text import TextFeatures

MOST_SAMPLES = 25_000
"""Maximum number of training samples examined, enough for all statistics here."""

FREQUENT = 60
"""Number of most frequent words that are listed."""

WORDS_PER_CLASS = 12
"""Number of words per class that distinguish it best from the others."""

MOST_COLUMNS = 1000
"""Maximum number of sparse columns that are listed."""

MOST_CLASSES = 100
"""Maximum number of classes, the largest first, whose words are counted."""

_BINS = 24


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distribution of numbers: ``counts[i]`` of them lie in the bin from ``edges[i]`` to ``edges[i + 1]``.

    Numbers above the last edge are counted in the last bin, so that a few extremes do not squeeze the rest into
    one bar.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    lowest: float
    median: float
    mean: float
    highest: float


@dataclass(frozen=True, slots=True)
class Class:
    """A class and the numbers of its samples in training, validation and test."""

    label: str
    samples: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ClassWords:
    """A class and the words that distinguish it from the others, most significant first, with log-odds ratios."""

    label: str
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its role and treatment, and for numbers their distribution over the training samples, unscaled.

    ``missing`` and ``distinct`` count values over all samples in use; missing values are not distinct.
    ``correlation`` is Pearson's with the target; it is None if the target has more than two classes or if a
    variable is constant. ``reason`` says why the column has its role, ``example`` is its first value as written.
    """

    name: str
    lowest: float | None = None
    mean: float | None = None
    highest: float | None = None
    deviation: float | None = None
    correlation: float | None = None
    role: Role = "number"
    treatment: str = ""
    missing: int = 0
    distinct: int | None = None
    kind: str = "number"
    reason: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Statistics of texts: words per sample, and the share of words that a network does not see.

    ``distinct`` counts the training samples' words that a network reads; ``unknown`` and ``held_out_unknown`` are
    the shares of words that it reads as unknown, in training and validation samples; ``cut`` is the share of
    samples that are truncated to the length of a sequence.
    """

    lengths: Histogram
    distinct: int
    unknown: float
    held_out_unknown: float
    cut: float
    frequent: tuple[tuple[str, int], ...]
    telling: tuple[ClassWords, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of a data set; ``target`` is the distribution of a regression target."""

    title: str
    task: Task
    facts: DataFacts
    notes: tuple[str, ...]
    classes: tuple[Class, ...]
    words: Words | None
    columns: tuple[Column, ...]
    target: Histogram | None
    target_name: str
    left_out: LeftOut = field(default_factory=LeftOut)
    reading: Mapping[str, str | bool | None] | None = None


def summarise(dataset: Dataset, features: Features) -> Summary:
    """Compute a data set's statistics; takes about 0.2 s for 15,000 reviews."""
    return Summary(
        title=dataset.title,
        task=dataset.task,
        facts=dataset.facts,
        notes=dataset.notes,
        classes=_classes(dataset),
        words=_words(dataset, features) if isinstance(features, TextFeatures) else None,
        columns=_columns(dataset, features),
        target=None if dataset.labels else histogram(dataset.targets[dataset.split.train]),
        target_name=dataset.target,
        left_out=dataset.table.left_out if dataset.table else LeftOut(),
        reading=_reading(dataset, features),
    )


def histogram(values: NDArray[Any]) -> Histogram:
    """Return the distribution of numbers in bins of equal width up to their 99th percentile."""
    lowest, highest = float(values.min()), float(values.max())
    above = values.astype(np.float64) - lowest  # large, closely spaced numbers need bins of their own width
    width = float(np.percentile(above, 99)) or highest - lowest or 1.0
    counts, edges = np.histogram(np.minimum(above, width), bins=_BINS, range=(0, width))
    median, mean = float(np.median(values)), float(values.mean(dtype=np.float64))
    return Histogram(tuple((edges + lowest).tolist()), tuple(counts.tolist()), lowest, median, mean, highest)


def _classes(dataset: Dataset) -> tuple[Class, ...]:
    if not dataset.labels:
        return ()
    split, targets, number = dataset.split, dataset.targets.astype(np.int64), len(dataset.labels)
    parts = (targets[indices] for indices in (split.train, split.validation, split.test))
    counts = (np.bincount(part, minlength=number).tolist() for part in parts)
    return tuple(map(Class, dataset.labels, zip(*counts, strict=True)))


def _words(dataset: Dataset, features: TextFeatures) -> Words:
    assert isinstance(dataset.samples, Ragged)
    chosen = dataset.split.train[:MOST_SAMPLES]
    samples = dataset.samples.take(chosen)
    columns = features.columns(samples).values
    lengths = samples.lengths - 1  # without the start mark
    counts = np.bincount(columns, minlength=features.size)
    named = counts.copy()
    named[:FIRST] = 0
    top = np.argsort(-named, kind="stable")[:FREQUENT]
    return Words(
        lengths=histogram(lengths),
        distinct=int((named > 0).sum()),
        unknown=float(counts[UNKNOWN] / max(lengths.sum(), 1)),
        held_out_unknown=_unknown(dataset.samples.take(dataset.split.validation[:MOST_SAMPLES]), features),
        cut=float((samples.lengths > features.length).mean()) if isinstance(features, Sequence) else 0.0,
        frequent=tuple((features.column_words[word], int(named[word])) for word in top if named[word]),
        telling=_class_words(dataset, features, np.repeat(dataset.targets[chosen], samples.lengths), columns),
    )


def _unknown(samples: Ragged, features: TextFeatures) -> float:
    columns = features.columns(samples).values
    return float((columns == UNKNOWN).sum() / max(len(columns) - len(samples), 1))


def _class_words(
    dataset: Dataset, features: TextFeatures, classes: NDArray[Any], columns: NDArray[np.int32]
) -> tuple[ClassWords, ...]:
    """Rank words by their log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008).

    The prior is the words' frequency in all classes, with the weight of a tenth of all words. Words are ranked by
    the ratio divided by its standard deviation, so that rare words need a larger ratio.
    """
    if not dataset.labels:
        return ()
    number, size = len(dataset.labels), features.size
    order = np.argsort(-np.bincount(classes, minlength=number), kind="stable")[:MOST_CLASSES]
    overall = np.bincount(columns, minlength=size).astype(np.float64)
    overall[:FIRST] = 0
    found = []
    for label in order.tolist() if number > 2 else range(number):
        inside = np.bincount(columns[classes == label], minlength=size).astype(np.float64)
        inside[:FIRST] = 0
        ratio, score = log_odds(inside, overall - inside)
        top = np.argsort(-score, kind="stable")[:WORDS_PER_CLASS]
        words = tuple((features.column_words[word], float(ratio[word])) for word in top if score[word] > 0)
        found.append(ClassWords(dataset.labels[label], words))
    return tuple(found)


def log_odds(
    inside: NDArray[np.float64], outside: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each word's log-odds ratio between two sets of counts, and the ratio over its standard deviation."""
    overall = inside + outside
    prior = overall / 10 + 1e-9
    one = np.log((inside + prior) / (inside.sum() + prior.sum() - inside - prior))
    other = np.log((outside + prior) / (outside.sum() + prior.sum() - outside - prior))
    ratio = one - other
    score = ratio / np.sqrt(1 / (inside + prior) + 1 / (outside + prior))
    return ratio, np.where(overall > 0, score, 0.0)


def _reading(dataset: Dataset, features: Features) -> Mapping[str, str | bool | None] | None:
    """Return how a user's file was interpreted; None for a data set of the catalogue."""
    if dataset.table:
        return asdict(dataset.table.table.reading)
    if dataset.name in CATALOGUE:
        return None
    return asdict(Reading("svmlight" if isinstance(features, SparseColumns) else "folder of texts"))


def _columns(dataset: Dataset, features: Features) -> tuple[Column, ...]:
    if dataset.table is not None:
        return tuple(_table_column(dataset, dataset.table, features, one) for one in dataset.table.roles)
    if isinstance(features, SparseColumns):
        scaled = "not scaled" if features.scale is None else "standard scaling without centring"
        return tuple(Column(name, treatment=scaled) for name in features.names[:MOST_COLUMNS])
    if not isinstance(dataset.samples, np.ndarray):
        return ()
    scaled = "not scaled" if features.encoding == "none" else f"{features.encoding} scaling"
    return tuple(
        replace(
            _spread(name, values[dataset.split.train].astype(np.float64), dataset),
            treatment=scaled,
            distinct=len(np.unique(values)),
            example=f"{values[0]:g}",
        )
        for name, values in zip(features.names, dataset.samples.T, strict=True)
    )


def _table_column(dataset: Dataset, facts: TableFacts, features: Features, role: ColumnRole) -> Column:
    column = facts.table.column(role.name)
    found = Column(role.name)
    if role.role == "number" or (role.role == "target" and not dataset.labels):
        train = column.take(dataset.split.train)
        found = _spread(role.name, np.where(train.missing, np.nan, train.values.astype(np.float64)), dataset)
    return replace(
        found,
        role=role.role,
        treatment=_treatment(dataset, features, role, bool(column.missing.any())),
        missing=int(column.missing.sum()),
        distinct=column.distinct,
        kind=column.kind,
        reason=role.reason,
        example=next(filter(None, column.take(np.arange(min(len(column), 20))).texts()), ""),
    )


def _treatment(dataset: Dataset, features: Features, role: ColumnRole, missing: bool) -> str:
    if role.role == "target":
        if dataset.labels:
            return f"{len(dataset.labels)} classes"
        return features.target.described
    if isinstance(features, TextFeatures) and role.role == "text":
        return f"{features.encoding} of {features.size:,} words"
    if isinstance(features, TableFeatures):
        return features.treatment(role.name, missing)
    return "left out"


def _spread(name: str, values: NDArray[np.float64], dataset: Dataset) -> Column:
    """Describe a column with the distribution of its values over the training samples; NaN means missing."""
    known = ~np.isnan(values)
    values, targets = values[known], dataset.targets[dataset.split.train].astype(np.float64)[known]
    if not len(values):
        return Column(name)
    spread = values.std() * targets.std()
    shared = ((values - values.mean()) * (targets - targets.mean())).mean()
    tells = dataset.task != "classes" and spread > 0
    correlation = float(shared / spread) if tells else None
    lowest, mean, highest, deviation = map(float, (values.min(), values.mean(), values.max(), values.std()))
    return Column(name, lowest, mean, highest, deviation, correlation)
