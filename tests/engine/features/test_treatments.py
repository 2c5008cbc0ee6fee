"""Treatments of columns, against scikit-learn's own transformers, and what is saved of them."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import yeojohnson
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, RobustScaler, StandardScaler

from engine.datasets.readers.table import Column, Reading, Table
from engine.datasets.readers.texts import Texts
from engine.errors import DataError
from engine.experiment.model import ColumnSettings, Data
from engine.features import treatments
from engine.features.scaling import standard
from engine.features.table import TableFeatures
from engine.features.treatment_fitting import _levels, fit_treatment

RANDOM = np.random.default_rng(1)
VALUES = np.where(RANDOM.random(200) < 0.1, np.nan, RANDOM.gamma(2, 1000, 200))
TRAIN, HELD_OUT = np.arange(150), np.arange(150, 200)


def numbers(values: Any, name: str = "x") -> Column:
    array = np.asarray(values)
    return Column(name, "number", array, np.isnan(array.astype(float)))


def texts(values: list[str | None], name: str = "x") -> Column:
    return Column(name, "text", Texts.of(values), np.array([value is None for value in values]))


def settings(**of_x: Any) -> Data:
    return Data(columns={"x": ColumnSettings(**of_x)})


@pytest.mark.parametrize("how", ["median", "mean", "most_frequent"])
@pytest.mark.parametrize(
    ("scaling", "scaler"),
    [("standard", StandardScaler()), ("robust", RobustScaler()), ("power", PowerTransformer())],
)
def test_numbers_are_imputed_and_scaled_as_scikit_learn_does(how: str, scaling: str, scaler: Any) -> None:
    column = numbers(VALUES)
    fitted = fit_treatment(column.take(TRAIN), "number", settings(missing=how, scaling=scaling))
    pipeline = make_pipeline(SimpleImputer(strategy=how), scaler).fit(VALUES[TRAIN, None])
    encoded = fitted.encode(column.take(HELD_OUT))
    assert encoded[:, 0] == pytest.approx(pipeline.transform(VALUES[HELD_OUT, None])[:, 0], rel=1e-5, abs=1e-6)
    assert encoded[:, 1].tolist() == np.isnan(VALUES[HELD_OUT]).tolist()
    assert fitted.outputs == ("x", "x missing")
    assert treatments.from_json(fitted.as_json()) == fitted


@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60)
    | st.tuples(st.floats(-1e12, 1e12), st.integers(1, 60)).map(lambda one: [one[0]] * one[1])
)
def test_mean_and_deviation_are_those_of_scikit_learn(found: list[float]) -> None:
    values = np.array(found)
    scaler = StandardScaler().fit(values[:, None])
    center, scale = standard(values)
    assert center == pytest.approx(float(scaler.mean_[0]), rel=1e-12, abs=1e-9)
    assert scale == pytest.approx(float(scaler.scale_[0]), rel=1e-9, abs=1e-9)


def test_a_column_whose_power_is_infinite_is_refused_by_name() -> None:
    column = numbers(np.append(np.linspace(1, 2, 199), 1e300))
    with pytest.raises(DataError, match=r"power scaling does not fit the column 'x' .*by standard or robust"):
        fit_treatment(column, "number", settings(scaling="power"))


@pytest.mark.parametrize("exponent", [None, -1.0016, 0.8288], ids=["installed", "SciPy 1.17", "SciPy 1.18"])
def test_power_scaling_keeps_large_close_numbers_apart_or_refuses_their_column(
    exponent: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SciPy below 1.18 finds an exponent for them that makes them all alike; from 1.18 on it finds a good one."""
    column = numbers(np.float32(1.7e9 + np.linspace(0, 1e5, 200)))
    values = column.values.astype(np.float64)
    if exponent is None:
        exponent = float(PowerTransformer(standardize=False).fit(values[:, None]).lambdas_[0])
    found = SimpleNamespace(lambdas_=np.array([exponent]))
    monkeypatch.setattr(PowerTransformer, "fit", lambda *_: found)
    refused = pytest.raises(DataError, match=r"does not fit the column 'x' \(its exponent would be -1\): scale it")
    alike = np.ptp(yeojohnson(values, exponent)) < 1e-9
    with refused if alike else nullcontext():
        encoded = fit_treatment(column, "number", settings(scaling="power")).encode(column)
        assert len(np.unique(encoded)) == len(np.unique(values))


@pytest.mark.parametrize(("scaling", "unit"), [("power", 1e-30), ("standard", 1e-35), ("none", 1e-35)])
def test_a_value_that_scaling_makes_infinite_is_refused_by_name(scaling: str, unit: float) -> None:
    column = numbers(np.append(-(np.linspace(1, 0, 199) ** 3) * unit, 1e300 if scaling == "none" else 1e6))
    fitted = fit_treatment(column.take(np.arange(199)), "number", settings(scaling=scaling))
    assert np.isfinite(fitted.encode(column.take(slice(0, 199)))).all()
    with pytest.raises(DataError, match="the column 'x' holds a value so far from the training samples'"):
        fitted.encode(column)


