"""The catalogue of data sets: what is known of each before it is read. Cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set of the catalogue: its form, and the output layer, loss and metrics it proposes.

    ``rows`` is the published number of rows, ``classes`` 0 for regression, ``columns`` 0 for text.
    ``file`` is the file of Keras's that ``get`` downloads, empty where the data set needs none.
    """

    name: str
    title: str
    kind: Literal["text", "columns"]
    task: Literal["binary", "classes", "regression"]
    samples: int
    classes: int
    columns: int
    labels: tuple[str, ...]
    loss: str
    output_units: int
    output_activation: str
    metrics: tuple[str, ...]
    about: str
    notes: tuple[str, ...] = ()
    target: str = ""
    file: str = ""


_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton "
    "carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock "
    "retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)
TOPICS = tuple(_TOPICS.split(" "))
"""The published names of the Reuters topics, by their numbers (``keras.datasets.reuters.get_label_names``)."""


def _regression(name: str, title: str, count: int, columns: int, target: str, about: str, **more: str) -> Entry:
    notes = tuple(filter(None, (more.pop("note", ""),)))
    return Entry(
        name, title, "columns", "regression", count, 0, columns, (), "mse", 1, "linear", ("mae",), about, notes,
        target=target, **more,
    )  # fmt: skip


def _classes(name: str, title: str, count: int, columns: int, labels: tuple[str, ...], about: str) -> Entry:
    binary = len(labels) == 2
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    return Entry(
        name, title, "columns", "binary" if binary else "classes", count, len(labels), columns, labels, loss,
        1 if binary else len(labels), "sigmoid" if binary else "softmax", ("accuracy",), about,
    )  # fmt: skip


CATALOGUE: Mapping[str, Entry] = {
    found.name: found
    for found in (
        Entry(
            "imdb", "IMDB", "text", "binary", 50_000, 2, 0, ("negative", "positive"), "binary_crossentropy",
            1, "sigmoid", ("accuracy",),
            "Movie reviews, half of them positive (Maas et al. 2011): is a review for or against the film?",
            file="imdb.npz",
        ),
        Entry(
            "reuters", "Reuters", "text", "classes", 11_228, 46, 0, TOPICS, "categorical_crossentropy",
            46, "softmax", ("accuracy",),
            "Short newswires of 1986 and 1987, each of one of 46 topics, most of them rare.",
            file="reuters.npz",
        ),
        _regression(
            "boston", "Boston housing", 506, 13, "median price in $1000s",
            "Median house prices in suburbs of Boston in the 1970s, from 13 columns for each suburb.",
            note="This set is contested: its column B rests on the assumption that racial segregation raises "
            "prices, and its prices are capped at 50. Use it to follow the course, not to draw conclusions; "
            "California housing stands beside it.",
            file="boston_housing.npz",
        ),
        _regression(
            "california", "California housing", 20_640, 8, "median house value in $100,000s",
            "Median house values of the 20,640 block groups of California's 1990 census, from 8 columns each.",
            file="california_housing.npz",
        ),
        _classes(
            "digits", "Digits", 1797, 64, tuple("0123456789"),
            "Handwritten digits as 8 x 8 pixels of 17 greys: which digit is it?",
        ),
        _classes(
            "breast_cancer", "Breast cancer", 569, 30, ("malignant", "benign"),
            "Measurements of cell nuclei in breast tissue: is the growth malignant or benign?",
        ),
        _classes(
            "wine", "Wine", 178, 13, ("class 0", "class 1", "class 2"),
            "Chemical analyses of wines from three growers in one region: whose wine is it?",
        ),
        _regression(
            "diabetes", "Diabetes", 442, 10, "progression after one year",
            "Ten baseline measurements of 442 patients, and how far their diabetes had come a year later.",
        ),
    )
}  # fmt: skip
"""Every data set that has a name, in teaching order."""


def entry(dataset_name: str) -> Entry | None:
    """The catalogue's entry of that name; None for a person's own path or an unknown name."""
    return CATALOGUE.get(dataset_name)
