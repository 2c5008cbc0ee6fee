"""Fits the treatments of a table's columns on the training samples, with the results of scikit-learn.

What nearly every column needs is implemented here with identical results, since importing scikit-learn takes
longer than fitting a million samples.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.readers.table import Column
from engine.errors import DataError
from engine.experiment.model import ColumnSettings, Data
from engine.features.scaling import fit_scaling, standard
from engine.features.treatments import CategoryTreatment, DateTreatment, NumberTreatment, Treatment

MOST_LEVELS = 100
"""Maximum number of a category's values that get a column each; less frequent ones share one."""

RARE_SHARE = 1000
"""A value is rare if fewer than one in this many training samples, or only a single sample, has it."""


def fit_treatment(column: Column, role: str, data: Data) -> Treatment:
    """Fit the treatment of a column with this role on the column of the training samples.

    Raises DataError with the column's name if its settings do not fit it.
    """
    settings = data.columns.get(column.name, ColumnSettings())
    fit = {"number": _number, "date": _date, "category": _category}[role]
    treatment = fit(column, settings, settings.scaling or data.scaling)
    return replace(treatment, mean=treatment.means(column))


def _number(column: Column, settings: ColumnSettings, scaling: str) -> Treatment:
    values = column.values.astype(np.float64)
    gaps = bool(column.missing.any())
    values[column.missing] = np.nan
    how = settings.missing or "median"
    fill = _fill_number(column, values, how, settings)
    if settings.scaling is None and scaling == "standard" and _flags(values[~column.missing] if gaps else values):
        scaling = "flags"
    filled = np.where(column.missing, fill, values) if gaps else values
    center, scale, power = fit_scaling(column.name, filled, scaling)
    indicator = settings.indicator and gaps
    return NumberTreatment(
        name=column.name,
        imputing=how,
        missing=int(column.missing.sum()),
        scaling=scaling,
        fill=fill,
        indicator=indicator,
        power=power,
        center=(center, 0.0)[: 1 + indicator],
        scale=(scale, 1.0)[: 1 + indicator],
    )


def _flags(values: NDArray[np.float64]) -> bool:
    """Whether all values are 0 or 1; the first values suffice to rule this out for most columns."""
    return all(bool(((part == 0) | (part == 1)).all()) for part in (values[:100], values))


def _fill_number(column: Column, values: NDArray[np.float64], how: str, settings: ColumnSettings) -> float:
    if how == "constant":
        if isinstance(settings.fill, str):
            raise DataError(f"data.columns.{column.name}.fill is text, and the column's role is number")
        return float(settings.fill or 0)
    if how == "category":
        raise DataError(
            f"data.columns.{column.name}.missing = 'category' is for categories, and the column's role is number"
        )
    if not len(values) or column.missing.all():
        return 0.0
    if how in ("median", "mean"):
        known = values[~column.missing] if column.missing.any() else values
        return float(np.median(known) if how == "median" else known.mean())
    from sklearn.impute import SimpleImputer

    return float(SimpleImputer(strategy=how).fit(values[:, None]).statistics_[0])


def _date(column: Column, settings: ColumnSettings, _scaling: str) -> Treatment:
    seconds = column.values.astype("datetime64[s]").astype(np.int64)
    known = seconds[~column.missing]
    how = settings.missing or "median"
    if how not in ("median", "most_frequent"):
        raise DataError(f"data.columns.{column.name}.missing = {how!r}: a date takes median or most_frequent")
    indicator = settings.indicator and bool(column.missing.any())
    fitted = DateTreatment(
        name=column.name,
        imputing=how,
        missing=int(column.missing.sum()),
        start=int(known.min(initial=np.iinfo(np.int64).max)) if len(known) else 0,
        fill=_fill_date(known, how),
        indicator=indicator,
        pattern="".join(column.spellings),
        center=(),
        scale=(),
    )
    scaled = [standard(part) for part in fitted.raw(column).T[:5]]
    centers, scales = zip(*scaled, strict=True)
    return replace(fitted, center=(*centers, *[0.0] * indicator), scale=(*scales, *[1.0] * indicator))


def _fill_date(known: NDArray[np.int64], how: str) -> int:
    if not len(known):
        return 0
    if how == "median":
        return int(np.partition(known, len(known) // 2)[len(known) // 2])
    values, counts = np.unique(known, return_counts=True)
    return int(values[counts.argmax()])


def _category(column: Column, settings: ColumnSettings, _scaling: str) -> Treatment:
    labels, codes = column.classes()
    how = settings.missing or "category"
    fill = _fill_category(column, labels, codes, how, settings)
    known = np.where(codes < 0, labels.index(fill), codes) if fill in labels else codes[codes >= 0]
    levels, rare = _levels(known, settings.rare or max(2, -(-len(codes) // RARE_SHARE)))
    outputs = len(levels) + bool(len(rare)) + (fill is None and bool(column.missing.any()))
    return CategoryTreatment(
        name=column.name,
        imputing=how,
        missing=int(column.missing.sum()),
        levels=tuple(labels[code] for code in levels),
        rare=tuple(labels[code] for code in rare),
        fill=fill,
        center=(0.0,) * outputs,
        scale=(1.0,) * outputs,
    )


def _levels(codes: NDArray[np.int64], least: int) -> tuple[list[int], list[int]]:
    """Return the codes that get a column each, and the rare ones, as in scikit-learn's OneHotEncoder.

    ``least`` is its ``min_frequency`` and MOST_LEVELS its ``max_categories``.
    """
    counts = np.bincount(codes)
    present = np.flatnonzero(counts)
    rare = counts[present] < least
    if len(present) - rare.sum() + 1 > MOST_LEVELS:
        rare[np.argsort(counts[present], kind="stable")[: -(MOST_LEVELS - 1)]] = True
    return present[~rare].tolist(), present[rare].tolist()


def _fill_category(
    column: Column, labels: tuple[str, ...], codes: NDArray[np.int64], how: str, settings: ColumnSettings
) -> str | None:
    if how == "category":
        return None
    if how == "constant":
        return str(settings.fill if settings.fill is not None else "")
    if how == "most_frequent":
        counts: Any = np.bincount(codes[codes >= 0], minlength=len(labels))
        return labels[int(counts.argmax())] if len(labels) else ""
    raise DataError(
        f"data.columns.{column.name}.missing = {how!r} is for numbers, and the column's role is category: use "
        "category, most_frequent or constant"
    )
