"""Run stores whose database, models or features are damaged, or hold values of the wrong kind."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from engine.experiment import toml_file
from engine.experiment.setting_paths import with_settings
from engine.runs import RunStore
from tests.benchmarks.hostile.cases import Case, damaged
from tests.engine.fake_runs import FakeRun

RUNS = ("1", "2", "3")
WRONG: tuple[Any, ...] = (
    *(None, "", "x", -1, 0, 2**62, 1.5, 1e308, float("inf"), b"\xff\x00", "9" * 5000),
    *("[]", "{}", "null", "NaN", '{"a": NaN}', '{"loss": "x"}', '["a", 1, null]', "[" * 5000),
    *("../../outside", "/etc", "\x1b[2J"),
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show", "1"),
    ("show", "2", "--json"),
    ("compare", "1", "2"),
    ("tag", "3", "kept"),
    ("rename", "2", "renamed"),
    ("export", "1", "OUT", "--to", "csv"),
    ("export", "2", "OUT", "--to", "card"),
    ("delete", "3"),
    ("restore", "3"),
    ("delete", "1"),
    ("purge", "1"),
)


def campaign(case: Case) -> None:
    """Damages a copy of a sound store, and runs the commands of the store on it."""
    home, outside = case.folder / "home", case.folder / "outside"
    shutil.copytree(_sound(), home)
    outside.mkdir()
    (outside / "precious").write_text("kept")
    hurt = case.random.choice((_bytes, _values, _values, _files))(case.random, home)
    listed = case.json("runs")
    status, out, err = case.call("runs")
    missing = [run for run in RUNS if run not in {one["run"] for one in listed.get("runs", ())}]
    if status == 0 and missing and not err and "damaged" not in out:
        case.changed(f"{hurt}: runs {missing} are not listed, and nothing says so")
    for command in COMMANDS:
        case.call(*(str(case.folder / f"out{len(command)}") if word == "OUT" else word for word in command))
    if not (outside / "precious").exists():
        case.changed(f"{hurt}: a file outside the home is gone")


@cache
def _sound() -> Path:
    """A home with three runs, one of them stopped early."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-store-"))
    before, os.environ["WORKBENCH_HOME"] = os.environ["WORKBENCH_HOME"], str(folder)
    with closing(RunStore()) as store:
        for epochs in (3, 2, 4):
            chosen = with_settings(toml_file.load("digits"), {"training.epochs": epochs, "seed": epochs})
            list(store.record(FakeRun(chosen, test=epochs == 2)))  # type: ignore[arg-type]
    os.environ["WORKBENCH_HOME"] = before
    return folder


def _bytes(chance: Random, home: Path) -> str:
    database = home / "runs.db"
    for _ in range(chance.choice((1, 1, 5))):
        database.write_bytes(damaged(database.read_bytes(), chance))
    return "bytes of the database"


def _values(chance: Random, home: Path) -> str:
    """Puts a wrong value into one column of one table."""
    with closing(sqlite3.connect(home / "runs.db")) as database, suppress(sqlite3.Error, OverflowError):
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        table = chance.choice(tables)
        column = chance.choice([row[1] for row in database.execute(f'pragma table_info("{table}")')])
        value = chance.choice(WRONG)
        where = chance.choice(("", " where rowid = 1", " where rowid = 2"))
        database.execute(f'update "{table}" set "{column}" = ?{where}', (value,))
        database.commit()
        return f"{table}.{column} = {value!r:.60}{where}"
    return "nothing"


def _files(chance: Random, home: Path) -> str:
    """Damages, removes or replaces a file of a run."""
    files = sorted(path for path in home.rglob("*") if path.is_file() and path.name != "runs.db")
    file = chance.choice(files)
    kind = chance.randrange(4)
    if kind == 0:
        file.write_bytes(damaged(file.read_bytes(), chance))
    elif kind == 1:
        file.unlink()
    elif kind == 2:
        file.unlink()
        file.mkdir()
    else:
        file.unlink()
        file.symlink_to(home.parent / "outside" / "precious")
    return f"{file.relative_to(home)} ({('damaged', 'removed', 'a folder', 'a link')[kind]})"
