"""Files that are whole or not there: what they replace, and who may read them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.system.atomic_write import write_bytes


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """A group may read what a person makes, others may not."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_new_file_is_as_readable_as_any_other_of_the_person(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new", b"content")
    assert mode(tmp_path / "new") == 0o640


@pytest.mark.parametrize("before", [0o600, 0o644, 0o755, 0o666])
def test_a_file_that_is_written_again_keeps_its_mode(tmp_path: Path, before: int) -> None:
    path = tmp_path / "shared"
    path.write_bytes(b"old")
    path.chmod(before)
    write_bytes(path, b"new")
    assert (mode(path), path.read_bytes()) == (before, b"new")


def test_a_link_goes_on_leading_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    file, link = tmp_path / "far" / "file", tmp_path / "link"
    link.symlink_to(file)
    for content in (b"first", b"second"):
        write_bytes(link, content)
        assert link.is_symlink()
        assert file.read_bytes() == content
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "far", file, link]


def test_what_is_no_file_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
    before = sorted(tmp_path.iterdir())
    for name in ("pipe", "folder", "socket", "loop"):
        with pytest.raises(EngineError, match=f"cannot write .*{name}: "):
            write_bytes(tmp_path / name, b"content")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/below"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="cannot write"):
        write_bytes(tmp_path / name, b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
