"""The compare command: differing settings, scores, and whether the difference exceeds noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.datasets.undefined_metrics import with_undefined
from engine.errors import EngineError, StoreError
from engine.evaluation.intervals import Interval
from engine.runs import RunRecord, RunStore, evidence
from engine.runs.group_comparison import Disagreements, GroupComparison, compare_groups, disagreements, two_groups
from engine.runs.paired_runs import Comparison, compare_runs
from engine.system.counts import counted
from workbench.commands.inputs import store
from workbench.commands.options import Json
from workbench.commands.output import say, say_lines, say_table, write_json
from workbench.commands.progress_bar import wait
from workbench.commands.runs import state
from workbench.text.numbers import duration, number

DECODED = 200
"""Characters of a sample that are printed."""


def compare(
    named: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more, or groups of runs (--repeat).")
    ],
    rows: Annotated[
        int,
        typer.Option("--samples", min=0, help="For two runs, show this many samples on which they disagree."),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Compare runs: the settings that differ, their scores, and whether the difference is more than noise.

    A retrained run named alone is compared with the run it was retrained from.
    """
    runs = store()
    records = [runs.get(run) for name in named for run in members(runs, name)]
    if len(records) == 1 and (parent := records[0].parent):
        records.insert(0, runs.get(parent))
    if len(records) < 2:
        raise EngineError("name two runs or more, or two groups")
    noise, why_not = against_noise(records)
    compared = wait(compare_runs(runs, records))
    disagreeing = _disagreeing(runs, records, rows) if rows else None
    if as_json:
        found: dict[str, Any] = {
            "runs": [evidence.known_object(runs, record) for record in records],
            "settings": differing(records),
        }
        found |= {"groups": asdict(noise) | {"within_noise": noise.within_noise}} if noise else {}
        found |= compared.as_object()
        write_json(found | ({"disagreements": _as_object(disagreeing)} if disagreeing else {}))
        return
    _say_side_by_side(runs, records)
    say_lines(retrained(records))
    _say_tests(compared)
    if noise or why_not:
        say(str(noise or why_not))
    if disagreeing:
        _say_disagreements(disagreeing)


def _say_tests(compared: Comparison) -> None:
    for one in compared.tests:
        say(f"{one.metric}, {one.a} against {one.b}: {one.verdict}")
    say_lines(compared.notes)


def members(runs: RunStore, name: str) -> list[str]:
    """Return the ids of the runs that a name stands for: a single run, or the members of a group."""
    group = [run.id for run in runs.summaries() if run.group == name]
    return group[::-1] or [name]


def against_noise(records: Sequence[RunRecord]) -> tuple[GroupComparison | None, str]:
    """Compare the two groups that the runs belong to; None if they are not two groups.

    The second value is the reason why two groups cannot be compared, else empty.
    """
    groups = two_groups(records)
    if groups is None:
        return None, ""
    try:
        return compare_groups(*groups), ""
    except StoreError as error:
        return None, str(error)


def differing(records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """Return the settings that differ between the runs, with each run's value in order."""
    paths = dict.fromkeys(path for record in records for path in record.settings)
    values = {
        path: [record.settings.get(path) for record in records] for path in paths if path not in ("name", "about")
    }
    return {path: found for path, found in values.items() if any(value != found[0] for value in found)}


def retrained(records: Sequence[RunRecord]) -> Iterator[str]:
    """Yield a line for each retrained run listed with its parent: its test scores beside the parent's validation
    scores.
    """
    known = {record.id: record for record in records}
    for record in records:
        parent = known.get(record.parent or "")
        if parent is None or record.kind != "retrain" or record.test is None:
            continue
        pairs = [
            f"test {name} {number(value)} (validation {number(parent.best[f'val_{name}'])})"
            for name, value in record.test.items()
            if f"val_{name}" in parent.best
        ]
        made = f"run {record.id} is run {parent.id} retrained on training and validation samples"
        yield f"{made}: {', '.join(pairs)}"


def _say_side_by_side(runs: RunStore, records: Sequence[RunRecord]) -> None:
    rows: list[tuple[object, ...]] = [("name", *(record.name for record in records))]
    rows += [(path, *map(_shown, values)) for path, values in differing(records).items()]
    if any(record.parent for record in records):
        rows.append(("from", *(f"{one.kind} of {one.parent}" if one.parent else "-" for one in records)))
    rows += [(name, *(value(record) for record in records)) for name, value in _RUN_ROWS.items()]
    margins = {record.id: evidence.known_intervals(runs, record) for record in records}
    best = {record.id: with_undefined(record.best, record.metrics) for record in records}
    rows += [
        (name, *(_score_cell(best[record.id].get(name), margins[record.id].get(name)) for record in records))
        for name in dict.fromkeys(name for values in best.values() for name in values)
    ]
    tests = dict.fromkeys(name for record in records for name in record.test or {})
    rows += [
        (
            f"test {name}",
            *(
                _score_cell((record.test or {}).get(name), margins[record.id].get(f"test_{name}"))
                for record in records
            ),
        )
        for name in tests
    ]
    say_table(("", *(f"run {record.id}" for record in records)), rows)


def _disagreeing(runs: RunStore, records: Sequence[RunRecord], rows: int) -> Disagreements:
    if len(records) != 2:
        raise EngineError("--samples compares two runs, sample by sample: name two")
    return wait(disagreements(runs, records[0].id, records[1].id, rows))


def _say_disagreements(found: Disagreements) -> None:
    say()
    say(f"{found.total:,} of {counted(found.samples, 'held-out sample')} get different predictions")
    for one in found.shown:
        answers = (f"{answer.label} {number(answer.value)}".strip() for answer in (one.first, one.second))
        truth = one.sample.label or number(one.sample.target)
        say(f"#{one.sample.index} is {truth}: {' versus '.join(answers)}")
        say(f"    {one.sample.decoded[:DECODED]}")


def _as_object(found: Disagreements) -> dict[str, Any]:
    return {
        "samples": found.samples,
        "total": found.total,
        "shown": [
            {
                "sample": one.sample.index,
                "label": one.sample.label or one.sample.target,
                "decoded": one.sample.decoded,
                "predictions": [one.first.value, one.second.value],
                "labels": [one.first.label, one.second.label],
            }
            for one in found.shown
        ],
    }


_RUN_ROWS: Mapping[str, Any] = {
    "status": state,
    "parameters": lambda record: "-" if record.parameters is None else f"{record.parameters:,}",
    "epochs": lambda record: str(record.epochs_done),
    "trained": lambda record: duration(record.seconds_train),
    "best epoch": lambda record: str(record.best_epoch or "-"),
}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "-" if value is None else str(value)


def _score_cell(value: float | None, interval: Interval | None = None) -> str:
    margin = f" ±{number(interval.margin)}" if interval else ""
    return "-" if value is None else number(value) + margin
