"""The data commands: list and show data sets, download published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Annotated, Any

import typer

from engine import checks, datasets, features
from engine.checks import Finding
from engine.checks.proposals import propose_for
from engine.datasets import Entry
from engine.datasets.locations import Source
from engine.errors import DataError, EngineError
from engine.events import Preparation
from engine.experiment.model import Data, Experiment
from engine.experiment.setting_paths import with_settings
from engine.features.summary import Histogram, Summary, Words, summarise
from engine.system.paths import exists, expanded
from engine.system.suggest import hint, shown
from workbench.commands.findings import as_object, lines
from workbench.commands.inputs import setting_values
from workbench.commands.options import Json, Settings
from workbench.commands.output import say, say_lines, say_table, write_json
from workbench.commands.own_data import data_settings
from workbench.commands.progress_bar import wait
from workbench.text.describe import samples_line

data = typer.Typer(help="See which data sets are there; get one that is not.")

WORDS = 12
"""Words of each kind that are listed."""

EXAMPLE = 20
"""Characters of a column's example that are listed."""

CLASSES = 8
"""Classes whose most characteristic words are listed."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `workbench data list` names it.")]


@data.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """See which data sets are there; get one that is not."""
    if context.invoked_subcommand is None:
        list_()


@data.command("list")
def list_(as_json: Json = False) -> None:
    """List the data sets, and where each is found on this machine."""
    if as_json:
        write_json({"datasets": [_object(entry) for entry in datasets.CATALOGUE.values()]})
        return
    rows = []
    for entry in datasets.CATALOGUE.values():
        found = next((source.name for source in datasets.sources_of(entry.name) if source.available), None)
        rows.append((entry.name, entry.title, entry.task, entry.samples, found or "not here: workbench data get"))
    say_table(("name", "title", "task", "samples", "source"), rows)


@data.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A data set's name, or a file or folder of your own.")
    ],
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to predict.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of text to read.")] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Show a data set: what it holds, how each column was interpreted, and what is odd about it."""
    entry = datasets.entry(name)
    if entry is None and not (name and exists(expanded(name))):
        raise _unknown(name, "data set or file")
    sources = datasets.sources_of(name) if entry else ()
    here = entry is None or any(source.available for source in sources)
    changes = setting_values(settings)
    changes |= {f"data.{key}": value for key, value in (("target", target), ("text", text)) if value is not None}
    found = wait(_shown(name, changes)) if here else None
    if as_json:
        write_json((_object(entry) if entry else {}) | ({"summary": _summary_object(found)} if found else {}))
        return
    if entry:
        _say_entry(entry, sources)
    if found:
        _say_summary(found.summary)
        say_lines(lines(found.findings, found.experiment))
    else:
        say(f"not on this machine: `workbench data get {name}` downloads it")


@data.command()
def get(name: Name) -> None:
    """Download a data set's published file, checked by its hash. Nothing else here uses the network."""
    entry = datasets.entry(name)
    if entry is None:
        raise _unknown(name, "data set")
    path = wait(datasets.get(name))
    say(f"{entry.title}: {path}")


def _unknown(name: str, what: str) -> DataError:
    return DataError(f"no {what} is called {shown(name)}: {hint(name, datasets.CATALOGUE)}")


@dataclass(frozen=True)
class _Shown:
    """A data set's summary, and the findings on the data with the experiment proposed for it."""

    summary: Summary
    findings: Sequence[Finding]
    experiment: Experiment


def _shown(name: str, changes: Mapping[str, object]) -> Preparation[_Shown]:
    if wrong := [path for path in changes if not path.startswith("data.")]:
        raise EngineError(f"--set {wrong[0]}: data show only takes settings of data, such as data.target")
    known = datasets.entry(name) is not None
    asked = (
        with_settings(Experiment(data=Data(dataset=name)), changes).data if known else data_settings(name, changes)
    )
    dataset = yield from datasets.load(asked, Experiment().seed)
    fitted = yield from features.fit(dataset, asked, dataset.split.train)
    proposed = propose_for(dataset, asked)
    findings = [] if known else checks.before(proposed, checks.facts(dataset, fitted))
    return _Shown(summarise(dataset, fitted), findings, proposed)


def _summary_object(found: _Shown) -> dict[str, Any]:
    findings = [as_object(one, found.experiment, "fix") for one in found.findings]
    classes = [{"label": one.label, "rows": one.samples} for one in found.summary.classes]
    return asdict(found.summary) | {"classes": classes, "findings": findings}


def _say_entry(entry: Entry, sources: Sequence[Source]) -> None:
    say(f"{entry.title}: {entry.about}")
    say_lines(entry.notes)
    say()
    say_table(
        ("source", "", "path", "note"),
        [(one.name, "here" if one.available else "missing", one.path, one.note) for one in sources],
    )
    say()


def _say_summary(found: Summary) -> None:
    say(f"{found.facts.source}: {samples_line(found.facts)}")
    say_lines(found.notes if found.reading else ())
    if found.classes:
        say()
        classes = sorted(found.classes, key=lambda one: -one.samples[0])
        say_table(("class", "train", "validation", "test"), [(one.label, *one.samples) for one in classes])
    if found.target:
        say_table(("regression target", *_SPREAD), [(found.target_name, *_spread(found.target))])
    if found.columns:
        say()
        _say_columns(found)
    if found.words:
        _say_words(found.words)


def _say_columns(found: Summary) -> None:
    if found.reading is None:
        columns = [(one.name, one.lowest, one.mean, one.highest, one.correlation) for one in found.columns]
        say_table(("column", "lowest", "mean", "highest", "correlation"), columns)
        return
    facts = attrgetter("name", "role", "kind", "missing", "distinct")
    roles = [(*facts(one), one.example[:EXAMPLE], one.treatment or one.reason) for one in found.columns]
    say_table(("column", "role", "type", "missing", "distinct", "example", "treatment"), roles)


def _say_words(words: Words) -> None:
    say()
    say_table(("", *_SPREAD), [("words in a sample", *_spread(words.lengths))])
    say(f"{words.distinct:,} distinct words; {words.unknown:.1%} of all words are beyond the vocabulary")
    say("most frequent: " + " ".join(word for word, _ in words.frequent[:WORDS]))
    for one in words.telling[:CLASSES]:
        say(f"of {one.label}: " + " ".join(word for word, _ in one.words[:WORDS]))


_SPREAD = ("lowest", "median", "mean", "highest")


def _spread(found: Histogram) -> tuple[float, ...]:
    return found.lowest, found.median, found.mean, found.highest


def _object(entry: Entry) -> dict[str, Any]:
    names = ("name", "title", "kind", "task", "samples", "classes", "columns", "labels", "about", "notes")
    facts = {"rows" if name == "samples" else name: getattr(entry, name) for name in names}
    return facts | {
        "sources": [
            {"name": source.name, "place": str(source.path), "available": source.available, "note": source.note}
            for source in datasets.sources_of(entry.name)
        ],
    }
