"""A person's own samples in svmlight's format."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.errors import DataError
from engine.experiment.model import Data
from engine.system.drain import drain

LINES = [f"{n % 2} 1:{n + 0.5} 3:{n / 4} # sample {n}" for n in range(30)]


def load(path: Path, **settings: object) -> Dataset:
    return drain(datasets.load(Data(dataset=str(path), **settings), 7))  # type: ignore[arg-type]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda content: codecs.BOM_UTF8 + content])
def test_sparse_samples_stay_sparse(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(pack("\n".join(LINES).encode()))
    for found in (load(path), load(path)):  # from the file, then from the cache
        assert isinstance(found.samples, Ragged)
        assert (found.task, found.labels, found.columns) == ("binary", ("0", "1"), ("1", "2", "3"))
        assert found.samples[4].tolist() == [0, 2]
        assert found.samples.weights is not None
        assert found.samples.weights[8:10].tolist() == [4.5, 1.0]
        assert found.targets.tolist() == [0, 1] * 15
        assert len(found.split.train) + len(found.split.validation) + len(found.split.test) == 30


def test_indices_count_from_0_where_the_file_has_one_of_0(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("\n".join(f"{n % 2} 0:{n + 1} 2:4" for n in range(30)))
    found = load(path)
    assert found.columns == ("0", "1", "2")
    assert isinstance(found.samples, Ragged)
    assert found.samples[4].tolist() == [0, 2]
    assert "counted from 0" in found.notes[0]


def test_targets_are_numbers_where_they_are_many_or_a_person_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("\n".join(LINES))
    assert load(path, task="regression").task == "regression"
    path.write_text("\n".join(f"{n / 3} 1:{n}" for n in range(30)))
    found = load(path)
    assert (found.task, found.labels) == ("regression", ())
    assert found.targets == pytest.approx(np.arange(30) / 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([f"{n % 2} 9999999:1" for n in range(30)], "has the index 9,999,999: the largest allowed is 1,000,000"),
        (["1 1:2"] * 30, "the target is the same in every line"),
        (["1 1:2", "0 1:2"], "has 2 samples: at least 10 are needed"),
        ([*LINES, "1 1:1e99"], "a.libsvm, line 31: '1:1e99' is not an index from 0 on with a finite number"),
        ([*LINES, "1 1:nan"], "line 31: '1:nan' is not an index"),
        ([*LINES, "# none", "", "1 -1:2"], "line 33: '-1:2' is not an index"),
        ([*LINES, "nonsense"], "line 31: the target 'nonsense' is not a finite number"),
        ([*LINES, "1 3:1 1:2"], "line 31: the index 1 comes after 3: the indices of a line have to rise"),
        (
            [*LINES, "1 4000000000:2"],
            "line 31: the index 4,000,000,000 is too large: the largest allowed is 1,000,000",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, lines: list[str], message: str) -> None:
    path = tmp_path / "a.libsvm"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=message) as caught:
        load(path)
    assert "a.libsvm" in str(caught.value)


def test_large_numbers_to_predict_are_scaled_as_those_of_tables_are(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("\n".join(f"{1_700_000_000 + n} 1:{n} 3:1" for n in range(30)))
    found = load(path)
    assert len(np.unique(found.targets)) == 30
    data = Data(dataset=str(path))
    fitted = drain(features.fit(found, data, found.split.train))
    assert len(np.unique(fitted.target.scaled(found.targets))) == 30
    assert fitted.target.described == "standard scaling"


def test_columns_whose_values_float32_hardly_tells_apart_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("\n".join(f"{n % 2} 1:{1_700_000_000 + n} 2:{n + 0.5} 4:{1 + n / 1e6}" for n in range(30)))
    for found in (load(path), load(path)):  # from the file, then from the cache
        assert "differ by little where they are large (1, 4): float32" in " ".join(found.notes)
    path.write_text("\n".join(LINES))
    assert "float32" not in " ".join(load(path).notes)
