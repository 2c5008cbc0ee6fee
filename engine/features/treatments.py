"""What is done with one column of a table before a network reads it.

scikit-learn fits the numbers (see :mod:`engine.features.treatment_fitting`); they are kept as plain values,
saved as JSON, and used unchanged in validation, test, folds, predictions and exports.
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
"""Samples that are encoded at once: what they become fits a processor's cache."""

Floats = tuple[float, ...]
Encoder = Callable[[slice], NDArray[np.float32]]
"""Gives the outputs of some samples of a column: float32 of shape (samples, outputs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment(ABC):
    """The treatment of the column ``name``; ``outputs`` are the names of the columns that it becomes.

    An output is ``(raw - center) / scale``. ``mean`` is the mean of each output over the training samples, which
    stands for a column that is left out. ``missing`` counts the training samples in which the column was missing,
    ``imputing`` says how those are filled.
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
        """The names of the columns that this one becomes."""

    @abstractmethod
    def described(self, imputes: bool) -> str:
        """The treatment in words; ``imputes`` tells whether to say how missing values are filled."""

    @abstractmethod
    def raw(self, column: Column) -> NDArray[np.float64]:
        """The column's outputs, not yet scaled: float64 of shape (samples, outputs)."""

    def encode(self, column: Column) -> NDArray[np.float32]:
        """The column's outputs: float32 of shape (samples, outputs)."""
        return self.encoder(column)(slice(None))

    def encoder(self, column: Column) -> Encoder:
        """Encodes a column part by part."""
        center, scale = np.array(self.center), np.array(self.scale)

        def encode(samples: slice) -> NDArray[np.float32]:
            scaled = self.raw(column.take(samples))
            scaled -= center
            scaled /= scale
            return as_float32(scaled, self.outputs)

        return encode

    def means(self, column: Column) -> Floats:
        """The mean of each output over a column's samples."""
        encode, sums = self.encoder(column), np.zeros(len(self.outputs))
        for start in range(0, len(column), PART):
            sums += encode(slice(start, start + PART)).sum(axis=0, dtype=np.float64)
        return tuple((sums / len(column)).tolist())

    def unseen(self, column: Column) -> Mapping[str, int]:
        """Values that no training sample had, with the number of samples that have them."""
        return {}

    def as_json(self) -> dict[str, Any]:
        """The treatment as plain JSON values."""
        return {"kind": self.kind} | asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTreatment(Treatment):
    """Imputes a number, with a column that says where it was missing, and scales it.

    ``power`` is the exponent of Yeo and Johnson's transformation (2000), which comes before the scaling.
    """

    kind: ClassVar[str] = "number"
    scaling: str
    fill: float
    indicator: bool
    power: float | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The column, and where it was missing."""
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    def described(self, imputes: bool) -> str:
        """The scaling, and the imputing where something was missing."""
        scaled = {"none": "as it is", "flags": "0/1 as they are"}.get(self.scaling, f"{self.scaling} scaling")
        return scaled + (_imputed(self, f"{self.fill:.6g}") if imputes else "")

    def raw(self, column: Column) -> NDArray[np.float64]:
        """The number, imputed, and where it was missing."""
        values = np.where(column.missing, self.fill, column.values.astype(np.float64))
        if self.power is not None:
            values = yeo_johnson(values, self.power)
        return np.stack([values, column.missing], axis=1) if self.indicator else values[:, None]  # a copy


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTreatment(Treatment):
    """Makes numbers of a date, each scaled: :data:`DATE_PARTS`; ``start`` and ``fill`` are seconds since 1970.

    ``pattern`` is the strptime pattern of the file's dates, "" where it is not known.
    """

    kind: ClassVar[str] = "date"
    start: int
    fill: int
    indicator: bool
    pattern: str = ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The parts of the date, and where it was missing."""
        parts = tuple(f"{self.name} {part}" for part in DATE_PARTS)
        return (*parts, f"{self.name} missing") if self.indicator else parts

    def described(self, imputes: bool) -> str:
        """The parts, and the imputing where something was missing."""
        filled = _imputed(self, str(np.datetime64(self.fill, "s"))) if imputes else ""
        return ", ".join(DATE_PARTS) + filled

    def raw(self, column: Column) -> NDArray[np.float64]:
        """The parts of the date, imputed, and where it was missing."""
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
    """One column of 0 and 1 for each value; ``rare`` values share one, which takes never-seen values too.

    Without rare values, a never-seen value is 0 in every column. ``fill`` is the value that stands for a missing
    one; None gives missing values a column of their own, where training samples had any.
    """

    kind: ClassVar[str] = "category"
    levels: tuple[str, ...]
    rare: tuple[str, ...]
    fill: str | None

    @property
    def outputs(self) -> tuple[str, ...]:
        """A column for each value, one for rare ones, one for missing ones."""
        names = [f"{self.name}={level}" for level in self.levels]
        names += [f"{self.name} rare"] * bool(self.rare) + [f"{self.name} missing"] * self._missing_column
        return tuple(names)

    def described(self, imputes: bool) -> str:
        """The number of values, and what happens with rare and missing ones."""
        count = len(self.levels)
        words = f"one-hot, {count} value" + ("s" if count != 1 else "")
        words += f" and {len(self.rare)} rare ones together" if self.rare else ""
        own = "a value of its own" if self._missing_column else "0 in every column"
        return words + (_imputed(self, self.fill if self.fill is not None else own) if imputes else "")

    def raw(self, column: Column) -> NDArray[np.float64]:
        """The columns of 0 and 1."""
        return self.encode(column).astype(np.float64)

    def encoder(self, column: Column) -> Encoder:
        """Encodes a column part by part: what it becomes is not scaled."""
        chosen, width = self._chosen(column), len(self.outputs)

        def encode(samples: slice) -> NDArray[np.float32]:
            found = chosen[samples]
            flags = np.zeros((len(found), width + 1), np.float32)
            flags[np.arange(len(found)), found] = 1
            return flags[:, :width]

        return encode

    def means(self, column: Column) -> Floats:
        """The share of a column's samples of each output."""
        width = len(self.outputs)
        counts = np.bincount(self._chosen(column), minlength=width + 1)[:width]
        return tuple((counts / len(column)).tolist())

    def _chosen(self, column: Column) -> NDArray[np.int32]:
        """The output that is 1 for each sample; one beyond the last where none is."""
        labels, codes = column.classes()
        index = {level: number for number, level in enumerate(self.levels)}
        width = len(self.outputs)
        other = len(self.levels) if self.rare else width
        missing = width - self._missing_column if self.fill is None else index.get(self.fill, other)
        return np.array([*(index.get(label, other) for label in labels), missing], np.int32)[codes]

    def unseen(self, column: Column) -> Mapping[str, int]:
        """Values that no training sample had, with the number of samples that have them."""
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
    """The treatment of which :meth:`Treatment.as_json` gave the content."""
    fields: dict[str, Any] = {}
    for name, value in content.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
    return KINDS[fields.pop("kind")](**fields)


def _imputed(treatment: Treatment, filled: str) -> str:
    how = "" if treatment.imputing == "category" else treatment.imputing.replace("_", " ") + " "
    flag = " with an indicator" if getattr(treatment, "indicator", False) else ""
    return f"; missing: {how}{filled}{flag}"
