"""Finds columns of a user's table that are useless or that reveal the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.checks import value_traits
from engine.checks.trait import MAJORITY, Trait
from engine.datasets.readers.table import listed
from engine.datasets.readers.texts import Texts
from engine.system.counts import counted

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset, TableFacts
    from engine.datasets.readers.table import Column

DETERMINED = 0.9999
"""Share of a target's variance, or of its classes, from which it counts as nearly determined."""

FITTED_SAMPLES = 20_000
"""Maximum number of training samples for finding relations with the target."""

FITTED_COLUMNS = 200

_PART = 1 << 14
"""Number of samples hashed at once; they fit a CPU cache."""

MOST_ALONE = 5
"""Maximum number of columns with the same trait that get separate findings."""

SHOWN = 3
"""Maximum number of columns named in a relation with the target."""


def traits(dataset: Dataset) -> tuple[Trait, ...]:
    """Return the traits of a user's table; none for other data."""
    facts = dataset.table
    if facts is None:
        return ()
    found = list(_columns(facts))
    if facts.left_out.samples:
        what, why = f"left out: {facts.left_out.why}", "there is nothing to learn from them"
        found.append(Trait("advice", "data.target", what, why))
    found += [*_majority(dataset), *_determined(dataset, facts), *_duplicates(dataset, facts), *_scale(dataset)]
    return (*found, *value_traits.traits(facts))


def _inputs(facts: TableFacts, *roles: str) -> Iterator[Column]:
    return (facts.table.column(one.name) for one in facts.roles if one.role in roles)


def _columns(facts: TableFacts) -> Iterator[Trait]:
    constant: list[str] = []
    numbering: list[str] = []
    for column in _inputs(facts, "number", "category", "date", "text"):
        if not column.missing.any() and _constant(column):
            constant.append(column.name)
        elif _numbering(column):
            numbering.append(column.name)
    yield from _of_columns(
        numbering,
        (
            "numbers the rows: it is different in each, in steps of one",
            "number the rows: each is different in every row, in steps of one",
        ),
        "a network can learn the order of the file from it, which new samples do not have",
    )
    yield from _of_columns(
        constant,
        ("is the same in every sample", "are each the same in every sample"),
        "a constant does not distinguish samples",
    )


def _of_columns(names: Sequence[str], said: tuple[str, str], why: str) -> Iterator[Trait]:
    """Yield a trait for each column, or one for all if there are many."""
    if len(names) > MOST_ALONE:
        what = f"{len(names):,} columns {said[1]}: {listed(list(map(repr, names)))}"
        yield Trait("warning", "data.ignore", what, why, ignore=tuple(names))
        return
    for name in names:
        yield Trait("warning", f"data.columns.{name}", f"the column {name!r} {said[0]}", why, ignore=(name,))


def _constant(column: Column) -> bool:
    if column.kind == "text":
        return column.distinct <= 1
    return bool((column.values == column.values[0]).all())


def _numbering(column: Column) -> bool:
    if column.kind != "number" or column.missing.any() or not column.is_whole or len(column) < 3:
        return False
    values = column.values
    span = int(values.max()) - int(values.min())
    return span == len(values) - 1 and bool((np.diff(np.sort(values)) == 1).all())


def _majority(dataset: Dataset) -> Iterator[Trait]:
    if not dataset.labels:
        return
    counts = np.bincount(dataset.targets.astype(np.int64), minlength=len(dataset.labels))
    share, label = counts.max() / counts.sum(), dataset.labels[int(counts.argmax())]
    if share <= MAJORITY:
        return
    metrics = ("auc", "recall", "precision") if dataset.task == "binary" else ("accuracy",)
    yield Trait(
        "warning",
        "training.metrics",
        f"{share:.0%} of the samples are of the class {label!r}",
        f"always predicting it has an accuracy of {share:.0%}: weight the classes, and measure more than accuracy",
        label="balance the classes" + (" and measure AUC" if dataset.task == "binary" else ""),
        changes=(("data.class_weight", "balanced"), ("training.metrics", metrics)),
    )


def _determined(dataset: Dataset, facts: TableFacts) -> Iterator[Trait]:
    """Find columns that equal or nearly determine the target on the training samples."""
    indices = dataset.split.train[:FITTED_SAMPLES]
    targets = dataset.targets[indices].astype(np.float64)
    found = []
    for column in _inputs(facts, "number", "category"):
        taken = column.take(indices)
        tells = _tells_number(taken, targets) if not dataset.labels else _tells_class(taken, targets)
        if tells:
            found.append(column.name)
            yield Trait(
                "warning",
                f"data.columns.{column.name}",
                f"the column {column.name!r} {tells} the target {dataset.target!r}",
                "if it is only known once the target is, the network learns nothing useful: leave it out",
                ignore=(column.name,),
            )
    if not found and not dataset.labels:
        yield from _linear(dataset, facts, indices, targets)


