"""The user's editor and pager: ``$VISUAL``, ``$EDITOR`` and ``$PAGER``, or common defaults."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import EngineError
from engine.system.suggest import shown
from workbench.terminal.output import wire

USUAL = ("nano", "vim", "vi")
USUAL_PAGERS = ("less", "more")


def command() -> list[str]:
    """Return the editor's command; raises EngineError if there is none."""
    return _command(("VISUAL", "EDITOR"), USUAL, "editor")


def pager() -> list[str]:
    """Return the pager's command; raises EngineError if there is none."""
    return _command(("PAGER",), USUAL_PAGERS, "pager")


def edit(path: Path) -> None:
    """Open a file in the editor and wait until it exits; raises EngineError if the file cannot be edited."""
    parts = command()
    if status := _run(parts, path):
        raise EngineError(f"{shown(parts[0])} ended with status {status}: {path} may not be as you want it")


def page(path: Path) -> None:
    """Show a file in the pager and wait until it exits; raises EngineError if the file cannot be shown."""
    parts = pager()
    if status := _run(parts, path):
        raise EngineError(f"{shown(parts[0])} ended with status {status}")


def _command(variables: Sequence[str], usual: Sequence[str], what: str) -> list[str]:
    for name in variables:
        named = os.environ.get(name, "").strip()
        if not named:
            continue
        try:
            parts = shlex.split(named)
        except ValueError as error:
            raise EngineError(f"{name} is {shown(named)}, which is not a command: {error}") from None
        if shutil.which(parts[0]) is None:
            raise EngineError(f"{name} names {shown(parts[0])}, which is not there: name one that is")
        return parts
    found = next((name for name in usual if shutil.which(name)), None)
    if found is None:
        raise EngineError(f"there is no {what}: set {variables[-1]}, as in {variables[-1]}={usual[0]}")
    return [found]


def _run(parts: Sequence[str], path: Path) -> int:
    """Run a command on a file and return its exit status; its output goes to the terminal, not to the log."""
    line = wire()
    try:
        with _ignoring_interrupts():
            done = subprocess.run(
                [*parts, str(path)], check=False, stdout=line.fileno() if line else None, stderr=line or None
            )
    except OSError as error:
        raise EngineError(f"cannot start {shown(parts[0])}: {error.strerror or error}") from error
    return done.returncode


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Ignore Ctrl+C while the command runs: the terminal sends it to this process as well."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
