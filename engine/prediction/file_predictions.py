"""Predictions for a whole file, written as CSV with a probability for each class."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets.dataset import RawSamples, take
from engine.datasets.ragged import Ragged
from engine.datasets.readers.encodings import spoken
from engine.datasets.readers.formats import file_format, read
from engine.datasets.readers.opening import Encoded, packed, read_text, reading
from engine.datasets.readers.table import Options, Table
from engine.datasets.sources.own_sparse import matrix_of
from engine.datasets.sources.own_table import options_of
from engine.errors import DataError, listed
from engine.events import Preparation, Preparing
from engine.experiment.model import Data
from engine.features import Features
from engine.features.input_tables import aligned
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures
from engine.features.text import TextFeatures
from engine.features.treatments import CategoryTreatment, DateTreatment, NumberTreatment
from engine.prediction.answers import Prediction, interpret
from engine.prediction.predictor import Predictor
from engine.system.atomic_write import whole

CHUNK = 8192
"""Number of samples predicted and written at once."""


@dataclass(frozen=True, slots=True)
class FilePredictions:
    """The number of predicted samples, and notes on the file."""

    samples: int
    notes: tuple[str, ...]


def predict_file(predictor: Predictor, path: Path, out: Path) -> Preparation[FilePredictions]:
    """Predict every sample of a file and write a line for each to ``out``, atomically.

    Raises DataError for a file that cannot be read or lacks what the network reads, EngineError if ``out`` cannot
    be written.
    """
    features = predictor.features
    samples, notes = yield from _samples(features, predictor.experiment.data, path)
    with whole(out) as file:
        file.write(_line(_heading(features)))
        for start in range(0, len(samples), CHUNK):
            yield Preparing("predicting", start, len(samples))
            indices = np.arange(start, min(start + CHUNK, len(samples)))
            for outputs in predictor.outputs(take(samples, indices)):
                answer = interpret(tuple(outputs.tolist()), features.labels, predictor.decision)
                file.write(_line(_cells(answer, features)))
    return FilePredictions(len(samples), notes)


def _samples(features: Features, data: Data, path: Path) -> Preparation[tuple[RawSamples, tuple[str, ...]]]:
    if isinstance(features, SparseColumns):
        return _sparse(features, path)
    if isinstance(features, TextFeatures) and path.suffix.lower() == ".txt":
        return (yield from _lines(features, path))
    table = yield from read(path, _options(features, data))
    if isinstance(features, TableFeatures):
        found, notes = aligned(features, table)
        return found, (*table.notes, *notes)
    if isinstance(features, TextFeatures):
        return _texts(features, data, table, path)
    return _numbers(features, table, path)


def _options(features: Features, data: Data) -> Options:
    """Return the options for reading the file, with the run's columns of text, dates and numbers."""
    texts: Sequence[str] = [features.text_column] if isinstance(features, TextFeatures) else []
    treatments = features.treatments if isinstance(features, TableFeatures) else ()
    if isinstance(features, TableFeatures):
        categories = (one.name for one in treatments if isinstance(one, CategoryTreatment))
        texts = [*categories, *features.text_columns]
    dates = ((one.name, one.pattern) for one in treatments if isinstance(one, DateTreatment) and one.pattern)
    numbers = (one.name for one in treatments if isinstance(one, NumberTreatment))
    return replace(options_of(data, texts), dates=tuple(dates), as_number=tuple(numbers))


def _numbers(features: Features, table: Table, path: Path) -> tuple[RawSamples, tuple[str, ...]]:
    """Read the columns of a network from a file that must contain all of them, without missing values."""
    if lacking := [name for name in features.names if name not in table.names]:
        raise DataError(f"{path} lacks columns that the run reads: {', '.join(listed(lacking))}")
    columns = [table.column(name) for name in features.names]
    for column in columns:
        if column.kind not in ("number", "boolean") or column.missing.any():
            bad = column.missing if column.kind in ("number", "boolean") else np.ones(len(column), bool)
            line = int(table.lines[int(bad.argmax())])
            raise DataError(
                f"{path}: the column {column.name!r} has to hold a number in every row; see line {line}"
            )
    extra = [name for name in table.names if name not in features.names]
    notes = (f"Columns that the network does not read: {', '.join(listed(extra))}.",) if extra else ()
    return np.stack([column.values.astype(np.float64) for column in columns], axis=1), (*table.notes, *notes)


