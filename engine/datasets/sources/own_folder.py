"""A user's texts: ``.txt`` files in a folder per class, or such folders in ``train`` and ``test``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets import splits, tabular, text_index
from engine.datasets.dataset import Dataset
from engine.datasets.readers import text_folders
from engine.datasets.sources.own_table import FEWEST
from engine.datasets.table_targets import lone_notes
from engine.datasets.text import without_markup
from engine.errors import DataError, listed
from engine.events import Preparation
from engine.experiment.model import Data
from engine.system.counts import counted
from engine.system.suggest import shown

_SHOWN = 10


def load(path: Path, data: Data, seed: int) -> Preparation[Dataset]:
    """Read a folder of texts; classes are named after their folders."""
    folder = text_folders.Folder(path)
    if not folder.files:
        raise DataError(
            f"{path} has no texts: it needs a folder of .txt files for each class, or these in train/ and test/"
            f"{_table_hint(path)}"
        )
    if len(folder.files) < FEWEST:
        raise DataError(f"{path} has {counted(len(folder.files), 'text')}: at least {FEWEST} are needed")
    digest = yield from folder.digest()

    def build() -> Preparation[Any]:
        corpus = text_folders.corpus((yield from folder.texts()), path)
        plain = replace(corpus, texts=[without_markup(text) for text in corpus.texts])
        return (yield from text_index.of_corpus(plain, None))

    indexed = yield from text_index.cached(f"folder {digest}", build)
    if indexed.train == len(indexed.samples):
        split = tabular.fifths(indexed.targets, seed, data)
    else:
        order = splits.order(indexed.targets[: indexed.train], seed)
        test = np.arange(indexed.train, len(indexed.samples))
        split = splits.split(order, test, round(len(order) / 5), data)
    counts = np.bincount(indexed.targets, minlength=len(indexed.labels)).tolist()
    notes = (*_notes(folder), *_empty_note(indexed), *lone_notes(indexed.labels, counts))
    return text_index.dataset(
        data.dataset, path.name, indexed.labels, indexed, split, path.name, digest, notes=notes
    )


def _table_hint(path: Path) -> str:
    """What to name instead of a folder that holds files of other kinds."""
    files = sorted(one.name for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
    return f"; to read a table, name its file, such as {shown(files[0])}" if files else ""


def _notes(folder: text_folders.Folder) -> Iterator[str]:
    for name, count in folder.encodings.items():
        texts = "1 text is not in UTF-8; it was" if count == 1 else f"{count:,} texts are not in UTF-8; they were"
        yield f"{texts} read as {name}."
    names = text_folders.left_out(folder.path)
    if names:
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        yield f"Folders without .txt files were left out: {', '.join(names[:_SHOWN])}{more}."
    if names := text_folders.others(folder.path):
        files = "1 file or folder was" if len(names) == 1 else f"{len(names):,} files and folders were"
        yield f"Beside the .txt files of the classes, {files} left out: {', '.join(listed(names))}."


def _empty_note(indexed: text_index.Indexed) -> Iterator[str]:
    if empty := int((indexed.samples.lengths <= 1).sum()):  # without the start mark
        texts = "1 empty text is read as a text" if empty == 1 else f"{empty:,} empty texts are read as texts"
        yield f"{texts} without a word."
