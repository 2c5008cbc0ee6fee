"""A user's own data in an exported script: unsupported cases, and the check that it reads the run's samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, take
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.errors import EngineError
from engine.experiment.model import InputForm
from engine.exporting.keras_script_formats import can_read
from engine.features import Features
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures
from engine.features.text import TextFeatures
from engine.features.treatments import Treatment
from engine.runs import RunRecord


@dataclass(frozen=True, slots=True)
class OwnData:
    """A user's own data set, and the features of the run that was trained on it."""

    dataset: Dataset
    features: Features

    @property
    def table(self) -> Table:
        """The file's table without the rows that have no target; only for tables."""
        assert self.dataset.table is not None
        return self.dataset.table.table

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns of text."""
        facts = self.dataset.table
        return tuple(one.name for one in facts.roles if one.role == "text") if facts else ()

    @property
    def form(self) -> InputForm:
        """The form of the script's samples: arrays of columns if there are any, including those of texts."""
        return self.features.form if isinstance(self.features, TextFeatures) else "columns"

    @property
    def reads_text(self) -> bool:
        """Whether the network reads words."""
        return isinstance(self.features, TextFeatures) or self.beside

    @property
    def beside(self) -> bool:
        """Whether the network reads text together with other columns."""
        return isinstance(self.features, TableFeatures) and self.features.text is not None

    @property
    def sparse(self) -> bool:
        """Whether samples are read from svmlight's format."""
        return isinstance(self.features, SparseColumns)

    @property
    def folder(self) -> bool:
        """Whether samples are the texts in a folder."""
        return self.dataset.table is None and not self.sparse

    @property
    def powered(self) -> bool:
        """Whether a column has a power transformation."""
        return any(getattr(one, "power", None) is not None for one in self.treatments)

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """The treatments of the columns that are read."""
        return self.features.treatments if isinstance(self.features, TableFeatures) else ()


def unsupported(what: str) -> EngineError:
    """Return the error for a run that scripts cannot reproduce."""
    return EngineError(f"no Python script can reproduce this run: {what} (--to keras writes its network)")


def refuse(record: RunRecord, own: OwnData) -> None:
    """Raise EngineError for data that scripts do not support."""
    features = own.features
    if record.data and record.data.digest != own.dataset.digest:
        raise unsupported(f"{own.dataset.title} has changed since")
    if not isinstance(features, TableFeatures | TextFeatures | SparseColumns):
        raise unsupported("its features are not those of a table, of sparse samples or of texts")
    if own.dataset.table is not None and not can_read(reading := own.table.reading):
        what = f"{reading.compression or ''} {reading.format} file".strip()
        raise unsupported(f"it was trained on a {what}, which scripts do not read")
    if not features.target.identity and (strange := set(record.experiment.training.metrics) - {"mae", "mse"}):
        raise unsupported(f"the metric {min(strange)} of a scaled target is not supported")


def check(record: RunRecord, own: OwnData, lines: Sequence[str], parts: Sequence[str]) -> None:
    """Run the lines that read and split the data; raise EngineError unless they give the run's samples.

    The lines end with ``x_`` and ``y_`` for the parts: encoded columns, or texts as lists of ids.
    """
    found: dict[str, Any] = {"SEED": record.seed, "VOCABULARY": record.experiment.data.vocabulary}
    try:
        exec("\n".join(lines), found)  # the project's own code: user-supplied text only occurs in it as literals
    except Exception as error:
        raise unsupported(f"{own.dataset.title} is written in a way that scripts do not read ({error})") from error
    split = own.dataset.split
    indices = {"train": split.train, "val": split.validation, "test": split.test}
    if record.kind == "retrain":
        indices |= {"train": np.concatenate([split.validation, split.train])}
    for part in parts:
        if not _same(own, indices[part], found[f"x_{part}"], found[f"y_{part}"]):
            raise unsupported(f"{own.dataset.title} is written in a way that scripts read differently")


def _same(own: OwnData, samples: NDArray[np.int64], x: Any, y: Any) -> bool:
    """Whether these are the encoded samples and the targets of a data set."""
    targets = own.dataset.targets[samples]
    if len(y) != len(targets) or not np.allclose(y, targets, rtol=1e-6, atol=0):
        return False
    inputs = take(own.dataset.samples, samples)
    if isinstance(own.features, TextFeatures):
        assert isinstance(inputs, Ragged)
        ids, given = own.features.columns(inputs), Ragged.of([np.array(sample, np.int32) for sample in x])
        return np.array_equal(ids.values, given.values) and np.array_equal(ids.offsets, given.offsets)
    encoded = own.features.encode(inputs)
    if isinstance(encoded, Ragged):
        return _same_bags(encoded, own.features.size, x)
    return encoded.shape == x.shape and np.allclose(encoded, x, rtol=1e-6, atol=1e-6)


def _same_bags(encoded: Ragged, size: int, x: Any) -> bool:
    """Whether a dense or sparse matrix has the same samples as bags of this many columns."""
    from scipy import sparse

    expected = sparse.csr_array((encoded.amounts, encoded.values, encoded.offsets), shape=(len(encoded), size))
    if x.shape != expected.shape:
        return False
    largest = max(np.abs(encoded.amounts).max(initial=0), 1)
    return bool(np.allclose((expected - sparse.csr_array(x)).data, 0, atol=1e-6 * largest))
