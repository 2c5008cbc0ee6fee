"""Treatments: the encoding of one column of a table for a network.

Their parameters are fitted in :mod:`engine.features.treatment_fitting`, kept as plain values, saved as JSON, and
used unchanged in validation, test, folds, predictions and exports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets.readers.table import Column
from engine.features.scaling import as_float32, yeo_johnson

DATE_PARTS = ("year", "month", "weekday", "day of year", "elapsed days")

PART = 1 << 14
"""Number of samples encoded at once; the result fits a CPU cache."""

Floats = tuple[float, ...]
Encoder = Callable[[slice], NDArray[np.float32]]
"""Returns the outputs of a slice of a column's samples: float32 of shape (samples, outputs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment(ABC):
    """The treatment of the column ``name``; ``outputs`` are the names of its encoded columns.

    An output is ``(raw - center) / scale``. ``mean`` is the mean of each output over the training samples, which
    replaces a column that is left out. ``missing`` counts the training samples without a value, ``imputing`` says
    how missing values are filled.
    """

    kind: ClassVar[str]
    name: str
    imputing: str
    missing: int
    center: Floats
    scale: Floats
    mean: Floats = ()

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...]:
        """The names of the encoded columns."""

    @abstractmethod
    def described(self, imputes: bool) -> str:
        """Describe the treatment in words; with ``imputes``, also how missing values are filled."""

    @abstractmethod
    def raw(self, column: Column) -> NDArray[np.float64]:
        """Return the column's outputs before scaling: float64 of shape (samples, outputs)."""

    def encode(self, column: Column) -> NDArray[np.float32]:
        """Return the column's outputs: float32 of shape (samples, outputs)."""
        return self.encoder(column)(slice(None))

    def encoder(self, column: Column) -> Encoder:
        """Return a function that encodes slices of a column."""
        center, scale = np.array(self.center), np.array(self.scale)

        def encode(samples: slice) -> NDArray[np.float32]:
            scaled = self.raw(column.take(samples))
            scaled -= center
            scaled /= scale
            return as_float32(scaled, self.outputs)

        return encode

    def means(self, column: Column) -> Floats:
        """Return the mean of each output over a column's samples."""
        encode, sums = self.encoder(column), np.zeros(len(self.outputs))
        for start in range(0, len(column), PART):
            sums += encode(slice(start, start + PART)).sum(axis=0, dtype=np.float64)
        return tuple((sums / len(column)).tolist())

    def unseen(self, column: Column) -> Mapping[str, int]:
        """Return the values that no training sample had, with the number of samples that have them."""
        return {}

    def as_json(self) -> dict[str, Any]:
        """Return the treatment as plain JSON values."""
        return {"kind": self.kind} | asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTreatment(Treatment):
    """Imputes and scales a number; ``indicator`` adds a column that marks missing values.

    ``power`` is the exponent of Yeo and Johnson's transformation (2000), which is applied before scaling.
    """

    kind: ClassVar[str] = "number"
    scaling: str
    fill: float
    indicator: bool
    power: float | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The column and, with ``indicator``, the one that marks missing values."""
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    def described(self, imputes: bool) -> str:
        """Describe the scaling and, if requested, the imputation."""
        scaled = {"none": "not scaled", "flags": "0/1, not scaled"}.get(self.scaling, f"{self.scaling} scaling")
        return scaled + (_imputed(self, f"{self.fill:.6g}") if imputes else "")

    def raw(self, column: Column) -> NDArray[np.float64]:
        """Return the imputed number and, with ``indicator``, whether it was missing."""
        values = np.where(column.missing, self.fill, column.values.astype(np.float64))
        if self.power is not None:
            values = yeo_johnson(values, self.power)
        return np.stack([values, column.missing], axis=1) if self.indicator else values[:, None]  # a copy


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTreatment(Treatment):
    """Encodes a date as numbers, each scaled: :data:`DATE_PARTS`; ``start`` and ``fill`` are seconds since 1970.

    ``pattern`` is the strptime pattern of the file's dates, "" if it is unknown.
    """

    kind: ClassVar[str] = "date"
    start: int
    fill: int
    indicator: bool
    pattern: str = ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The parts of the date and, with ``indicator``, the column that marks missing values."""
        parts = tuple(f"{self.name} {part}" for part in DATE_PARTS)
        return (*parts, f"{self.name} missing") if self.indicator else parts

    def described(self, imputes: bool) -> str:
        """Describe the parts and, if requested, the imputation."""
        filled = _imputed(self, str(np.datetime64(self.fill, "s"))) if imputes else ""
        return ", ".join(DATE_PARTS) + filled

    def raw(self, column: Column) -> NDArray[np.float64]:
        """Return the parts of the imputed date and, with ``indicator``, whether it was missing."""
        dates = np.where(column.missing, np.datetime64(self.fill, "s"), column.values.astype("datetime64[s]"))
        days, years = dates.astype("datetime64[D]"), dates.astype("datetime64[Y]")
        parts = [
            years.astype(np.int64) + 1970,
            dates.astype("datetime64[M]").astype(np.int64) % 12 + 1,
            (days.astype(np.int64) + 3) % 7,
            (days - years.astype("datetime64[D]")).astype(np.int64) + 1,
            (dates.astype(np.int64) - self.start) / 86_400,
        ]
        return np.stack([*parts, column.missing] if self.indicator else parts, axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTreatment(Treatment):
    """One-hot encodes a category; ``rare`` values share one column, which unseen values use too.

    Without rare values, an unseen value is 0 in every column. ``fill`` replaces missing values; if it is None,
    missing values get a column of their own, provided that training samples had any.
    """

    kind: ClassVar[str] = "category"
    levels: tuple[str, ...]
    rare: tuple[str, ...]
    fill: str | None

    @property
    def outputs(self) -> tuple[str, ...]:
        """A column for each value, one for rare values, one for missing values."""
        names = [f"{self.name}={level}" for level in self.levels]
        names += [f"{self.name} rare"] * bool(self.rare) + [f"{self.name} missing"] * self._missing_column
        return tuple(names)

    def described(self, imputes: bool) -> str:
        """Describe the number of values and the handling of rare and missing ones."""
        count = len(self.levels)
        words = f"one-hot, {count} value" + ("s" if count != 1 else "")
        words += f" and {len(self.rare)} rare ones together" if self.rare else ""
        own = "a separate value" if self._missing_column else "0 in every column"
        return words + (_imputed(self, self.fill if self.fill is not None else own) if imputes else "")

    def raw(self, column: Column) -> NDArray[np.float64]:
        """Return the one-hot columns."""
        return self.encode(column).astype(np.float64)

    def encoder(self, column: Column) -> Encoder:
        """Return a function that encodes slices of a column; one-hot columns are not scaled."""
        chosen, width = self._chosen(column), len(self.outputs)

        def encode(samples: slice) -> NDArray[np.float32]:
            found = chosen[samples]
            flags = np.zeros((len(found), width + 1), np.float32)
            flags[np.arange(len(found)), found] = 1
            return flags[:, :width]

        return encode

    def means(self, column: Column) -> Floats:
        """Return each output's share of a column's samples."""
        width = len(self.outputs)
        counts = np.bincount(self._chosen(column), minlength=width + 1)[:width]
        return tuple((counts / len(column)).tolist())

    def _chosen(self, column: Column) -> NDArray[np.int32]:
        """Return the index of the output that is 1 for each sample; one beyond the last if there is none."""
        labels, codes = column.classes()
        index = {level: number for number, level in enumerate(self.levels)}
        width = len(self.outputs)
        other = len(self.levels) if self.rare else width
        missing = width - self._missing_column if self.fill is None else index.get(self.fill, other)
        return np.array([*(index.get(label, other) for label in labels), missing], np.int32)[codes]

    def unseen(self, column: Column) -> Mapping[str, int]:
        """Return the values that no training sample had, with the number of samples that have them."""
        labels, codes = column.classes()
        known = {*self.levels, *self.rare}
        counts = np.bincount(codes[codes >= 0], minlength=len(labels))
        return {label: int(n) for label, n in zip(labels, counts, strict=True) if n and label not in known}

    @property
    def _missing_column(self) -> bool:
        return self.fill is None and self.missing > 0


KINDS: dict[str, type[Treatment]] = {
    treatment.kind: treatment for treatment in (NumberTreatment, DateTreatment, CategoryTreatment)
}


def from_json(content: dict[str, Any]) -> Treatment:
    """Create a treatment from the result of :meth:`Treatment.as_json`."""
    fields: dict[str, Any] = {}
    for name, value in content.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
    return KINDS[fields.pop("kind")](**fields)


def _imputed(treatment: Treatment, filled: str) -> str:
    how = "" if treatment.imputing == "category" else treatment.imputing.replace("_", " ") + " "
    flag = " with an indicator" if getattr(treatment, "indicator", False) else ""
    return f"; missing: {how}{filled}{flag}"
