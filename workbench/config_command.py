"""The ``workbench config`` commands: show, edit and check config.toml, and write its JSON Schema."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import typer

from engine.system import toml_text
from engine.system.atomic_write import write_bytes
from workbench.commands.options import Json
from workbench.commands.output import say, warn, write_json
from workbench.config import document, file
from workbench.config.document import KeyLine
from workbench.config.file import ConfigError
from workbench.config.model import Config
from workbench.configure import checked_keys
from workbench.terminal.streams import results

SCHEMA = "config.schema.json"
"""The schema's file name, beside config.toml."""

config = typer.Typer(help="Show, edit and check config.toml: colours, keys, mouse, data folders, notifications.")


def key_lines() -> list[KeyLine]:
    """Return every binding with its default keys."""
    from workbench.tui import bindings

    return [KeyLine(one.id, one.key, one.words) for one in bindings.bindings().values()]


@config.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show the configuration with its comments, and its path."""
    if context.invoked_subcommand is not None:
        return
    found = file.read()
    if as_json:
        values = found.config.model_dump(mode="json")
        write_json({"path": str(found.path), "exists": found.exists, "config": values})
        return
    there = "" if found.exists else " (not there yet: `workbench config edit` writes it)"
    say(f"# {toml_text.shown_path(found.path)}{there}")
    say(document.text(found.config, key_lines(), dict(_environment())).rstrip("\n"))


def _environment() -> Iterator[tuple[str, str]]:
    """Yield the settings that environment variables override, with a note on each."""
    for setting, name in (("theme", "TEXTUAL_THEME"), ("data_folders", "WORKBENCH_DATA")):
        if value := os.environ.get(name):
            yield setting, f"{name} is set now, to {value}."


@config.command()
def edit() -> None:
    """Open the configuration in $VISUAL or $EDITOR; if there is no file yet, write one with all settings as
    comments.
    """
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
    """Check the configuration for mistakes and clashing keys."""
    found = file.read()
    _, wrong, clashes = checked_keys(found)
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
    print(json.dumps(document.schema(key_lines()), indent=2), file=results())
