"""Keras's .npz files are read without being trusted."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.datasets.readers import keras_npz
from engine.errors import DataError


def lists(*rows: list[int]) -> Any:
    found = np.empty(len(rows), object)
    found[:] = rows
    return found


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def object_array(pickled: bytes, shape: tuple[int, ...] = (2,)) -> bytes:
    file = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + pickled


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_lists_and_values_are_read(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "a.npz", x=lists([3, 1, 2], [], [70_000]), y=np.array([0, 1, 1]))
    found = keras_npz.ragged(tmp_path / "a.npz", "x")
    assert [found[row].tolist() for row in range(3)] == [[3, 1, 2], [], [70_000]]
    assert keras_npz.flat(tmp_path / "a.npz", "y").tolist() == [0, 1, 1]


@pytest.mark.parametrize("module", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_both_spellings_of_numpy_are_read(tmp_path: Path, module: str) -> None:
    pickled = pickle.dumps(lists([1, 2], [3]), protocol=3)
    assert b"numpy._core.multiarray" in pickled
    path = archive(tmp_path / "a.npz", x=object_array(pickled.replace(b"numpy._core.multiarray", module.encode())))
    assert keras_npz.ragged(path, "x").values.tolist() == [1, 2, 3]


class _Calls:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    done = tmp_path / "done"
    hostile = pickle.dumps(_Calls(os.mkdir, str(done)))
    path = archive(tmp_path / "a.npz", x=object_array(hostile))
    with pytest.raises(DataError, match=r"a\.npz was refused.*posix\.mkdir"):
        keras_npz.ragged(path, "x")
    assert not done.exists()


@pytest.mark.parametrize("name", ["eval", "getattr", "list", "dict"])
def test_even_harmless_names_are_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.npz", x=object_array(b"cbuiltins\n" + name.encode() + b"\n."))
    with pytest.raises(DataError, match=f"builtins.{name}"):
        keras_npz.ragged(path, "x")


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps([[1, 2]]),
        pickle.dumps(lists(["a"], [1])),
        pickle.dumps(lists([1.5], [1])),
        pickle.dumps(lists([-5], [1])),
        pickle.dumps(lists([2**40], [1])),
        pickle.dumps(lists([2**31 - 1], [1])),
        pickle.dumps(np.array([[[1]], [[2]]], object)),
        pickle.dumps(lists([1], [1])[:1].reshape(1, 1)),
        b"",
        b"\x80\x04",
        b"\x80\x04]\x94(]\x94" + b"K\x01" * 10,
    ],
)
def test_other_contents_are_refused(tmp_path: Path, content: bytes) -> None:
    path = archive(tmp_path / "a.npz", x=object_array(content))
    with pytest.raises(DataError, match=r"a\.npz"):
        keras_npz.ragged(path, "x")


def test_a_list_repeated_at_no_cost_is_refused(tmp_path: Path) -> None:
    row = [1] * 100_000
    path = archive(tmp_path / "a.npz", x=object_array(pickle.dumps(lists(*[row] * 10_000)), (10_000,)))
    with pytest.raises(DataError, match="repeats its rows"):
        keras_npz.ragged(path, "x")


def test_an_array_that_is_shorter_than_it_says_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    with pytest.raises(DataError, match="shorter than it says"):
        keras_npz.flat(archive(tmp_path / "a.npz", x=file.getvalue()), "x")


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", y=np.arange(3))
    with pytest.raises(DataError, match="no array x"):
        keras_npz.flat(tmp_path / "a.npz", "x")


@settings(max_examples=80)
@given(share=st.floats(0, 0.99), index=st.integers(0, 5000), change=st.integers(0, 255))
def test_damaged_files_give_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, share: float, index: int, change: int
) -> None:
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    np.savez_compressed(path, x=lists(*[[row, row + 1] for row in range(1, 300)]), y=np.arange(299))
    content = bytearray(path.read_bytes())
    if change:
        content[index % len(content)] = change
    else:
        content = content[: int(len(content) * share)]
    path.write_bytes(content)
    for read, name in ((keras_npz.ragged, "x"), (keras_npz.flat, "y")):
        try:
            found = read(path, name)  # type: ignore[operator]
        except DataError as error:
            assert str(path) in str(error)  # noqa: PT017
        else:
            assert len(found) == 299
