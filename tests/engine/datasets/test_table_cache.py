"""Tables are read once: found again by content, whole and equal, and seen when the file is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import array_cache, table_cache
from engine.datasets.readers import formats, opening
from engine.datasets.readers.table import Options, Table
from engine.system.drain import drain
from tests.fresh_process import printed

ROWS = (f"{n},{n / 8 or ''},{'ab'[n % 2]},a text {n},2020-01-{n + 1:02},{n > 9}" for n in range(20))
LINES = ["n,f,text,long,day,yes", *ROWS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def load(path: Path, **options: object) -> tuple[Table, str]:
    return drain(table_cache.load(path, Options(**options)))  # type: ignore[arg-type]


def test_a_table_comes_back_from_the_cache_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, digest = load(path)
    monkeypatch.setattr(formats, "read", lambda *_: pytest.fail("read again"))
    found, again = load(path)
    assert (found.names, found.reading, found.notes, again) == (first.names, first.reading, first.notes, digest)
    assert found.lines.tolist() == first.lines.tolist()
    for one, other in zip(first.columns, found.columns, strict=True):
        assert (one.name, one.kind, one.spellings) == (other.name, other.kind, other.spellings)
        assert one.values.dtype == other.values.dtype
        assert one.texts() == other.texts()
        assert np.array_equal(one.missing, other.missing)
        assert one.classes()[0] == other.classes()[0]


def test_a_table_from_the_cache_is_examined_without_importing_what_reads_files(path: Path) -> None:
    load(path)
    code = (
        "import sys; from engine import checks, datasets, features; from engine.experiment.model import Data;"
        "from engine.system.drain import drain; data = Data(dataset=sys.argv[1], target='n', task='regression');"
        "found = drain(datasets.load(data, 1));"
        "checks.facts(found, drain(features.fit(found, data, found.split.train)));"
        "print(bool({'polars', 'sklearn'} & sys.modules.keys()))"
    )
    assert printed(code, str(path)) == "False\n"


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_seen(path: Path) -> None:
    _, digest = load(path)
    times = path.stat()
    path.write_text("\n".join(LINES).replace("a text 7,", "b text 7,"), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    found, other = load(path)
    assert other != digest
    assert found.column("long").texts()[7] == "b text 7"


def test_another_way_to_read_it_is_another_table(path: Path) -> None:
    load(path)
    assert load(path, as_text=("n",))[0].column("n").kind == "text"
    assert len(load(path, header=False)[0]) == 21


def test_a_damaged_cache_costs_nothing_but_time(path: Path) -> None:
    load(path)
    for kept in array_cache.paths.cache().glob("*.arrays"):
        content = bytearray(kept.read_bytes())
        content[-70] ^= 1
        kept.write_bytes(bytes(content))
    assert load(path)[0].column("long").texts()[3] == "a text 3"


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(path: Path, home: Path) -> None:
    home.write_text("a file where the folder should be")
    assert load(path)[0].column("text").texts()[3] == "b"


def test_reading_reports_its_progress_and_a_stop_leaves_nothing(
    path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BLOCK", 64)
    steps = list(table_cache.load(path, Options()))
    read = [step for step in steps if step.stage == "reading a.csv"]
    assert len(read) > 5
    assert read[-1].done == read[-1].total == path.stat().st_size
    stopped = table_cache.load(path, Options(header=True))
    next(stopped)
    stopped.close()
    assert len(list((home / "cache").iterdir())) == 1
