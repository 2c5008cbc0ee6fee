"""House prices: Boston (Harrison and Rubinfeld 1978) and California (Pace and Barry 1997)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import locations, tabular
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.locations import Source
from engine.datasets.readers import keras_npz
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.experiment.model import Data
from engine.system import paths

BOSTON = ("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT")
CALIFORNIA = ("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude")

_PACKAGED = Path(__file__).with_name("boston_housing.csv")
"""The 506 samples as published (public data): 13 columns and the median price."""

Arrays = tuple[NDArray[Any], NDArray[Any]]


def sources_of(name: str) -> tuple[Source, ...]:
    """Return the possible locations of a set, best first."""
    found = locations.sources(CATALOGUE[name].file)
    if name == "boston":
        return (*found, Source("packaged", str(_PACKAGED), _PACKAGED.is_file(), "carried by the workbench"))
    fetched = _scikit_learn()
    note = "where scikit-learn has fetched the set"
    return (*found, Source("scikit-learn's cache", str(fetched), fetched.is_file(), note))


def load(data: Data, _seed: int) -> Preparation[Dataset]:
    """Load the set from the best source, with Keras's own split into training and test samples."""
    name, entry = data.dataset, CATALOGUE[data.dataset]
    yield Preparing(f"reading {entry.title}")
    missing = f"{entry.title} is not on this machine: `workbench data get {name}` downloads it"
    source = locations.best(sources_of(name), missing)
    path = Path(source.path)
    samples, targets = _read(path) if name == "boston" else _california(path)
    names = BOSTON if name == "boston" else CALIFORNIA
    tabular.checked(path, samples, targets, len(names))
    return tabular.dataset(entry, samples, targets, names, tabular.keras_split(len(samples), data), source.name)


def _read(path: Path) -> Arrays:
    if path.suffix == ".npz":
        return keras_npz.flat(path, "x"), keras_npz.flat(path, "y")
    try:
        table = np.genfromtxt(path, delimiter=",", skip_header=1, dtype=np.float64)
        return table[:, :-1], table[:, -1]
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path} is damaged: install the workbench again") from error


def _california(path: Path) -> Arrays:
    if path.suffix != ".npz":
        return _fetched(path)
    samples, prices = _read(path)
    tabular.checked(path, samples, prices, len(CALIFORNIA))
    if samples[:, 0].max() < 0:
        samples = _per_household(samples)
    return samples, prices / 100_000 if prices.max() > 1000 else prices


def _per_household(samples: NDArray[Any]) -> NDArray[Any]:
    """Convert the census's columns in Keras's file to numbers per household, as in scikit-learn.

    The order of columns is: longitude, latitude, age, rooms, bedrooms, population, households, income.
    """
    longitude, latitude, age, rooms, bedrooms, people, households, income = samples.T
    per_household = (rooms / households, bedrooms / households, people, people / households)
    return np.stack([income, age, *per_household, latitude, longitude], axis=1)


def _fetched(path: Path) -> Arrays:
    from sklearn.datasets import fetch_california_housing

    try:
        return fetch_california_housing(download_if_missing=False, return_X_y=True)  # type: ignore[no-any-return]
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path}, scikit-learn's copy, is damaged: remove it") from error


def _scikit_learn() -> Path:
    """Return the path where ``sklearn.datasets.fetch_california_housing`` stores its download."""
    home = paths.expanded(os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data")
    return home / "cal_housing_py3.pkz"
