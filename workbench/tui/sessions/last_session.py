"""Stores the state of the last session: theme, experiment with unsaved edits, screen and cursor."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError
from engine.experiment.model import Experiment
from engine.system.atomic_write import write_bytes
from engine.system.paths import home
from workbench.tui.modes import MODES

FILE = "session.json"
"""The file's name, in the run store's folder."""

PUT_ASIDE = "unsaved"
"""The folder, beside that file, for edits that another session would have overwritten."""

LARGEST = 2_000_000
"""The maximum size of the file in bytes."""


@dataclass(frozen=True, slots=True)
class LastSession:
    """The state at the end of a session; ``unsaved`` says whether edits were neither run nor written to a file.

    ``screen`` is the mode that was shown, ``cursor`` the key of the row or the run under its cursor.
    """

    theme: str
    experiment: Experiment
    unsaved: bool = False
    screen: str = MODES[0].name
    cursor: str = ""


def read() -> LastSession | None:
    """Read the last session; None if there is none that can be read."""
    from engine.experiment import toml_file

    try:
        with (home() / FILE).open("rb") as file:
            found = json.loads(file.read(LARGEST))
        experiment = toml_file.parse(str(found["experiment"]), FILE)
        screen = str(found.get("screen"))
        known = screen if screen in [mode.name for mode in MODES] else MODES[0].name
        cursor = str(found.get("cursor", ""))
        return LastSession(str(found["theme"]), experiment, found["unsaved"] is True, known, cursor)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EngineError):
        return None


def write(session: LastSession, put_others_aside: bool = False) -> Path | None:
    """Write the session for the next start; errors such as a full disk are ignored.

    With ``put_others_aside``, edits that another session left are saved first; returns the path they were saved
    to.
    """
    from engine.experiment import toml_file
    from engine.experiment.setting_paths import differences

    text = toml_file.dumps(session.experiment)
    kept = {
        "theme": session.theme,
        "unsaved": session.unsaved,
        "experiment": text,
        "screen": session.screen,
        "cursor": session.cursor,
    }
    aside = None
    try:
        home().mkdir(parents=True, exist_ok=True)
        last = read() if put_others_aside else None
        if last and last.unsaved and differences(last.experiment, session.experiment):
            aside = put_aside(last)
        write_bytes(home() / FILE, json.dumps(kept).encode())
    except (OSError, EngineError):
        return None
    return aside


def put_aside(session: LastSession) -> Path:
    """Write a session's experiment to a file of its own and return its path; raises EngineError if that fails."""
    from engine.experiment import toml_file

    name = re.sub(r"[^\w-]+", "-", session.experiment.name, flags=re.ASCII).strip("-")[:60] or "experiment"
    path = home() / PUT_ASIDE / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror}") from error
    toml_file.write(session.experiment, path)
    return path