@given(st.lists(st.integers(0, 150), min_size=1, max_size=600), st.integers(1, 4), st.integers(2, 20))
def test_rare_values_are_those_of_scikit_learn(codes: list[int], least: int, most: int) -> None:
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=least, max_categories=most)
    encoder.fit(np.array(codes)[:, None])
    rare = [] if encoder.infrequent_categories_[0] is None else encoder.infrequent_categories_[0].tolist()
    with patch("engine.features.treatment_fitting.MOST_LEVELS", most):
        kept, together = _levels(np.array(codes), least)
    assert together == rare
    assert kept == sorted(set(codes) - set(rare))


def test_a_column_is_encoded_in_parts_as_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(
        (numbers(VALUES), texts([None if np.isnan(value) else f"{value % 3:.0f}" for value in VALUES], "y")),
        Reading("made"),
        (),
        np.arange(200),
    )
    fitted = (
        fit_treatment(table.columns[0], "number", Data()),
        fit_treatment(table.columns[1], "category", Data()),
    )
    features = TableFeatures(task="binary", labels=("a", "b"), names=("x", "y"), treatments=fitted)
    whole = np.concatenate([one.encode(column) for one, column in zip(fitted, table.columns, strict=True)], axis=1)
    monkeypatch.setattr("engine.features.table.PART", 7)
    monkeypatch.setattr("engine.features.treatments.PART", 7)
    assert np.array_equal(np.asarray(features.encode(table)), whole)
    for one, column in zip(fitted, table.columns, strict=True):
        assert one.means(column) == pytest.approx(one.encode(column).mean(axis=0), abs=1e-6)


def test_a_constant_fills_and_the_indicator_can_be_left_away() -> None:
    fitted = fit_treatment(numbers(VALUES), "number", settings(missing="constant", fill=-1, indicator=False))
    assert fitted.outputs == ("x",)
    assert fitted.described(True) == "standard scaling; missing: constant -1"
    with pytest.raises(DataError, match="fill is text, and the column's role is number"):
        fit_treatment(numbers(VALUES), "number", settings(missing="constant", fill="none"))
    with pytest.raises(DataError, match="'category' is for categories"):
        fit_treatment(numbers(VALUES), "number", settings(missing="category"))


def test_zeros_and_ones_stay_as_they_are_unless_told_otherwise() -> None:
    flags = numbers(np.array([0, 1, 1, 1]))
    assert fit_treatment(flags, "number", Data()).encode(flags)[:, 0].tolist() == [0, 1, 1, 1]
    assert fit_treatment(flags, "number", settings(scaling="standard")).encode(flags)[0, 0] < -1


def test_times_that_are_one_in_float32_stay_different() -> None:
    times = numbers(1_700_000_000 + np.arange(40))
    assert len(np.unique(np.arange(40, dtype=np.float32) + np.float32(1.7e9))) == 1
    assert len(np.unique(fit_treatment(times, "number", Data()).encode(times))) == 40
    dates = Column("x", "date", times.values.astype("datetime64[s]"), np.zeros(40, bool))
    assert len(np.unique(fit_treatment(dates, "date", Data()).encode(dates)[:, 4])) == 40


def test_dates_become_numbers() -> None:
    dates = np.array(["2024-02-29", "2023-01-01", "NaT", "2024-12-31"], "datetime64[s]")
    column = Column("x", "date", dates, np.isnat(dates))
    fitted = fit_treatment(column, "date", Data())
    assert fitted.outputs == (
        *("x year", "x month", "x weekday", "x day of year", "x elapsed days"),
        "x missing",
    )
    assert fitted.raw(column)[:2].tolist() == [[2024, 2, 3, 60, 424, 0], [2023, 1, 6, 1, 0, 0]]
    assert fitted.raw(column)[2, 5] == 1
    assert fitted.encode(column)[:, :5].mean(axis=0) == pytest.approx(0, abs=1e-6)


def test_categories_are_one_hot_with_a_column_for_rare_and_never_seen_values() -> None:
    words = [*"aaaaaaaaaabbbbbbbbbbcdd"]
    column = texts([*words])
    fitted = fit_treatment(column, "category", settings(rare=3))
    assert fitted.outputs == ("x=a", "x=b", "x rare")
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3, sparse_output=False)
    encoder.fit(np.array(words)[:, None])
    new = ["a", "c", "b", "never", "d"]
    assert fitted.encode(texts([*new])).tolist() == encoder.transform(np.array(new)[:, None]).tolist()
    assert fitted.unseen(texts([*new])) == {"never": 1}
    plain = fit_treatment(texts([*"aabb"]), "category", settings(rare=1))
    assert plain.encode(texts(["never"])).tolist() == [[0, 0]]


def test_a_missing_category_is_a_value_of_its_own_or_filled() -> None:
    column = texts([*"aaabb", None])
    own = fit_treatment(column, "category", Data())
    assert own.outputs == ("x=a", "x=b", "x missing")
    assert own.encode(column)[-1].tolist() == [0, 0, 1]
    assert own.described(True) == "one-hot, 2 values; missing: a separate value"
    filled = fit_treatment(column, "category", settings(missing="most_frequent"))
    assert filled.encode(column)[-1].tolist() == [1, 0]
    for one in (own, filled):
        assert treatments.from_json(one.as_json()) == one
    with pytest.raises(DataError, match="'median' is for numbers"):
        fit_treatment(column, "category", settings(missing="median"))
