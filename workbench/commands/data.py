"""The data sets that are there, where their rows come from, and the one command that downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import DataError
from workbench.commands.common import Json, say, say_table, write_json
from workbench.progress import wait

if TYPE_CHECKING:
    from engine.datasets import Entry

data = typer.Typer(help="See which data sets are there; get one that is not.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `workbench data list` names it.")]


@data.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """See which data sets are there; get one that is not."""
    if context.invoked_subcommand is None:
        list_()


@data.command("list")
def list_(as_json: Json = False) -> None:
    """List the data sets, and where each is found on this machine."""
    from engine.datasets import CATALOGUE

    if as_json:
        write_json({"datasets": [_object(entry) for entry in CATALOGUE.values()]})
        return
    rows = []
    for entry in CATALOGUE.values():
        found = next((source.name for source in _sources(entry.name) if source.available), None)
        rows.append((entry.name, entry.title, entry.task, entry.rows, found or "not here: workbench data get"))
    say_table(("name", "title", "task", "rows", "source"), rows)


@data.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a data set: what it holds, where it is looked for, and what to know about it."""
    entry = _entry(name)
    if as_json:
        write_json(_object(entry))
        return
    say(f"{entry.title}: {entry.about}")
    classes = f"{entry.classes} classes" if entry.classes else "a figure"
    columns = f"{entry.columns} columns" if entry.kind == "columns" else "text"
    say(f"{entry.rows:,} rows of {columns}; to predict: {classes}")
    for note in entry.notes:
        say(note)
    say()
    say_table(
        ("source", "", "place", "note"),
        [
            (source.name, "here" if source.available else "missing", source.place, source.note)
            for source in _sources(name)
        ],
    )


@data.command()
def get(name: Name) -> None:
    """Download a data set's published file, checked by its hash. Nothing else here uses the network."""
    from engine import datasets

    entry = _entry(name)
    path = wait(datasets.get(name))
    say(f"{entry.title}: {path}")


def _entry(name: str) -> Entry:
    from engine import datasets

    found = datasets.entry(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, datasets.CATALOGUE, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(datasets.CATALOGUE)}"
        raise DataError(f"no data set is called {name!r}: {hint}")
    return found


def _sources(name: str) -> Any:
    from engine import datasets

    return datasets.sources(name)


def _object(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "kind": entry.kind,
        "task": entry.task,
        "rows": entry.rows,
        "classes": entry.classes,
        "columns": entry.columns,
        "labels": list(entry.labels),
        "about": entry.about,
        "notes": list(entry.notes),
        "sources": [
            {"name": source.name, "place": str(source.place), "available": source.available, "note": source.note}
            for source in _sources(entry.name)
        ],
    }
