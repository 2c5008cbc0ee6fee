"""A user's table: a treatment for each column, and columns of text as one bag of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, RawSamples
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.text import FIRST
from engine.errors import DataError
from engine.experiment.model import InputForm
from engine.features import treatments
from engine.features.bag import Bag
from engine.features.base import Encoded, Features
from engine.features.treatments import PART, Treatment


@dataclass(frozen=True, eq=False, kw_only=True)
class TableFeatures(Features):
    """Columns of a table; ``names`` are the columns that are read, in the table's order.

    ``text`` encodes the columns ``text_columns``, which are read as one text. An encoded sample is then a bag: the
    text's columns first, then those of the treatments.
    """

    saved_as: ClassVar[str] = "table"
    treatments: tuple[Treatment, ...]
    text: Bag | None = None
    text_columns: tuple[str, ...] = ()

    @property
    def form(self) -> InputForm:
        """ "columns", or "bag" if there are columns of text."""
        return "columns" if self.text is None else "bag"

    @property
    def size(self) -> int:
        """The number of encoded columns."""
        return self._text_size + sum(len(treatment.outputs) for treatment in self.treatments)

    @property
    def encoding(self) -> str:
        """The encoding of the text, or "columns"."""
        return self.text.encoding if self.text else "columns"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the encoded columns; ``word=...`` for text."""
        words = [f"word={word}" for word in self.text.column_words] if self.text else []
        return (*words, *(name for treatment in self.treatments for name in treatment.outputs))

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Each encoded column's center and scale."""
        center = [*np.zeros(self._text_size), *(value for one in self.treatments for value in one.center)]
        scale = [*np.ones(self._text_size), *(value for one in self.treatments for value in one.scale)]
        return np.array(center), np.array(scale)

    @property
    def export_notes(self) -> tuple[str, ...]:
        """Each column's treatment in words."""
        lines = [f"{one.name}: {one.described(True)}; becomes {', '.join(one.outputs)}" for one in self.treatments]
        text = f"{' + '.join(self.text_columns)}: {self.encoding} of {self._text_size:,} words"
        return (*([text] * bool(self.text)), *lines)

    def treatment(self, name: str, imputes: bool = False) -> str:
        """Describe the treatment of a column of the table; see :meth:`Treatment.described`."""
        if name in self.text_columns:
            others = [other for other in self.text_columns if other != name]
            joined = f", with {' and '.join(others)}" if others else ""
            return f"{self.encoding} of {self._text_size:,} words{joined}"
        treatment = self._of_column.get(name)
        return treatment.described(imputes) if treatment else "left out"

    @cached_property
    def _of_column(self) -> dict[str, Treatment]:
        return {treatment.name: treatment for treatment in self.treatments}

    def on(self, dataset: Dataset) -> Features:
        """Return the same features for another table; raises DataError if it lacks columns that are read."""
        missing = [name for name in self.names if name not in dataset.columns]
        if missing or not isinstance(dataset.samples, Table):
            which = f": {', '.join(missing[:10])} missing" if missing else ""
            raise DataError(f"{dataset.title} has other columns than the network was trained on{which}")
        return self

    def encode(self, samples: RawSamples) -> Encoded:
        """Impute, encode and scale a table's samples, in 64 bits until they are scaled."""
        assert isinstance(samples, Table)
        dense = self._treated(samples)
        return dense if self.text is None else _beside(self._bag(samples), dense, self._text_size)

    def _treated(self, samples: Table) -> NDArray[np.float32]:
        dense = np.empty((len(samples), self.size - self._text_size), np.float32)
        columns = [samples.column(treatment.name) for treatment in self.treatments]
        encoders = [one.encoder(column) for one, column in zip(self.treatments, columns, strict=True)]
        for first in range(0, len(samples), PART):
            part, start = slice(first, first + PART), 0
            for treatment, encode in zip(self.treatments, encoders, strict=True):
                end = start + len(treatment.outputs)
                dense[part, start:end] = encode(part)
                start = end
            samples.release()
        return dense

    def encode_samples(self, samples: Sequence[Any]) -> Encoded:
        """Encode separate samples, each a Table of one row."""
        parts = [self.encode(sample) for sample in samples]
        bags = [part for part in parts if isinstance(part, Ragged)]
        return Ragged.joined(bags) if bags else np.concatenate([np.asarray(part) for part in parts])

    def unseen(self, samples: Table) -> Mapping[str, Mapping[str, int]]:
        """Return, by column, the values that no training sample had, with the number of samples that have them."""
        found = {one.name: one.unseen(samples.column(one.name)) for one in self.treatments}
        return {name: values for name, values in found.items() if values}

    def words(self, sample: Table) -> list[str]:
        """Return the text's words as the network reads them, then the columns' names."""
        names = [treatment.name for treatment in self.treatments]
        if self.text is None:
            return names
        (text,) = joined_texts(sample, self.text_columns)
        return [*self.text.words(self.text.ids(text))[1:], *names]

    def decode(self, sample: Table) -> str:
        """Return the columns with their values as written."""
        return " ".join(f"{name} {sample.column(name).texts()[0] or '(missing)'}" for name in self.names)

    def without(self, sample: Table) -> tuple[list[str], Iterator[Encoded]]:
        """Return the text's known words, then the columns; the sample, then the sample without each of them."""
        names = [treatment.name for treatment in self.treatments]
        encoded = self.encode(sample)
        dense = encoded if isinstance(encoded, np.ndarray) else self._dense(encoded)
        samples = np.tile(dense, (len(names) + 1, 1))
        start = 0
        for number, treatment in enumerate(self.treatments, 1):
            end = start + len(treatment.outputs)
            samples[number, start:end] = treatment.mean
            start = end
        if self.text is None:
            return names, iter([samples])
        read = self._bag(sample)
        words = read.values[read.values >= FIRST]
        without_words = [read, *map(read.without, words)]
        bags = Ragged.joined([*without_words, *[read] * len(names)])
        repeated = np.concatenate([np.repeat(dense, len(words) + 1, axis=0), samples[1:]])
        return [*map(self.text.word, words.tolist()), *names], iter([_beside(bags, repeated, self._text_size)])

    def content(self) -> dict[str, Any]:
        """Return the treatments and the text's encoding as plain JSON values."""
        text = None if self.text is None else {"names": self.text.names} | self.text.content()
        treated = [treatment.as_json() for treatment in self.treatments]
        return {"treatments": treated, "text": text, "text_columns": self.text_columns}

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """Create features from the result of :meth:`content`."""
        treated, words = tuple(map(treatments.from_json, content["treatments"])), content["text"]
        text = Bag.from_content(common | {"names": tuple(words.pop("names"))}, words) if words else None
        older = [content["text_column"]] if "text_column" in content and text else []
        names = content.get("text_columns", older)
        return cls(**common, treatments=treated, text=text, text_columns=tuple(names))

    @cached_property
    def _text_size(self) -> int:
        return self.text.size if self.text else 0

    def _bag(self, samples: Table) -> Ragged:
        assert self.text is not None
        texts = joined_texts(samples, self.text_columns)
        return self.text.encode(Ragged.of(list(map(self.text.ids, texts))))

    def _dense(self, encoded: Ragged) -> NDArray[np.float32]:
        """Return the treatments' part of one encoded sample."""
        dense = np.zeros((1, self.size - self._text_size), np.float32)
        inside = encoded.values >= self._text_size
        assert encoded.weights is not None
        dense[0, encoded.values[inside] - self._text_size] = encoded.weights[inside]
        return dense


def joined_texts(samples: Table, names: Sequence[str]) -> list[str]:
    """Join the texts of some columns, sample by sample, with line ends."""
    first, *others = (samples.column(name).texts() for name in names)
    return ["\n".join(parts) for parts in zip(first, *others, strict=True)] if others else first


def _beside(words: Ragged, dense: NDArray[np.float32], size: int) -> Ragged:
    """Append columns to bags of words as sparse columns, numbered from ``size``."""
    from scipy import sparse

    text = sparse.csr_array((words.amounts, words.values, words.offsets), shape=(len(words), size))
    both = sparse.hstack([text, sparse.csr_array(dense)], format="csr", dtype=np.float32)
    return Ragged(both.indices.astype(np.int32), both.indptr.astype(np.int64), both.data)
