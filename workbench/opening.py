"""Opens the screen, or plain mode if the terminal cannot draw one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.system import memory_use
from engine.system.gc_pause import collector_paused
from workbench import configure
from workbench.command_list import names, similar_command
from workbench.commands.inputs import for_screen
from workbench.terminal import launch, streams

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

Call = Callable[[Sequence[str]], int]
"""Runs a command with its arguments and returns its exit status."""


def open_screen(
    named: str,
    call: Call,
    *,
    plain: bool = False,
    slow_link: bool | None = None,
    mouse: bool | None = None,
    continues: bool = False,
    browser: bool = False,
) -> int:
    """Open the screen on an experiment, by default the configured one, and return the exit status.

    With ``plain``, or if the user of a terminal that cannot draw agrees, start plain mode instead, which runs
    commands by ``call``. With ``browser``, draw over pipes for ``workbench serve``. Options that are None are
    taken from the configuration. Raises EngineError.
    """
    if plain or (not browser and launch.cannot_draw() and _prefers_plain()):
        return _converse(named, call)
    launch.prepare(browser)
    memory_use.share_one_arena()
    return _run(named, slow_link, mouse, continues, browser)


def _run(named: str, slow_link: bool | None, mouse: bool | None, continues: bool, browser: bool) -> int:
    """Run the screen with the options and the configuration applied, on a prepared terminal."""
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
        return launch.run(workbench, lambda: workbench.running_work, mouse=uses_mouse, browser=browser)


def _chosen(named: str) -> Experiment:
    """Return the experiment for a name or a path; an error suggests a command with a similar name."""
    try:
        return for_screen(named)
    except EngineError as error:
        near = similar_command(named)
        raise EngineError(f"{error}; or did you mean the command {near}?") if near else error from None


def _prefers_plain() -> bool:
    """Ask the user of a terminal that cannot draw whether to use plain mode."""
    from workbench.commands.plain import ask

    answer = ask("This terminal cannot draw a screen. Work in lines of text instead? [Y/n] ")
    return answer is not None and answer.lower() in ("", "y", "yes")


def _converse(named: str, call: Call) -> int:
    """Run plain mode until the user quits."""
    from workbench.commands.plain import converse

    streams.protect()
    return converse(named or configure.apply().experiment, call, names())
