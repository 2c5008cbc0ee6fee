"""Reads pre-trained word vectors from the text files of word2vec and GloVe.

A line holds a word and its numbers, separated by spaces; word2vec's files begin with a line of two counts. See
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
"""Lines read between two reports of progress."""

LONGEST_LINE = 1_000_000
"""Bytes in a line beyond which a file is not one of word vectors."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """An Embedding's first weights, float32 of shape (ids, dimensions), and how many words a file knew.

    ``repeated`` counts the words of the vocabulary that stand in the file more than once.
    """

    matrix: NDArray[np.float32]
    found: int
    words: int
    path: str
    repeated: int = 0

    @property
    def coverage(self) -> str:
        """How much of the vocabulary the file covers, in a line."""
        share = self.found / max(self.words, 1)
        name = Path(self.path).name
        twice = (
            f"; words that stand there repeatedly, {self.repeated:,}, have their first" if self.repeated else ""
        )
        return f"{self.found:,} of {self.words:,} words ({share:.0%}) have a vector in {name}{twice}"


def read(path: str, words: Sequence[str], dimensions: int, seed: int) -> Preparation[Vectors]:
    """Read the vectors of ``words``, the word of every id or "", from a text file: progress, then a result.

    The path is taken from the current folder, else from ``WORKBENCH_DATA``. A word that the file lacks gets
    numbers between -0.05 and 0.05 drawn from ``seed``, as ``keras.layers.Embedding`` draws them; id 0 gets
    zeros. Raises DataError where the file is missing, is not of word vectors, or has another number of
    dimensions; the message then says which ``output_dim`` fits.
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
    """The dimensions of a file's vectors, by its first vector. Raises DataError where it has none."""
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
    """The file of word vectors that a path stands for; raises DataError where there is none."""
    for folder in (Path(), *data_folders()):
        if exists(source := folder / expanded(path)) and source.is_file():
            return source
    raise DataError(f"no file of word vectors at {path!r}: give the path of a word2vec or GloVe text file")


def _lines(file: BinaryIO, source: Path) -> Iterator[list[tuple[int, bytes]]]:
    """The file's lines with their numbers from 1, many at a time, without word2vec's line of counts."""
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
    """Puts the vectors of known words into the rows of a matrix, each word's first one."""

    def __init__(self, source: Path, ids: dict[bytes, int], matrix: NDArray[np.float32]) -> None:
        self.path, self.ids, self.matrix = source, ids, matrix
        self.found: set[int] = set()
        self.repeated: set[int] = set()

    def take(self, line: bytes, number: int) -> None:
        """Take a line; the first two are checked whether their words are known or not. Raises DataError."""
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
        """The numbers of a line; raises DataError with its number."""
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
