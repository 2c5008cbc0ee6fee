"""Explains how one sample is encoded: text, words, ids, bag or padded sequence, or columns; tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, sample_at
from engine.datasets.ragged import Ragged
from engine.datasets.text import UNKNOWN, tokenise
from engine.features.base import Features
from engine.features.sequence import Sequence
from engine.features.table import TableFeatures
from engine.features.text import TextFeatures

SHOWN_IDS = 40
"""Maximum number of ids shown in a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sample's encoding: its name, the sample after the step, and a remark."""

    name: str
    shown: str
    remark: str = ""


def encoding(dataset: Dataset, features: Features, index: int) -> tuple[Step, ...]:
    """Return the steps from the sample at ``index`` to its tensor, and its target."""
    sample = sample_at(dataset.samples, index)
    if isinstance(features, TextFeatures):
        steps = _text_steps(dataset, features, sample, index)
    else:
        steps = _column_steps(features, sample)
    sizes = ", ".join(map(str, ("samples of the batch", *features.shape)))
    kind = {"bag": "float32, sparse", "sequence": "int32", "columns": "float32"}[features.form]
    return (*steps, Step("tensor", f"({sizes})", kind), _target_step(dataset, index))


def _text_steps(dataset: Dataset, features: TextFeatures, ids: NDArray[Any], index: int) -> tuple[Step, ...]:
    original = dataset.original(index) if dataset.original else None
    columns = features.columns(Ragged.of([ids])).values
    words = tokenise(original) if original is not None else list(map(features.word, columns[1:].tolist()))
    unknown = int((columns == UNKNOWN).sum())
    return (
        Step("text", original if original is not None else "", "" if original else "the source has ids only"),
        Step("words", " ".join(words), f"{len(words):,} words: lower case, without punctuation"),
        Step(
            "ids",
            _listed(columns),
            f"1 start, then each word's rank + 3; 2 for the {unknown:,} that are not among the "
            f"{features.size:,} ids",
        ),
        _sequence_step(features, ids) if isinstance(features, Sequence) else _bag_step(features, ids),
    )


def _bag_step(features: TextFeatures, ids: NDArray[Any]) -> Step:
    bag = features.encode(Ragged.of([ids]))
    columns = f"{len(bag.values):,} of {features.size:,} columns"
    if bag.weights is None:
        return Step(features.encoding, _listed(bag.values), f"{columns} are 1: those of the ids that occur")
    what = (
        "how often it occurs"
        if features.encoding == "count"
        else "how often, times its inverse document frequency"
    )
    shown = _weighted(bag, SHOWN_IDS) + _more(len(bag.values))
    return Step(features.encoding, shown, f"{columns}: the id, and {what}")


def _weighted(bag: Ragged, most: int | None = None) -> str:
    pairs = zip(bag.values[:most].tolist(), bag.amounts[:most].tolist(), strict=True)
    return " ".join(f"{column}:{weight:.3g}" for column, weight in pairs)


def _sequence_step(features: Sequence, ids: NDArray[Any]) -> Step:
    sample = features.encode(Ragged.of([ids]))
    padding, cut = features.length - len(sample.values), len(ids) - len(sample.values)
    done = f"{padding:,} zeros in front" if padding else f"the first {cut:,} ids are cut off" if cut else "it fits"
    zeros = "0 … 0 " if padding > 1 else "0 " * padding
    return Step("padded", zeros + _listed(sample.values), f"exactly {features.length:,} ids: {done}")


def _column_steps(features: Features, sample: Any) -> tuple[Step, ...]:
    encoded = features.encode_samples([sample])
    if isinstance(encoded, Ragged):
        shown = _weighted(encoded)
        remark = f"{len(encoded.values):,} of {features.size:,} columns are not 0"
    else:
        names = features.outputs if isinstance(features, TableFeatures) else features.names
        shown = " ".join(f"{name} {value:.3g}" for name, value in zip(names, encoded[0].tolist(), strict=True))
        remark = _scaling_words(features)
    words = features.words(sample)
    return Step("columns", features.decode(sample), f"{len(words)} columns"), Step("scaled", shown, remark)


def _scaling_words(features: Features) -> str:
    return {
        "standard": "minus the mean, divided by the standard deviation, of the training samples",
        "robust": "minus the median, divided by the interquartile range, of the training samples",
        "none": "not scaled",
    }.get(features.encoding, "each column by its treatment, fitted on the training samples")


def _target_step(dataset: Dataset, index: int) -> Step:
    target = dataset.targets[index]
    if not dataset.labels:
        return Step("target", f"{float(target):.6g}", dataset.target)
    return Step("target", str(int(target)), f"stands for {dataset.labels[int(target)]}")


def _listed(ids: NDArray[Any]) -> str:
    return " ".join(map(str, ids[:SHOWN_IDS].tolist())) + _more(len(ids))


def _more(number: int) -> str:
    return f" … {number - SHOWN_IDS:,} more" if number > SHOWN_IDS else ""
