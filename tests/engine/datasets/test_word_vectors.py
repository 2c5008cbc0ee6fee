"""Word vectors from text files: what is taken, what is missing, and what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets.word_vectors import Vectors, read
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.layers import Dense, Embedding, GlobalAveragePooling1D
from engine.experiment.model import Experiment
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import tiny

WORDS = ["", "", "", "the", "film", "café"]


def test_glove_gives_known_words_their_vectors_and_tells_the_coverage(tmp_path: Path) -> None:
    found = _read(tmp_path, "the 1 2\nfilm 3 4.5\nelsewhere 9 9\nthe 7 7\n")
    assert found.matrix[3].tolist() == [1, 2]
    assert found.matrix[4].tolist() == [3, 4.5]
    assert found.matrix[0].tolist() == [0, 0]
    assert (np.abs(found.matrix[5]) <= 0.05).all()
    told = "2 of 3 words (67%) have a vector in vectors.txt"
    assert found.coverage == f"{told}; of 1 repeated words the first vector is used"


def test_a_byte_order_mark_is_no_part_of_the_first_word_and_words_may_hold_spaces(tmp_path: Path) -> None:
    found = _read(tmp_path, "\ufeffthe 1 2\nfilm 3 4\n. . 5 6\ncafé 7 8\n")
    assert found.matrix[3:].tolist() == [[1, 2], [3, 4], [7, 8]]
    assert found.coverage == "3 of 3 words (100%) have a vector in vectors.txt"


def test_word2vec_begins_with_its_counts(tmp_path: Path) -> None:
    found = _read(tmp_path, "2 3\nthe 1 2 3\ncafé 4 5 6\n", dimensions=3)
    assert found.matrix[5].tolist() == [4, 5, 6]


def test_words_without_a_vector_are_drawn_from_the_seed(tmp_path: Path) -> None:
    first, second = (_read(tmp_path, "the 1 2\n").matrix for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("the 1 2 3\n", "set output_dim = 3"),
        ("the one two\n", "line 1: not a word and its numbers"),
        ("the nan 2\n", "line 1: a number that is not finite"),
        ("film 1 2\nelse 1 2\nthe 1e39 2\n", "line 3: .* too large for a network"),
        ("{}\n", "not a word and its numbers"),
        ("the 1 2\0\n", "not a text file"),
    ],
)
def test_a_wrong_file_is_told_where_and_what(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, content)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt"):
        drain(read("nowhere.txt", WORDS, 2, 7))


def test_a_run_starts_from_the_vectors_and_can_freeze_them(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("".join(f"word{number} {number / 100} 0.5\n" for number in range(tiny.WORDS)))
    embedding = Embedding(output_dim=2, vectors=str(path), trainable=False)
    run = Run(_experiment(embedding), dataset=tiny.text())
    started = next(event for event in run if not isinstance(event, Preparing))
    assert started.notes == (f"56 of 56 words (100%) have a vector in {path.name}",)  # type: ignore[union-attr]
    assert run.network.weights()[0][4].tolist() == pytest.approx([0, 0.5])


def _experiment(embedding: Embedding) -> Experiment:
    layers = (embedding, GlobalAveragePooling1D(), Dense(units=1, activation="sigmoid"))
    return tiny.experiment(*layers, data={"encoding": "sequence"})


def _read(folder: Path, content: str, dimensions: int = 2) -> Vectors:
    path = folder / "vectors.txt"
    path.write_text(content)
    return drain(read(str(path), WORDS, dimensions, 7))
