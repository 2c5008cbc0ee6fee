"""Reads pre-trained word vectors from the text files of word2vec and GloVe.

A line contains a word and its numbers, separated by spaces; word2vec's files start with a line of two counts. See
Mikolov et al. 2013 (word2vec) and Pennington, Socher and Manning 2014 (GloVe).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.system.paths import data_folders, exists, expanded

LINES_A_STEP = 20_000
"""Number of lines between two reports of progress."""

LONGEST_LINE = 1_000_000
"""Maximum number of bytes in a line of a file of word vectors."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """An Embedding's initial weights, float32 of shape (ids, dimensions), and the number of words found.

    ``repeated`` counts the words of the vocabulary that occur more than once in the file.
    """

    matrix: NDArray[np.float32]
    found: int
    words: int
    path: str
    repeated: int = 0

    @property
    def coverage(self) -> str:
        """How much of the vocabulary the file covers, in one line."""
        share = self.found / max(self.words, 1)
        name = Path(self.path).name
        twice = f"; of {self.repeated:,} repeated words the first vector is used" if self.repeated else ""
        return f"{self.found:,} of {self.words:,} words ({share:.0%}) have a vector in {name}{twice}"


def read(path: str, words: Sequence[str], dimensions: int, seed: int) -> Preparation[Vectors]:
    """Read the vectors of ``words``, the word of every id or "", from a text file; yields progress.

    The path is relative to the current folder or to ``WORKBENCH_DATA``. A word that the file lacks gets numbers
    between -0.05 and 0.05 drawn from ``seed``, like ``keras.layers.Embedding``'s; id 0 gets zeros. Raises
    DataError if the file is missing, is not a file of word vectors, or has other dimensions; the message then says
    which ``output_dim`` fits.
    """
    source = find(path)
    matrix = np.random.default_rng(seed).uniform(-0.05, 0.05, (len(words), dimensions)).astype(np.float32)
    matrix[0] = 0
    taker = _Taker(source, {word.encode(): number for number, word in enumerate(words) if word}, matrix)
    try:
        size = source.stat().st_size
        with source.open("rb") as file:
            for lines in _lines(file, source):
                for number, line in lines:
                    taker.take(line, number)
                yield Preparing(f"reading {source.name}", file.tell(), size)
    except OSError as error:
        raise DataError(f"cannot read the word vectors in {source}: {error.strerror or error}") from error
    return Vectors(matrix, len(taker.found), len(taker.ids), path, len(taker.repeated))


def dimensions(path: str) -> int:
    """Return the dimensions of a file's first vector. Raises DataError if it has none."""
    source = find(path)
    try:
        with source.open("rb") as file:
            head = [file.readline(LONGEST_LINE) for _ in range(2)]
    except OSError as error:
        raise DataError(f"cannot read the word vectors in {source}: {error.strerror or error}") from error
    line = head[1] if len(head[0].split()) == 2 else head[0]
    count = len(line.split()) - 1
    if count < 2 or b"\0" in line:
        raise DataError(f"{source}: not a text file of word vectors (a word and its numbers on each line)")
    return count


def find(path: str) -> Path:
    """Return the file of word vectors at a path; raises DataError if there is none."""
    for folder in (Path(), *data_folders()):
        if exists(source := folder / expanded(path)) and source.is_file():
            return source
    raise DataError(f"no file of word vectors at {path!r}: give the path of a word2vec or GloVe text file")


def _lines(file: BinaryIO, source: Path) -> Iterator[list[tuple[int, bytes]]]:
    """Yield many lines at a time, with numbers from 1, without word2vec's line of counts."""
    lines: list[tuple[int, bytes]] = []
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if len(line) == LONGEST_LINE or b"\0" in line:
            raise DataError(f"{source}, line {number}: not a text file of word vectors")
        if number > 1 or len(line.split()) != 2:
            lines.append((number, line))
        if len(lines) == LINES_A_STEP:
            yield lines
            lines = []
    if not number:
        raise DataError(f"{source} is empty: it should hold a word and its numbers on each line")
    yield lines


class _Taker:
    """Copies the vectors of known words into the rows of a matrix; the first vector of a word counts."""

    def __init__(self, source: Path, ids: dict[bytes, int], matrix: NDArray[np.float32]) -> None:
        self.path, self.ids, self.matrix = source, ids, matrix
        self.found: set[int] = set()
        self.repeated: set[int] = set()

    def take(self, line: bytes, number: int) -> None:
        """Process a line; the first two are validated even if their words are unknown. Raises DataError."""
        word, *numbers = line.rstrip().rsplit(b" ", self.matrix.shape[1])
        row = self.ids.get(word)
        if row in self.found:
            self.repeated.add(row)
            return
        if row is None and number > 2:
            return
        vector = self._vector(line, numbers, number)
        if row is not None:
            self.matrix[row] = vector
            self.found.add(row)

    def _vector(self, line: bytes, numbers: Sequence[bytes], number: int) -> NDArray[np.float64]:
        """Parse the numbers of a line; raises DataError with the line number."""
        where = f"{self.path}, line {number}"
        dimensions, given = self.matrix.shape[1], len(line.split()) - 1
        if given < dimensions or (number <= 2 and given > dimensions and _are_numbers(line.split()[1:])):
            if given < 2:
                raise DataError(f"{where}: not a word and its numbers")
            raise DataError(
                f"{where}: {given} numbers; the Embedding has {dimensions} dimensions: set output_dim = {given}"
            )
        if not _are_numbers(numbers):
            raise DataError(f"{where}: not a word and its numbers")
        vector = np.array(numbers, np.float64)
        if not (np.abs(vector) <= np.finfo(np.float32).max).all():
            raise DataError(f"{where}: a number that is not finite, or too large for a network")
        return vector


def _are_numbers(texts: Sequence[bytes]) -> bool:
    try:
        np.array(texts, np.float64)
    except ValueError:
        return False
    return True
