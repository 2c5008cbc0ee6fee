"""Builds the subcommands into one Typer application."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import EngineError
from workbench import config_command
from workbench.command_list import COMMANDS, COMPLETION, INSPECT, OPEN, command_name, names, no_such_command
from workbench.opening import Call, open_screen

app = typer.Typer(
    help="Train small Keras networks: on a keyboard-driven screen, or by commands.",
    subcommand_metavar="[EXPERIMENT] | COMMAND ...",
    epilog="`workbench imdb` opens the screen on a preset, `workbench mine.toml` on a file, `workbench` on the "
    "IMDB baseline. WORKBENCH_HOME holds runs, caches and the log; data is searched for in WORKBENCH_DATA first. "
    "`workbench config` shows what can be configured: colours, keys, mouse, folders, notifications.",
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"workbench {version('training-workbench')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train small Keras networks: on a keyboard-driven screen, or by commands."""


@app.command(OPEN, hidden=True)
def open_(
    context: typer.Context,
    named: Annotated[
        str,
        typer.Argument(
            metavar="[EXPERIMENT]", help="A preset's name, a TOML file, or a file of data.", show_default=False
        ),
    ] = "",
    rest: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    slow_link: Annotated[
        bool | None, typer.Option("--slow-link/--fast-link", help="Repaint less: for a slow connection.")
    ] = None,
    mouse: Annotated[
        bool | None, typer.Option("--mouse/--no-mouse", help="Use the mouse, or leave it to the terminal.")
    ] = None,
    continue_: Annotated[
        bool, typer.Option("--continue", help="Continue the last session: its experiment, edits and screen.")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines of text instead of a screen: for screen readers and pipes.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser", hidden=True)] = False,
) -> None:
    """Open the screen on an experiment; with ``browser``, over pipes for ``workbench serve``."""
    if rest:
        raise EngineError(no_such_command(named))
    if continue_ and named:
        raise EngineError(f"--continue opens the last session's experiment: leave out {named!r}")
    call: Call = context.obj
    status = open_screen(
        named, call, plain=plain, slow_link=slow_link, mouse=mouse, continues=continue_, browser=browser
    )
    raise typer.Exit(status)


def with_commands(name: str | None = None) -> typer.Typer:
    """Return the app with one command, or with all if ``name`` is None; only their modules are imported."""
    del app.registered_commands[1:], app.registered_groups[:]
    for panel, module, function in COMMANDS:
        if name in (None, command_name(function)):
            found = getattr(import_module(f"workbench.commands.{module}"), function)
            app.command(rich_help_panel=panel)(found)
    if name in (None, "data"):
        data = import_module("workbench.commands.data_audit").data
        app.add_typer(data, name="data", rich_help_panel=INSPECT)
    if name in (None, "config"):
        app.add_typer(config_command.config, name="config", rich_help_panel=INSPECT)
    return app


def with_summaries() -> typer.Typer:
    """Return the app with stand-ins for all commands, for help: docstrings are read without importing modules."""
    del app.registered_commands[1:], app.registered_groups[:]
    for panel, module, function in COMMANDS:
        app.command(command_name(function), help=_summary(module, function), rich_help_panel=panel)(lambda: None)
    data = typer.Typer(help=_summary("data", "overview"))
    app.add_typer(data, name="data", rich_help_panel=INSPECT)
    app.add_typer(config_command.config, name="config", rich_help_panel=INSPECT)
    return app


def _summary(module: str, function: str) -> str:
    """Return the docstring of a command's function."""
    source = Path(__file__).with_name("commands") / f"{module}.py"
    functions = (node for node in ast.parse(source.read_bytes()).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in functions if node.name == function)


def run(words: Sequence[str], call: Call) -> object:
    """Run the command named by the first word, and return its exit status, if it has one.

    ``call`` runs further commands, for plain mode. Raises EngineError if options or arguments are wrong,
    KeyboardInterrupt if the command was aborted.
    """
    named = _completed() if COMPLETION in os.environ else words[0]
    needed = with_commands(named) if named in (*names(), OPEN) else with_summaries()
    try:
        return needed(args=list(words), prog_name="workbench", standalone_mode=False, obj=call)
    except typer.TyperException as error:
        raise EngineError(_usage(error)) from error
    except typer.Abort:
        raise KeyboardInterrupt from None


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    more = f" (see {context.command_path} --help)" if context else ""
    return error.format_message().rstrip(".") + more


def _completed() -> str:
    """Return the command whose arguments the shell is completing; empty if none is typed yet."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    return (*typed.split(), "", "")[1]
