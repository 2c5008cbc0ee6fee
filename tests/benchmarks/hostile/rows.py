"""Rows of a run store with every wrong value in every column, with and without a checksum that fits.

Each case is one column; every command that takes a run is called on a run for each wrong value in it.
"""

from __future__ import annotations

from itertools import product

from tests.benchmarks.hostile.cases import Case
from tests.workbench.damaged_rows import EPOCHS, RUNS, USING, WRONG, loose, spoil

COLUMNS = [
    (table, column, sealed)
    for table, columns in (("runs", RUNS), ("epochs", EPOCHS))
    for column, sealed in product(columns, (False, True))
]


def campaign(case: Case) -> None:
    """Puts each wrong value into one column of its own run: other runs stay, and messages name the damaged one."""
    table, column, sealed = COLUMNS[case.number % len(COLUMNS)]
    home = case.folder / "home"
    spoilt = spoil(loose(home), table, [(column, value) for value in WRONG.values()], sealed)
    listed = {run["run"] for run in case.json("runs", "--last", "0").get("runs", ())}
    if (missing := {"1", *spoilt} - listed) and column != "deleted":
        case.changed(f"{table}.{column}: runs {sorted(missing)} are not listed")
    case.call("runs", "--last", "0")
    for number, (run, command) in enumerate(product(spoilt, USING)):
        words = [word.format(run, out=case.folder / f"out-{number}") for word in command]
        status, out, err = case.call(*words)
        wrong = f"{table}.{column} = {spoilt[run][1]!r:.60}: {' '.join(command)}"
        unread = table == "epochs" and command[0] in ("tag", "note", "rename")
        if not (sealed or unread) and not (status == 2 and f"run {run} " in err):
            case.changed(f"{wrong} ended with {status}: {err or out:.200}")
        if "\x1b" in out + err:
            case.changed(f"{wrong} wrote control codes")
    if case.call("show", "1")[0]:
        case.changed(f"{table}.{column}: the sound run cannot be shown")
    case.call("purge")
