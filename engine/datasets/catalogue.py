"""The catalogue of data sets: what is known of each before it is read. Cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set of the catalogue.

    ``samples`` is the published number of samples. ``columns`` is 0 for text; ``labels`` is empty for regression.
    ``file`` is the Keras file that ``get`` downloads, empty if none is needed. ``loss`` is the course's loss,
    empty if it is the usual one for the task. ``noun`` is what a sample is called.
    """

    name: str
    title: str
    samples: int
    columns: int
    labels: tuple[str, ...]
    about: str
    notes: tuple[str, ...] = ()
    target: str = ""
    file: str = ""
    loss: str = ""
    noun: str = "sample"

    @property
    def kind(self) -> Literal["text", "columns"]:
        """The kind of the samples."""
        return "columns" if self.columns else "text"

    @property
    def classes(self) -> int:
        """The number of classes, 0 for regression."""
        return len(self.labels)

    @property
    def task(self) -> Literal["binary", "classes", "regression"]:
        """The kind of prediction task."""
        return "regression" if not self.labels else "binary" if self.classes == 2 else "classes"


_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton "
    "carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock "
    "retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)
TOPICS = tuple(_TOPICS.split(" "))
"""The published names of the Reuters topics, by their numbers (``keras.datasets.reuters.get_label_names``)."""


CATALOGUE: Mapping[str, Entry] = {
    found.name: found
    for found in (
        Entry(
            "imdb", "IMDB", 50_000, 0, ("negative", "positive"),
            "Movie reviews, half of them positive (Maas et al. 2011): is a review for or against the film?",
            file="imdb.npz", noun="review",
        ),
        Entry(
            "reuters", "Reuters", 11_228, 0, TOPICS,
            "Short newswires of 1986 and 1987, each of one of 46 topics, most of them rare.",
            file="reuters.npz", loss="categorical_crossentropy", noun="newswire",
        ),
        Entry(
            "boston", "Boston housing", 506, 13, (),
            "Median house prices in suburbs of Boston in the 1970s, from 13 columns for each suburb.",
            ("This set is contested: its column B rests on the assumption that racial segregation raises "
            "prices, and its prices are capped at 50. Use it to follow the course, not to draw conclusions; "
            "California housing is an alternative.",),
            target="median price in $1000s", file="boston_housing.npz",
        ),
        Entry(
            "california", "California housing", 20_640, 8, (),
            "Median house values of the 20,640 block groups of California's 1990 census, from 8 columns each.",
            target="median house value in $100,000s", file="california_housing.npz",
        ),
        Entry(
            "digits", "Digits", 1797, 64, tuple("0123456789"),
            "Handwritten digits as 8 x 8 pixels of 17 greys: which digit is it?",
        ),
        Entry(
            "breast_cancer", "Breast cancer", 569, 30, ("malignant", "benign"),
            "Measurements of cell nuclei in breast tissue: is the growth malignant or benign?",
        ),
        Entry(
            "wine", "Wine", 178, 13, ("class 0", "class 1", "class 2"),
            "Chemical analyses of wines from three growers in one region: whose wine is it?",
        ),
        Entry(
            "diabetes", "Diabetes", 442, 10, (),
            "Ten baseline measurements of 442 patients, and how far their diabetes had come a year later.",
            target="progression after one year",
        ),
    )
}  # fmt: skip
"""All data sets with a name, in teaching order."""


def entry(dataset_name: str) -> Entry | None:
    """Return the catalogue's entry with this name; None for a path or an unknown name."""
    return CATALOGUE.get(dataset_name)


def noun(dataset: str, kind: str = "") -> str:
    """What a sample of a data set is called: of the catalogue's by its entry, of others by their ``kind``."""
    found = CATALOGUE.get(dataset)
    return found.noun if found else "text" if kind == "text" else "sample"
