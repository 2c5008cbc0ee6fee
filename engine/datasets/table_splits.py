"""Splits a user's table: stratified, by group, by time, by a column, or by files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import splits, tabular
from engine.datasets.dataset import Split
from engine.datasets.readers.table import PARTS, Column, Table
from engine.errors import DataError, listed
from engine.experiment.model import Data


@dataclass(frozen=True, slots=True)
class Division:
    """A split, with each sample's group or rank in time if it is based on these (int64 of shape (samples,))."""

    split: Split
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.int64] | None = None


def division_of(
    table: Table, targets: NDArray[Any], data: Data, seed: int, title: str, files: Sequence[int]
) -> Division:
    """Return the split requested by the settings.

    ``files`` are the numbers of samples per file: the data set's own, then ``validation_file`` and ``test_file``.
    Raises DataError with ``title`` if the split is impossible.
    """
    asked = [name for name in ("split_group", "split_time", "split_column") if getattr(data, name)]
    asked += ["validation_file or test_file"] * (len(files) > 1)
    if len(asked) > 1:
        raise DataError(f"{title}: {' and '.join(asked)} cannot be combined: choose one way to split")
    if len(files) > 1:
        held_out = ["validation"] * bool(data.validation_file) + ["test"] * bool(data.test_file)
        parts = np.repeat(np.array(["train", *held_out]), files)
        return Division(_by_parts(parts, targets, data, seed, title))
    if data.split_column:
        parts = _column_parts(table.column(data.split_column), title)
        return Division(_by_parts(parts, targets, data, seed, title))
    if data.split_time:
        order = _in_time(table.column(data.split_time), title)
        return Division(_by_time(order, data), times=np.argsort(order).astype(np.int64))
    if data.split_group:
        column = table.column(data.split_group)
        if column.missing.any():
            raise DataError(f"{title}: the column {column.name!r} (data.split_group) is missing in some rows")
        groups = column.classes()[1]
        return Division(_by_group(groups, targets, data, seed, title), groups)
    return Division(tabular.fifths(targets, seed, data))


def _column_parts(column: Column, title: str) -> NDArray[np.str_]:
    labels, codes = column.classes()
    unknown = [label for label in labels if label.strip().lower() not in PARTS]
    if unknown or column.missing.any():
        wrong = listed([repr(label) for label in unknown] + ["a missing value"] * bool(column.missing.any()))
        raise DataError(
            f"{title}: the column {column.name!r} (data.split_column) has to say train, validation or test in "
            f"every row, and holds {', '.join(wrong)}"
        )
    return np.array([PARTS[label.strip().lower()] for label in labels])[codes]


def _by_parts(parts: NDArray[np.str_], targets: NDArray[Any], data: Data, seed: int, title: str) -> Split:
    train, validation, test = (np.flatnonzero(parts == part) for part in ("train", "validation", "test"))
    if not len(train):
        raise DataError(f"{title}: no sample is for training")
    train = train[splits.order(targets[train], seed)]
    if len(validation):
        return Split(train[: data.rows], validation, test)
    return splits.split(train, test, round(len(train) / 5), data)


def _in_time(column: Column, title: str) -> NDArray[np.int64]:
    """Return the samples in order of time; raises DataError if some have none."""
    if column.kind not in ("date", "number") or column.missing.any():
        raise DataError(
            f"{title}: the column {column.name!r} (data.split_time) has to hold a date or a number in every row"
        )
    return np.argsort(column.values, kind="stable").astype(np.int64)


def _by_time(order: NDArray[np.int64], data: Data) -> Split:
    test = round(len(order) / 5)
    pool = order[: len(order) - test]
    # the front of a pool is for validation: here its latest samples
    return splits.split(pool[::-1], order[len(order) - test :], round(len(pool) / 5), data)


def _by_group(groups: NDArray[np.int64], targets: NDArray[Any], data: Data, seed: int, title: str) -> Split:
    if (different := len(np.unique(groups))) < 3:
        raise DataError(
            f"{title}: the column {data.split_group!r} (data.split_group) has {different} different values: "
            "training, validation and test need one group each"
        )
    from sklearn.model_selection import GroupShuffleSplit

    def held_out(indices: NDArray[np.int64], share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        shuffled = GroupShuffleSplit(1, test_size=share, random_state=seed)
        kept, out = next(shuffled.split(indices, groups=groups[indices]))
        return indices[kept], indices[out]

    rest, test = held_out(np.arange(len(groups)), 0.2)
    share = 0.2 if data.validation is None else data.validation
    train, validation = held_out(rest, share / len(rest) if isinstance(share, int) else share)
    train = train[splits.order(targets[train], seed)]
    return Split(train[: data.rows], validation, test)
