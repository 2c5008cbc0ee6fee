"""The ``workbench`` command: its subcommands, and its exit status.

Exit status: 0 done; 2 bad input or a missing thing, with one message on standard error; 1 a run that failed, or
a bug, whose traceback is in the log; 130 interrupted; 141 where the reader of standard output has gone.
"""

from __future__ import annotations

import ast
import atexit
import errno
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from engine.errors import EngineError
from engine.system.gc_pause import collector_paused
from workbench import configure
from workbench.commands.options import for_screen
from workbench.commands.output import warn
from workbench.terminal import streams
from workbench.terminal.signals import (
    INTERRUPTED,
    CommandStoppedError,
    interrupt,
    keep_interrupts,
    leave_at_once,
    stoppable,
)

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

OPEN = "open"
"""The command that runs where none is named."""

BROKEN_PIPE = 141

app = typer.Typer(
    help="Train small Keras networks: on a screen for the keyboard, or by commands.",
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
    """Train small Keras networks: on a screen for the keyboard, or by commands."""


@app.command(OPEN, hidden=True)
def open_(
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
    """Open the screen on an experiment; with ``browser``, in that of ``workbench serve``, over pipes."""
    if rest:
        raise EngineError(_no_such_command(named))
    if continue_ and named:
        raise EngineError(f"--continue opens the last session's experiment: leave out {named!r}")
    from workbench.terminal import launch

    if plain or (not browser and launch.cannot_draw() and _prefers_plain()):
        _converse(named)
    launch.prepare(browser)
    raise typer.Exit(_screen(named, slow_link, mouse, continue_, browser))


def _screen(named: str, slow_link: bool | None, mouse: bool | None, continues: bool, browser: bool) -> int:
    """Runs the screen as options and the configuration want it, on a terminal that is prepared."""
    from workbench.terminal import launch

    preferences = configure.preferences()
    if named:
        chosen = _chosen(named)
    else:
        chosen, preferences = configure.first_experiment(preferences)
    config = preferences.config
    with ExitStack() as until_shown:
        until_shown.enter_context(collector_paused())
        from workbench.tui.app import Workbench

        workbench = Workbench(
            chosen,
            slow_link=config.slow_link if slow_link is None else slow_link,
            remembers=True,
            offers_last=not named,
            continues_last=continues,
            preferences=preferences,
            shown=until_shown.close,
        )
        uses_mouse = config.mouse if mouse is None else mouse
        return launch.run(workbench, lambda: workbench.going, mouse=uses_mouse, browser=browser)


def _chosen(named: str) -> Experiment:
    """The experiment that a name or a path stands for; a command's name that is near is said."""
    try:
        return for_screen(named)
    except EngineError as error:
        near = _near(named)
        raise EngineError(f"{error}; or did you mean the command {near}?") if near else error from None


def _prefers_plain() -> bool:
    """Whether a person on a terminal that cannot draw wants lines of text."""
    from workbench.commands.plain import ask

    answer = ask("This terminal cannot draw a screen. Work in lines of text instead? [Y/n] ")
    return answer is not None and answer.lower() in ("", "y", "yes")


def _converse(named: str) -> NoReturn:
    """Works in lines of text, then ends the command."""
    from workbench.commands.plain import converse

    streams.protect()
    raise typer.Exit(converse(named or configure.apply().experiment, call, _names()))


def _no_such_command(named: str) -> str:
    near = _near(named)
    return f"there is no command {named!r}: " + (f"did you mean {near}?" if near else "see workbench --help")


def _near(named: str) -> str | None:
    from engine.system.suggest import nearest

    return nearest(named, _names())


_TRAIN, _SELECT, _ASK, _STORE, _HERE = "Train", "Select", "Predict and compare", "Manage runs", "Inspect"

_COMMANDS: tuple[tuple[str, str, str], ...] = (
    (_TRAIN, "train", "train"),
    (_TRAIN, "train", "retrain"),
    (_TRAIN, "train", "resume"),
    (_TRAIN, "train", "follow"),
    (_TRAIN, "train", "stop"),
    (_SELECT, "selection", "crossval"),
    (_SELECT, "selection", "search"),
    (_SELECT, "learning_curve", "learning_curve"),
    (_ASK, "runs", "runs"),
    (_ASK, "runs", "show"),
    (_ASK, "compare", "compare"),
    (_ASK, "evaluate", "evaluate"),
    (_ASK, "predict", "predict"),
    (_ASK, "export", "export"),
    (_STORE, "edit_runs", "rename"),
    (_STORE, "edit_runs", "tag"),
    (_STORE, "edit_runs", "note"),
    (_STORE, "edit_runs", "delete"),
    (_STORE, "edit_runs", "restore"),
    (_STORE, "edit_runs", "purge"),
    (_HERE, "presets", "presets"),
    (_HERE, "check", "check"),
    (_HERE, "doctor", "doctor"),
    (_HERE, "serve", "serve"),
)
"""Where a command is listed, its module in :mod:`workbench.commands`, and its function."""


def with_commands(name: str | None = None) -> typer.Typer:
    """The app with the command of this name, or with all; no other command's module is imported."""
    del app.registered_commands[1:], app.registered_groups[:]
    for panel, module, function in _COMMANDS:
        if name in (None, _name(function)):
            found = getattr(import_module(f"workbench.commands.{module}"), function)
            app.command(rich_help_panel=panel)(found)
    if name in (None, "data"):
        data = import_module("workbench.commands.data_audit").data
        app.add_typer(data, name="data", rich_help_panel=_HERE)
    if name in (None, "config"):
        app.add_typer(configure.config, name="config", rich_help_panel=_HERE)
    return app


def with_summaries() -> typer.Typer:
    """The app with stand-ins for all commands, read from their modules without importing these: to be listed."""
    del app.registered_commands[1:], app.registered_groups[:]
    for panel, module, function in _COMMANDS:
        app.command(_name(function), help=_summary(module, function), rich_help_panel=panel)(lambda: None)
    data = typer.Typer(help=_summary("data", "overview"))
    app.add_typer(data, name="data", rich_help_panel=_HERE)
    app.add_typer(configure.config, name="config", rich_help_panel=_HERE)
    return app


def _summary(module: str, function: str) -> str:
    """The docstring of a command's function."""
    source = Path(__file__).with_name("commands") / f"{module}.py"
    functions = (node for node in ast.parse(source.read_bytes()).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in functions if node.name == function)


def _name(function: str) -> str:
    return function.replace("_", "-")


COMPLETION = "_WORKBENCH_COMPLETE"
"""Set by a shell that asks for completions."""

UNCONFIGURED = (OPEN, "config", "doctor", "--help", "--version", "--install-completion", "--show-completion")
"""Commands that work whatever is wrong with config.toml."""


def _names() -> list[str]:
    return [*(_name(function) for _, _, function in _COMMANDS), "data", "config"]


def _completed() -> str:
    """The command whose arguments are completed, as the shell tells it; empty where none is typed yet."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    return (*typed.split(), "", "")[1]


def routed(arguments: Sequence[str]) -> list[str]:
    """The arguments with a command in front: ``workbench imdb`` opens the screen on imdb."""
    known = (*_names(), OPEN, "--version", "--help", "--install-completion", "--show-completion")
    return list(arguments) if arguments and arguments[0] in known else [OPEN, *arguments]


def call(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit status; whatever goes wrong is one message on standard error."""
    try:
        words = routed(arguments)
        if words[0] not in UNCONFIGURED and "--help" not in arguments:
            configure.apply()
        named = _completed() if COMPLETION in os.environ else words[0]
        needed = with_commands(named) if named in (*_names(), OPEN) else with_summaries()
        status = needed(args=words, prog_name="workbench", standalone_mode=False)
        streams.results().flush()
        if status == INTERRUPTED:  # typer's own answer to KeyboardInterrupt
            return _interrupted("interrupted")
    except typer.TyperException as error:
        return _bad_usage(error)
    except EngineError as error:
        warn(f"error: {error}")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted("interrupted")
    except CommandStoppedError as error:
        return _interrupted(str(error))
    except SystemExit:  # typer's own answer to a broken pipe
        return _unread(BROKEN_PIPE)
    except OSError as error:
        return _bad_output(error)
    except Exception as error:
        return _interrupted("interrupted") if _from_interrupt(error) else _bug(error)
    return status if isinstance(status, int) else 0


def main() -> None:
    """Runs the command and ends the process."""
    keep_interrupts()
    streams.complete()
    _leave(_interruptible(sys.argv[1:]))


def _interruptible(arguments: Sequence[str]) -> int:
    """Runs a command whose Ctrl-C, wherever it strikes, ends with one line and status 130."""
    try:
        if routed(arguments)[0] == OPEN:  # the screen takes the terminal and the signals itself
            signal.signal(signal.SIGINT, interrupt)
            return call(arguments)
        with stoppable():
            streams.protect()
            return call(arguments)
    except KeyboardInterrupt:
        leave_at_once()
    finally:
        signal.signal(signal.SIGINT, leave_at_once)
    return INTERRUPTED


def _leave(status: int) -> None:
    """Ends the process at once.

    Python's own way out would take TensorFlow apart first, which takes a second, and give Ctrl-C back to the
    system, which kills.
    """
    atexit._run_exitfuncs()
    for stream in (streams.results(), streams.messages()):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def _interrupted(message: str) -> int:
    warn(message)
    return INTERRUPTED


def _bad_usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    more = f" (see {context.command_path} --help)" if context else ""
    warn(f"error: {error.format_message().rstrip('.')}{more}")
    return 2


def _bad_output(error: OSError) -> int:
    if error.errno in (errno.EIO, errno.EPIPE):  # the terminal, or the reader, has gone
        return _unread(INTERRUPTED if error.errno == errno.EIO else BROKEN_PIPE)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        warn(f"error: cannot write {error.filename or 'standard output'}: {os.strerror(error.errno)}")
        return _unread(2)
    return _bug(error)


def _unread(status: int) -> int:
    streams.silence_output()
    return status


def _from_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C set off an error: Python 3.11 raises another where the making of a class is interrupted."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _bug(error: Exception) -> int:
    if isinstance(error, MemoryError):
        warn("error: not enough memory")
        return 1
    log = streams.log_exception(error)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    warn(f"error: unexpected {what}" + (f"; in full in {log}" if log else ""))
    return 1
