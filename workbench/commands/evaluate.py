"""The evaluate command: a run's results on held-out samples by class, probability, threshold and slice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.datasets.dataset import Dataset
from engine.errors import DataError, EngineError
from engine.evaluation.audit.readable import readable
from engine.evaluation.report import Report, report
from engine.events import Preparation
from engine.runs import RunStore, held_out_outputs
from engine.runs.kept_decision import read_decision
from engine.system.counts import counted
from workbench.commands.inputs import store
from workbench.commands.options import Json, RunId
from workbench.commands.output import say, say_table, write_json
from workbench.commands.progress_bar import wait
from workbench.text.evidence import with_interval
from workbench.text.numbers import number, with_margin

SHOWN = 10
"""Slices, classes and samples that are listed in text output."""

TEXT = 160
"""Characters of a sample that are shown."""


def evaluate(
    run: RunId,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="f1|cost:FP,FN|P",
            help="Choose the threshold between two classes on validation samples, by F1, by the cost of mistakes, "
            "or by hand, and keep it: the run's predictions and tests then use it.",
        ),
    ] = None,
    temperature: Annotated[
        bool, typer.Option("--temperature", help="Fit a temperature on validation samples and keep it.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Evaluate on the test samples (counted).")] = False,
    cell: Annotated[
        str | None, typer.Option(metavar="TRUE:PREDICTED", help="List the samples in this confusion matrix cell.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="WORD|length>N|SLICE",
            help="Also score the samples with this word, of this length, or of a slice by its name; with --cell, "
            "list only those.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate a run on held-out samples: scores per class, calibration, and the slices where it errs most."""
    runs = store()
    if threshold is not None or temperature:
        from engine.runs.kept_decision import decide

        wait(decide(runs, run, threshold, temperature))
    dataset, found = wait(_reported(runs, run, test))
    extra = _extra(dataset, found, cell, where)
    if as_json:
        write_json({"run": run} | found.as_object() | extra)
    else:
        _say(found)
        _say_extra(dataset, extra)


def _reported(runs: RunStore, run: str, test: bool) -> Preparation[tuple[Dataset, Report]]:
    record = runs.get(run)
    dataset = yield from held_out_outputs.load_data(record)
    outputs = yield from held_out_outputs.held_out_outputs(runs, run, dataset, "test" if test else None)
    if test and record.kind != "retrain":
        runs.count_test_read(dataset.name, dataset.digest)
    return dataset, report(outputs, dataset, read_decision(runs, record))


def _extra(dataset: Dataset, found: Report, cell: str | None, asked: str | None) -> dict[str, Any]:
    """Return what was asked for beyond the report: a cell's samples, the score of those that match a filter."""
    from engine.evaluation.slices import FEWEST, slice_of, where

    extra: dict[str, Any] = {}
    mask = where(found.outputs, dataset, asked) if asked is not None else None
    if cell is not None:
        true, predicted = (_label(dataset, name) for name in _two(cell))
        extra["cell"] = {"samples": found.cell(true, predicted, mask).tolist()}
    if mask is not None:
        scored = slice_of(found.outputs, str(asked), mask)
        if scored is None and cell is None:
            raise EngineError(f"{counted(int(mask.sum()), 'held-out sample')} with {asked!r}: {FEWEST} are needed")
        extra["where"] = asdict(scored) if scored else None
    return extra


def _two(cell: str) -> tuple[str, str]:
    true, colon, predicted = cell.partition(":")
    if not colon:
        raise DataError(f"--cell {cell}: it should be TRUE:PREDICTED, as in negative:positive")
    return true, predicted


def _label(dataset: Dataset, name: str) -> int:
    if name not in dataset.labels:
        known = ", ".join(dataset.labels[:SHOWN]) or "none: a value is predicted"
        raise DataError(f"{dataset.title} has no class {name!r}; its classes are {known}")
    return dataset.labels.index(name)


def _say(found: Report) -> None:
    say(f"{counted(len(found.outputs), found.outputs.split + ' sample')}")
    if not found.decision.plain:
        say(found.decision.words)
    for name, value in found.values.items():
        say(f"{name} {with_interval(value, found.intervals.get(name))}")
    if found.classes:
        _say_classes(found)
    rows = [(one.name, one.samples, one.score, *one.interval, one.rest, one.gap) for one in found.slices]
    say()
    say_table(("worst slices", "samples", "score", "low", "high", "rest", "gap"), rows[:SHOWN])


def _say_classes(found: Report) -> None:
    table = found.classes
    assert table is not None
    assert found.reliability is not None
    say(f"log loss {number(found.log_loss)}, expected calibration error {number(found.reliability.error)}")
    for curve in found.curves[:SHOWN]:
        auc, area = with_interval(curve.auc, curve.auc_interval), number(curve.average_precision)
        say(f"{curve.label} against the rest: ROC area {auc}, precision-recall area {area}")
    say()
    rows = [
        (one.label, one.samples, *(with_margin(value, interval.margin) for value, interval in one.values))
        for one in table.worst_first[:SHOWN]
    ]
    say_table(("class", "samples", "precision", "recall", "f1"), rows)
    if len(table.labels) <= SHOWN:
        say()
        say_table(
            ("true", *table.labels),
            [(label, *cells) for label, cells in zip(table.labels, table.confusion.tolist(), strict=True)],
        )


def _say_extra(dataset: Dataset, extra: dict[str, Any]) -> None:
    if one := extra.get("where"):
        matching = counted(one["samples"], "sample")
        say(f"{one['name']}: {matching}, {number(one['score'])}, else {number(one['rest'])}")
    samples = extra.get("cell", {}).get("samples", [])
    if "cell" in extra:
        say(f"{counted(len(samples), 'sample')} in this cell, the most confident predictions first")
    for index in samples[:SHOWN]:
        say(f"#{index} {readable(dataset, index)[:TEXT]}")
