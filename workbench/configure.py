"""Applies a person's configuration to a command or to the screen, and the ``workbench config`` commands."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from engine.errors import EngineError, Mistake
from engine.experiment.model import Experiment
from engine.system import toml_text
from engine.system.atomic_write import write_bytes
from engine.system.paths import expanded
from workbench.commands.options import Json, experiment, for_screen
from workbench.commands.output import say, warn, write_json
from workbench.config import file
from workbench.config.file import ConfigError
from workbench.config.model import Config
from workbench.terminal.streams import results
from workbench.tui.preferences import Preferences

if TYPE_CHECKING:
    from workbench.config.document import KeyLine

SCHEMA = "config.schema.json"
"""The schema's file, beside the configuration's."""

config = typer.Typer(help="Show, edit and check config.toml: colours, keys, mouse, data folders, notifications.")


def apply() -> Config:
    """Read the configuration for a command, which finds data in its folders; raises ConfigError."""
    return _applied().config


def _applied() -> file.Read:
    found = file.read()
    if mistakes := file.missing_folders(found):
        raise ConfigError(toml_text.shown_path(found.path), mistakes)
    _name_folders(found.config)
    return found


def _name_folders(config: Config) -> None:
    """Name the data folders in the environment, which worker processes inherit; what is there already is kept."""
    if config.data_folders and not os.environ.get("WORKBENCH_DATA"):
        os.environ["WORKBENCH_DATA"] = os.pathsep.join(str(expanded(name)) for name in config.data_folders)


def preferences() -> Preferences:
    """The configuration for the screen, which starts whatever is wrong with it, and says so."""
    try:
        found = _applied()
    except ConfigError as error:
        return Preferences(notices=(f"The configuration is not used. {error}",))
    keymap, mistakes, clashes = _checked(found)
    source = toml_text.shown_path(found.path)
    unused = (f"Not used of the configuration: {ConfigError(source, mistakes)}",) if mistakes else ()
    return Preferences(found.config, keymap, (*unused, *clashes))


def first_experiment(preferences: Preferences) -> tuple[Experiment, Preferences]:
    """What the screen opens where nothing is named; where that cannot be opened, the standard one, and why."""
    named = preferences.config.experiment
    try:
        return for_screen(named), preferences
    except EngineError as error:
        notice = f"{toml_text.shown_path(file.location())}: experiment: {error}"
        standard = Config.model_fields["experiment"].default
        return experiment(standard), replace(preferences, notices=(*preferences.notices, notice))


def _checked(found: file.Read) -> tuple[dict[str, str], tuple[Mistake, ...], tuple[str, ...]]:
    """The keys that can be used, why others cannot be, and which clash."""
    if found.config.keymap == "standard" and not found.config.keys:
        return {}, (), ()
    from workbench.tui import bindings

    checked = bindings.check(found.config.keymap, found.config.keys)
    mistakes = tuple(found.mistake(f"keys.{id}", why) for id, why in checked.mistakes)
    return dict(checked.keymap), mistakes, tuple(checked.clashes)


def key_lines() -> list[KeyLine]:
    """Every binding with its standard keys."""
    from workbench.config.document import KeyLine
    from workbench.tui import bindings

    return [KeyLine(one.id, one.key, one.words) for one in bindings.bindings().values()]


@config.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show the configuration with its comments, and where it lies."""
    if context.invoked_subcommand is not None:
        return
    from workbench.config import document

    found = file.read()
    if as_json:
        values = found.config.model_dump(mode="json")
        write_json({"path": str(found.path), "exists": found.exists, "config": values})
        return
    there = "" if found.exists else " (not there yet: `workbench config edit` writes it)"
    say(f"# {toml_text.shown_path(found.path)}{there}")
    say(document.text(found.config, key_lines(), dict(_environment())).rstrip("\n"))


def _environment() -> Iterator[tuple[str, str]]:
    """What the environment says in place of the file."""
    for setting, name in (("theme", "TEXTUAL_THEME"), ("data_folders", "WORKBENCH_DATA")):
        if value := os.environ.get(name):
            yield setting, f"{name} is set now, to {value}."


@config.command()
def edit() -> None:
    """Open the configuration in $VISUAL or $EDITOR; writes it first, all settings as comments."""
    from workbench.config import document
    from workbench.terminal import editor

    path = file.location()
    editor.command()
    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = key_lines()
        head = f"#:schema ./{SCHEMA}\n"
        write_bytes(path.with_name(SCHEMA), json.dumps(document.schema(lines), indent=2).encode())
        write_bytes(path, (head + document.text(Config(), lines)).encode())
    editor.edit(path)
    check()


@config.command()
def check(as_json: Json = False) -> None:
    """Say what is wrong with the configuration, and which keys clash."""
    found = file.read()
    _, wrong, clashes = _checked(found)
    mistakes = (*file.missing_folders(found), *wrong)
    if mistakes:
        raise ConfigError(toml_text.shown_path(found.path), mistakes)
    if as_json:
        write_json({"path": str(found.path), "exists": found.exists, "clashes": list(clashes)})
        return
    for clash in clashes:
        warn(f"warning: {clash}")
    say(f"{toml_text.shown_path(found.path)}: {'sound' if found.exists else 'not there: the defaults are used'}")


@config.command()
def schema() -> None:
    """Write the JSON Schema of config.toml, for editors."""
    from workbench.config import document

    print(json.dumps(document.schema(key_lines()), indent=2), file=results())
