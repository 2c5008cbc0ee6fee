"""The cache's files: whole or absent, checked when read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.datasets import array_cache
from engine.errors import EngineError
from engine.system import paths

SOME = {
    "ids": np.arange(1000, dtype=np.int32),
    "empty": np.empty(0, np.uint8),
    "table": np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7),
    "one": np.array([3]),
}


def test_arrays_come_back_mapped_and_read_only(tmp_path: Path) -> None:
    array_cache.write(tmp_path / "a.arrays", SOME)
    found = array_cache.read(tmp_path / "a.arrays")
    assert found is not None
    assert found.keys() == SOME.keys()
    for name, array in SOME.items():
        assert np.array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert not found[name].flags.writeable


@settings(max_examples=60)
@given(index=st.integers(0, 10_000), change=st.integers(1, 255))
def test_any_changed_byte_is_noticed_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, index: int, change: int
) -> None:
    path = tmp_path_factory.mktemp("damage") / "a.arrays"
    array_cache.write(path, SOME)
    content = bytearray(path.read_bytes())
    content[index % len(content)] ^= change
    path.write_bytes(content)
    found = array_cache.read(path)
    assert found is None or all(np.array_equal(found[name], SOME[name]) for name in SOME if name in found)


@pytest.mark.parametrize("change", [8, 60, 69, 89])
def test_no_changed_byte_of_the_header_is_read(tmp_path: Path, change: int) -> None:
    path = tmp_path / "a.arrays"
    array_cache.write(path, SOME)
    content = path.read_bytes()
    with path.open("r+b") as file:
        for position in range(content.index(b"}") + 1):
            file.seek(position)
            file.write(bytes([content[position] ^ change]))
            file.flush()
            assert array_cache.read(path) is None
            file.seek(position)
            file.write(content[position : position + 1])


def test_released_memory_is_read_again(tmp_path: Path) -> None:
    array_cache.write(tmp_path / "a.arrays", SOME)
    found = array_cache.read(tmp_path / "a.arrays")
    assert found is not None
    array_cache.release(*found.values(), np.arange(3))
    assert np.array_equal(found["ids"][5:], SOME["ids"][5:])


@settings(max_examples=60)
@given(share=st.floats(0, 0.999))
def test_a_truncated_file_is_no_file(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = tmp_path_factory.mktemp("short") / "a.arrays"
    array_cache.write(path, SOME)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    found = array_cache.read(path)
    assert found is None or all(np.array_equal(found[name], SOME[name]) for name in SOME)  # only padding is gone


def test_nothing_half_written_is_left_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paths.os, "fsync", full)
    with pytest.raises(EngineError, match=r"a\.arrays: the disk is full"):
        array_cache.write(tmp_path / "a.arrays", SOME)
    monkeypatch.setattr(array_cache.os, "replace", lambda *_: full(0))
    array_cache.keep(tmp_path / "a.arrays", SOME)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_unused_arrays_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 40_000
    monkeypatch.setattr(array_cache, "KEPT_BYTES", 3 * size)
    for number in range(5):
        array_cache.keep(tmp_path / f"{number}.arrays", {"values": np.zeros(size - 2000, np.uint8)})
        paths.os.utime(tmp_path / f"{number}.arrays", (number, number))
        array_cache.read(tmp_path / "0.arrays")
    assert {path.name for path in tmp_path.iterdir()} == {"0.arrays", "3.arrays", "4.arrays"}


def test_the_newest_arrays_stay_though_they_are_larger_than_all_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_cache, "KEPT_BYTES", 1000)
    for name in ("old", "new"):
        array_cache.keep(tmp_path / f"{name}.arrays", {"values": np.zeros(5000, np.uint8)})
        paths.os.utime(tmp_path / f"{name}.arrays", (1, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["new.arrays"]