def _tells_number(column: Column, targets: NDArray[np.float64]) -> str:
    if column.kind != "number" or column.missing.any() or targets.std() == 0:
        return ""
    values = column.values.astype(np.float64)
    if np.array_equal(values, targets) or np.allclose(values, targets, rtol=1e-6, atol=0):
        return "equals"
    spread = values.std()
    if spread == 0:
        return ""
    correlation = ((values - values.mean()) * (targets - targets.mean())).mean() / (spread * targets.std())
    return "nearly determines" if correlation**2 > DETERMINED else ""


def _tells_class(column: Column, targets: NDArray[np.float64]) -> str:
    """Describe whether each of a column's few values belongs to one class, and each class to few values."""
    classes = int(targets.max()) + 1 if len(targets) else 0
    if column.missing.any() or len(targets) < 10 * classes or not 2 <= column.distinct <= 3 * classes:
        return ""
    labels, codes = column.classes()
    counts = np.zeros((len(labels), classes))
    np.add.at(counts, (codes, targets.astype(np.int64)), 1)
    if counts.max(axis=1).sum() < DETERMINED * len(targets):
        return ""
    return "equals" if len(labels) == classes else "determines"


def _linear(
    dataset: Dataset, facts: TableFacts, indices: NDArray[np.int64], targets: NDArray[np.float64]
) -> Iterator[Trait]:
    """Find a weighted sum of columns that gives the target."""
    columns = [one.take(indices) for one in _inputs(facts, "number") if not one.missing.any()]
    if not 2 <= len(columns) <= FITTED_COLUMNS or len(indices) <= 2 * len(columns) + 2 or targets.std() == 0:
        return
    matrix = np.stack([column.values.astype(np.float64) for column in columns], axis=1)
    matrix = np.append(matrix, np.ones((len(indices), 1)), axis=1)
    weights, *_ = np.linalg.lstsq(matrix, targets, rcond=None)
    left = targets - matrix @ weights
    if left.var() > (1 - DETERMINED) * targets.var():
        return
    parts = [
        (column.name, weight)
        for column, weight, values in zip(columns, weights.tolist(), matrix.T, strict=False)
        if abs(weight) * values.std() > 1e-3 * targets.std()
    ]
    terms = [name if abs(weight - 1) < 1e-4 else f"{weight:.3g} × {name}" for name, weight in parts]
    others = len(list(_inputs(facts, "number", "category", "date", "text"))) > len(parts)
    more = f" + {len(terms) - SHOWN} more" if len(terms) > SHOWN else ""
    yield Trait(
        "warning",
        "data.ignore",
        f"{' + '.join(terms[:SHOWN])}{more} gives the target {dataset.target!r}",
        "if these are only known once the target is, the network learns nothing useful: leave them out",
        ignore=tuple(name for name, _ in parts) if others else (),
    )


def _duplicates(dataset: Dataset, facts: TableFacts) -> Iterator[Trait]:
    keys = sample_keys(facts)
    ordered = np.sort(keys)
    repeated = int(np.count_nonzero(ordered[1:] == ordered[:-1]))
    if not repeated:
        return
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    train = np.unique(keys[dataset.split.train])
    held_out = np.concatenate([dataset.split.validation, dataset.split.test])
    across = int(np.isin(keys[held_out], train).sum())
    example = int(facts.table.lines[int(first[counts > 1].min())])
    verb = "repeats" if repeated == 1 else "repeat"
    yield Trait(
        "warning" if across else "advice",
        "data.dataset",
        f"{counted(repeated, 'sample')} {verb} another, the first that of line {example}"
        + (f"; {across:,} of the validation and test samples are training samples too" if across else ""),
        "memorised samples inflate the scores: remove repeated rows from the file",
    )


def sample_keys(facts: TableFacts) -> NDArray[np.uint64]:
    """Hash each sample's inputs and target; equal samples have equal hashes."""
    keys = np.zeros(len(facts.table), np.uint64)
    for column in _inputs(facts, "number", "category", "date", "text", "target"):
        hashes = column.stored.hashes() if isinstance(column.stored, Texts) else None
        for start in range(0, len(keys), _PART):
            rows = slice(start, start + _PART)
            part = column.take(rows)
            bits = _bits(part) if hashes is None else hashes[rows]
            salt = part.missing * np.uint64(0x9E37)
            keys[rows] = _mixed(keys[rows] * np.uint64(0x100000001B3) + _mixed(bits) + salt)
        column.release()
    return keys


def _bits(column: Column) -> NDArray[np.uint64]:
    values = column.values
    if column.kind == "number":
        return np.where(column.missing, 0.0, values.astype(np.float64)).view(np.uint64)
    return values.astype(np.int64).view(np.uint64)


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Apply the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _scale(dataset: Dataset) -> Iterator[Trait]:
    """Find data with more columns than training samples."""
    width, train = len(dataset.columns), len(dataset.split.train)
    if width > train:
        yield Trait(
            "warning",
            "data.ignore",
            f"{width:,} columns for {train:,} training samples",
            "with more columns than samples any target can be fitted by chance: leave columns out, or penalise "
            "weights (l2)",
        )
