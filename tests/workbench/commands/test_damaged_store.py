"""Commands on a store whose rows hold what was never written into them: one bad row costs that row alone."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.runs import RunStore, schema
from tests.workbench.commanding import Workbench
from tests.workbench.damaged_rows import EPOCHS, RUNS, SHOWING, USING, WRONG, loose, row_of, spoil


@pytest.fixture
def database(home: Path) -> Path:
    return loose(home)


@pytest.fixture
def out(tmp_path: Path) -> Callable[[tuple[str, ...], str], list[str]]:
    """The arguments of a command for a run, with a file of its own to write."""
    count = itertools.count()

    def filled(command: tuple[str, ...], run: str) -> list[str]:
        return [part.format(run, out=tmp_path / f"out-{next(count)}") for part in command]

    return filled


def test_a_wrong_value_in_a_run_is_shown_as_damage_and_costs_that_run(
    database: Path, workbench: Workbench, out: Any
) -> None:
    kinds = itertools.cycle(WRONG.values())
    spoilt = spoil(database, "runs", [(column, next(kinds)) for column in RUNS for _ in range(2)], sealed=False)
    listed = workbench("runs", "--json")
    assert listed.status == 0, listed.err
    found = {run["run"]: run for run in listed.json["runs"]}
    for run, command in zip(spoilt, itertools.cycle(USING), strict=False):
        assert "damaged" in found[run]["error"], spoilt[run]
        refused = workbench(*out(command, run))
        assert refused.status == 2, (spoilt[run], command, refused)
        assert f"run {run} " in refused.err
        assert "damaged" in refused.err
    table = workbench("runs", "--last", "0")
    assert table.status == 0
    shown = {line.split()[0] for line in table.out.splitlines() if " damaged " in line}
    assert shown == {run for run, one in found.items() if one["error"]}
    assert found["1"]["error"] is None
    assert workbench("show", "1").status == 0
    run = next(iter(spoilt))
    assert workbench("delete", run).status == 0
    assert run not in [one["run"] for one in workbench("runs", "--json").json["runs"]]
    assert workbench("purge", run).status == 0


def test_what_is_not_known_of_a_damaged_run_is_shown_as_unknown(database: Path, workbench: Workbench) -> None:
    spoil(database, "runs", [("best", "[1, 2]")] * 3, sealed=False)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE runs SET id = -id WHERE id > 2")
    lines = [line for line in workbench("runs").out.splitlines() if " damaged " in line]
    assert sorted(line.split()[0] for line in lines) == ["2", "?", "?2"]
    assert not any(unknown in line for line in lines for unknown in ("1970", "0.0 s", "0/0"))
    found = {run["run"]: run["damaged"] for run in workbench("runs", "--json").json["runs"]}
    assert found.pop("1") is None
    assert all(found.values())
    assert sorted(found) == ["2", "?", "?2"]
    for command in (("show", "?2"), ("delete", "?"), ("purge", "?")):
        refused = workbench(*command)
        assert refused.status == 2
        assert f"has lost the number of run {command[1]}: " in refused.err
    with closing(RunStore()) as store:
        assert sum(line.startswith("run ") for line in store.check()) == 3


@pytest.mark.parametrize("part", range(3))
def test_a_wrong_value_with_a_fitting_checksum_ends_in_an_answer_or_a_message(
    database: Path, workbench: Workbench, out: Any, part: int
) -> None:
    every = [(column, value) for column in RUNS for value in WRONG.values()]
    wrong = every[part::12]  # each value in every third column or so; the benchmark of hostile input does all
    spoilt = spoil(database, "runs", wrong, sealed=True)
    for command in (("runs", "--last", "0"), ("runs", "--json")):
        assert workbench(*command).status == 0
    for run, command in zip(spoilt, itertools.cycle(SHOWING), strict=False):
        answer = workbench(*out(command, run))
        assert answer.status in (0, 2), (spoilt[run], command, answer)
        assert answer.status == 0 or f"run {run} " in answer.err
        assert "\x1b" not in answer.out
    assert workbench("purge").status == 0
    assert workbench("show", "1").status == 0


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_that_draws_nothing_is_damage(database: Path, workbench: Workbench, seed: int) -> None:
    for run in spoil(database, "runs", [("seed", seed)], sealed=True):
        assert "column seed holds" in workbench("show", run, "--json").err


@pytest.mark.parametrize("peak", ["abc", "nan", "-1", "1e400", ""])
def test_a_peak_of_memory_that_is_no_number_is_damage(database: Path, workbench: Workbench, peak: str) -> None:
    spoilt = spoil(database, "runs", [("machine", json.dumps({"peak_memory_mb": peak}))], sealed=True)
    for run in spoilt:
        answer = workbench("show", run, "--json")
        assert answer.status == 2
        assert "column machine holds" in answer.err


@pytest.mark.parametrize("sealed", [False, True], ids=["unsealed", "sealed"])
def test_a_wrong_value_in_an_epoch_costs_that_run(
    database: Path, workbench: Workbench, out: Any, sealed: bool
) -> None:
    spoilt = spoil(database, "epochs", [*itertools.product(EPOCHS, WRONG.values())][sealed::3], sealed)
    assert workbench("runs").status == 0
    for run, command in zip(spoilt, itertools.cycle(SHOWING[:5]), strict=False):
        answer = workbench(*out(command, run))
        assert answer.status in ((0, 2) if sealed else (2,)), (spoilt[run], command, answer)
        assert answer.status == 0 or (f"run {run} " in answer.err and "epoch 2" in answer.err)


@pytest.mark.parametrize("sealed", [False, True], ids=["unsealed", "sealed"])
def test_a_wrong_value_in_an_evaluation_of_test_samples_is_counted_and_said(
    database: Path, workbench: Workbench, sealed: bool
) -> None:
    table = schema.test_evaluations
    wrong = [(column, value) for column in ("run", "dataset", "digest", "at") for value in WRONG.values()]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        sound = row_of(connection, table.name, "id = 1")
        for number, (column, value) in enumerate(wrong, 2):
            row = schema.sealed(table, sound | {"id": number})
            connection.execute(f"INSERT INTO looks VALUES ({','.join('?' * len(row))})", tuple(row.values()))
            raw, given = (value, ()) if str(value).startswith("CAST") else ("?", (value,))
            connection.execute(f"UPDATE looks SET {column} = {raw} WHERE id = {number}", given)
            if sealed:
                checksum = schema.sealed(table, row_of(connection, "looks", f"id = {number}"))["checksum"]
                connection.execute(f"UPDATE looks SET checksum = {checksum} WHERE id = {number}")
    for command in (("runs",), ("show", "1", "--json"), ("doctor",)):
        assert workbench(*command).status == 0
    with closing(RunStore()) as store:
        damaged = store.check()
        counted = store.test_evaluations("digits", "d1")
    if not sealed:
        assert len(damaged) == len(wrong)
        assert all("of test samples in" in line and "is damaged: " in line for line in damaged)
        assert counted == 1 + len(damaged)
    assert counted >= 1 + len(damaged)


def test_a_wrong_value_about_the_store_is_a_message(database: Path, workbench: Workbench) -> None:
    before = database.read_bytes()
    commands = itertools.cycle((("runs",), ("show", "1"), ("note", "1", "text"), ("delete", "1"), ("purge",)))
    for column, value in itertools.product(schema.schema.columns.keys(), WRONG.values()):
        database.write_bytes(before)
        with closing(sqlite3.connect(database)) as connection, connection:
            raw, given = (value, ()) if str(value).startswith("CAST") else ("?", (value,))
            connection.execute(f"UPDATE schema SET {column} = {raw}", given)
        command = next(commands)
        answer = workbench(*command)
        assert answer.status in (0, 2), (column, value, command, answer)


@pytest.mark.parametrize("command", [("runs",), ("runs", "--json"), ("show", "1"), ("doctor",)])
def test_a_home_with_too_long_a_name_is_a_message(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / ("x" * 300)))
    answer = workbench(*command)
    assert answer.status == 2
    assert "File name too long" in answer.err + answer.out
