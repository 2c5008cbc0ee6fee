"""The data audit and data mark commands."""

from __future__ import annotations

from typing import Annotated

import typer

from engine import datasets
from engine.datasets.dataset import Dataset
from engine.evaluation.audit import audit_marks, data_audit
from engine.evaluation.audit.audit_marks import marks_file, read_marks
from engine.evaluation.audit.data_audit import Audit
from engine.evaluation.audit.drift import NOTABLE
from engine.evaluation.audit.readable import readable
from engine.events import Preparation
from engine.experiment.model import Data, Experiment
from workbench.commands.data import data
from workbench.commands.options import Json
from workbench.commands.output import say, say_table, write_json
from workbench.commands.progress_bar import wait

SHOWN = 20
"""Suspects, conflicts and groups of duplicates that are listed in text output."""

TEXT = 160
"""Characters of a sample that are shown."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set's name, or a file or folder of your own.")]
Target = Annotated[str | None, typer.Option(help="The target column of a table of your own.")]
Text = Annotated[str | None, typer.Option(help="The text column of a table of your own.")]


@data.command()
def audit(
    name: Name,
    test: Annotated[
        bool,
        typer.Option("--test/--no-test", help="Judge the labels of the test samples too (counted)."),
    ] = True,
    target: Target = None,
    text: Text = None,
    as_json: Json = False,
) -> None:
    """Audit a data set: duplicates, conflicting and suspicious labels, and drift between its splits.

    Nothing is changed. `workbench data mark NAME SAMPLE wrong` records your verdict on a sample; a later audit
    reports the accuracy without the samples marked wrong.
    """
    dataset, found = wait(_audited(name, test, target, text))
    if test and len(dataset.split.test) and dataset.labels:
        from engine.runs import RunStore

        RunStore().count_test_read(dataset.name, dataset.digest)
    if as_json:
        write_json(found.as_object())
    else:
        _say(dataset, found)


@data.command()
def mark(
    name: Name,
    sample: Annotated[int, typer.Argument(help="The sample's index, as the audit lists it.")],
    said: Annotated[
        str, typer.Argument(metavar="MARK", help="wrong, right or unclear; without it, the mark is removed.")
    ] = "",
    target: Target = None,
    text: Text = None,
) -> None:
    """Mark a sample's label as wrong, right or unclear, in a file beside the data set."""
    dataset = wait(_loaded(name, target, text))
    file = audit_marks.marks_file(dataset, name)
    found = audit_marks.mark(file, dataset, sample, said)
    say(f"sample {sample} is {f'marked {said}' if said else 'not marked'}; {len(found):,} marked in {file}")


def _loaded(name: str, target: str | None, text: str | None) -> Preparation[Dataset]:
    return (yield from datasets.load(Data(dataset=name, target=target, text=text), Experiment().seed))


def _audited(name: str, test: bool, target: str | None, text: str | None) -> Preparation[tuple[Dataset, Audit]]:
    dataset = yield from _loaded(name, target, text)
    marks = read_marks(marks_file(dataset, name), dataset)
    return dataset, (yield from data_audit.audit(dataset, marks, test))


def _say(dataset: Dataset, found: Audit) -> None:
    same = found.duplicates
    say(f"{dataset.title}: {len(dataset.targets):,} samples, {dataset.source}")
    say(f"duplicates: {same.within:,} within a split, {same.across:,} across splits")
    say(f"near duplicates: {same.near_within:,} within a split, {same.near_across:,} across splits")
    _say_drift(found)
    if not dataset.labels:
        return
    say(f"equal samples with different labels: {len(found.conflicts):,}")
    for conflict in found.conflicts[:SHOWN]:
        named = zip(conflict.samples, conflict.labels, strict=True)
        say("    " + ", ".join(f"#{index} {label}" for index, label in named))
    _say_suspects(dataset, found)


def _say_drift(found: Audit) -> None:
    drift = found.drift
    if drift.auc == drift.auc:
        verdict = "they differ" if drift.auc >= NOTABLE else "alike"
        say(f"drift: a classifier separates {drift.first} and {drift.second} with AUC {drift.auc:.3f}: {verdict}")


def _say_suspects(dataset: Dataset, found: Audit) -> None:
    likely = sum(one.likely for one in found.suspects)
    say(
        f"labels that a model of the other samples doubts: {len(found.suspects):,} of {found.judged:,}, "
        f"{likely:,} of them likely errors; its accuracy is {found.accuracy:.4f}"
    )
    if found.cleaned_accuracy == found.cleaned_accuracy:
        say(f"without the samples marked wrong its accuracy is {found.cleaned_accuracy:.4f}")
    rows = [
        (one.sample, one.split, one.label, one.probability, one.mark or "", readable(dataset, one.sample)[:TEXT])
        for one in found.suspects
    ]
    say_table(("sample", "split", "label", "probability", "mark", "reads"), rows[:SHOWN], ("reads",))
    if len(rows) > SHOWN:
        say(
            f"and {len(rows) - SHOWN:,} more, all in --json; mark one with `workbench data mark NAME SAMPLE wrong`"
        )
