"""The presets command: lists the presets, or writes one as TOML."""

from __future__ import annotations

import shutil
import textwrap
from typing import Annotated

import typer

from engine.experiment import toml_file
from workbench.commands.options import Json
from workbench.commands.output import say, write_json


def presets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Write this preset's TOML instead.")] = None,
    as_json: Json = False,
) -> None:
    """List the presets; `workbench presets imdb > mine.toml` makes a file to change."""
    if name is not None:
        chosen = toml_file.load(name)
        write_json(chosen.model_dump(mode="json")) if as_json else say(toml_file.dumps(chosen).rstrip())
        return
    found = toml_file.presets()
    if as_json:
        shown = ((key, one.name, one.about, one.data.dataset) for key, one in found.items())
        names = ("preset", "name", "about", "dataset")
        write_json({"presets": [dict(zip(names, values, strict=True)) for values in shown]})
        return
    for key, one in found.items():
        say(f"{key:<20}{one.name}")
        for line in textwrap.wrap(one.about, max(40, min(shutil.get_terminal_size().columns, 100) - 20)):
            say(f"{'':20}{line}")
