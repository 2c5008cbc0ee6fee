"""The editor that a person has chosen: ``$VISUAL``, else ``$EDITOR``, else the first usual one that is there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from engine.errors import EngineError
from engine.system.suggest import shown

USUAL = ("nano", "vim", "vi")


def command() -> list[str]:
    """The editor's command; raises EngineError where there is none."""
    for name in ("VISUAL", "EDITOR"):
        named = os.environ.get(name, "").strip()
        if not named:
            continue
        try:
            parts = shlex.split(named)
        except ValueError as error:
            raise EngineError(f"{name} is {shown(named)}, which is no command: {error}") from None
        if shutil.which(parts[0]) is None:
            raise EngineError(f"{name} names {shown(parts[0])}, which is not there: name an editor that is")
        return parts
    found = next((name for name in USUAL if shutil.which(name)), None)
    if found is None:
        raise EngineError("there is no editor: set EDITOR, as in EDITOR=nano")
    return [found]


def edit(path: Path) -> None:
    """Open a file in the editor, and wait until it is closed; raises EngineError where it cannot be edited."""
    parts = command()
    try:
        status = subprocess.run([*parts, str(path)], check=False).returncode
    except OSError as error:
        raise EngineError(f"cannot start {shown(parts[0])}: {error.strerror or error}") from error
    if status:
        raise EngineError(f"{parts[0]} ended with status {status}: {path} may not be as you want it")