def _texts(features: TextFeatures, data: Data, table: Table, path: Path) -> tuple[RawSamples, tuple[str, ...]]:
    wanted = features.text_column or data.text
    texts = {column.name: column.texts() for column in table.columns if column.kind == "text"}
    if not texts:
        raise DataError(f"{path} has no column of text, and the run reads text")
    name = wanted if wanted in texts else max(texts, key=lambda name: sum(map(len, texts[name])))
    notes = [f"The text is the column {name!r}, the longest: none is called {wanted!r}."]
    if name == wanted or not wanted:
        notes = [f"The text is the column {name!r}."]
    return Ragged.of([features.ids(text) for text in texts[name]]), (*table.notes, *notes)


def _lines(features: TextFeatures, path: Path) -> Preparation[tuple[RawSamples, tuple[str, ...]]]:
    with reading(path, "texts"):
        content, encoding = yield from read_text(packed(path), None, _content)
    lines = content.removesuffix("\n").split("\n") if content else []
    notes = ["Each line is read as a text."]
    notes += [f"The encoding is {spoken(encoding)}."] * (not encoding.startswith("utf-8"))
    return Ragged.of([features.ids(line) for line in lines]), tuple(notes)


def _content(text: Encoded) -> Preparation[tuple[str, str]]:
    """Return the content of a text file and its encoding."""
    path, blocks = text.packed.path, []
    for block, done in text.blocks():
        yield Preparing(f"reading {path.name}", done, path.stat().st_size)
        blocks.append(block)
    return b"".join(blocks).decode().removeprefix("\ufeff"), text.encoding


def _sparse(features: SparseColumns, path: Path) -> tuple[RawSamples, tuple[str, ...]]:
    if file_format(path) != "svmlight":
        raise DataError(f"{path} is not in svmlight's format, which the run reads")
    matrix, _, _ = matrix_of(path)
    return _columns_of(features, matrix), tuple(_sparse_notes(features, matrix))


def sparse_sample(features: SparseColumns, text: str) -> tuple[Ragged, tuple[str, ...]]:
    """Parse a line of ``index:value`` pairs, as in svmlight's files; also return notes on what is not read.

    Raises DataError for anything else, including a target before the pairs.
    """
    from sklearn.datasets import load_svmlight_file

    line = f"0 {' '.join(text.split())}\n".encode()
    try:
        if not text.strip():
            raise ValueError("there are none")
        matrix, _ = load_svmlight_file(io.BytesIO(line), dtype=np.float64, zero_based=True)
    except ValueError as error:
        example = " ".join(f"{name}:0.5" for name in features.names[:2])
        raise DataError(
            f"the sample is not index:value pairs with ascending indices, such as {example!r}: {error}"
        ) from error
    if not (np.abs(matrix.data) <= np.finfo(np.float32).max).all():
        raise DataError("the sample holds a number that is not finite")
    return _columns_of(features, matrix), tuple(_sparse_notes(features, matrix))


def _columns_of(features: SparseColumns, matrix: Any) -> Ragged:
    """Return the samples of a matrix whose first column has index 0."""
    first = int(features.names[0])
    matrix = matrix[:, first : first + features.width].sorted_indices()
    return Ragged(matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64), matrix.data.astype("f4"))


def _sparse_notes(features: SparseColumns, matrix: Any) -> Iterator[str]:
    """Return notes on values in a matrix (first column: index 0) that the network does not read."""
    first = int(features.names[0])
    if first and (zeros := int((matrix.indices == 0).sum())):
        yield f"The training file counts columns from 1: {zeros:,} values of the index 0 are not read."
    if not first and len(matrix.indices) and not (matrix.indices == 0).any():
        yield "The training file counts columns from 0, and so is this file read: it has no index 0."
    if (beyond := matrix.shape[1] - first - features.width) > 0:
        yield f"{beyond:,} columns beyond those of the training samples are not read."


def _heading(features: Features) -> Sequence[str]:
    return ("prediction", *(f"probability {label}" for label in features.labels))


def _cells(prediction: Prediction, features: Features) -> Iterator[str]:
    if not features.labels:
        yield f"{prediction.value:.{features.target.digits}g}"
        return
    yield prediction.label
    outputs = prediction.outputs
    probabilities = (1 - outputs[0], outputs[0]) if len(outputs) == 1 else outputs[: len(features.labels)]
    yield from (f"{probability:.7g}" for probability in probabilities)


def _line(cells: Sequence[str] | Iterator[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(list(cells))
    return text.getvalue().encode()
