"""What the last session left: theme, experiment, whether that has edits kept nowhere else, screen and cursor."""

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
"""The file's name, in the folder of the runs."""

PUT_ASIDE = "unsaved"
"""The folder, beside that file, of edits that another session would have overwritten."""

LARGEST = 2_000_000
"""Bytes of the file at most."""


@dataclass(frozen=True, slots=True)
class LastSession:
    """A session as it ended; ``unsaved`` tells of edits that were neither run nor written to a file.

    ``screen`` is the mode that was shown, ``cursor`` the key of the row or the run under its cursor.
    """

    theme: str
    experiment: Experiment
    unsaved: bool = False
    screen: str = MODES[0].name
    cursor: str = ""


def read() -> LastSession | None:
    """The last session; None where there is none that can be read."""
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
    """Writes what the next session may continue; a full or read-only disk only means that it cannot.

    With ``put_others_aside``, edits that another session left are first put aside; returns where they are then.
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
    """Writes a session's experiment to a file of its own; EngineError where it cannot be written."""
    from engine.experiment import toml_file

    name = re.sub(r"[^\w-]+", "-", session.experiment.name, flags=re.ASCII).strip("-")[:60] or "experiment"
    path = home() / PUT_ASIDE / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror}") from error
    toml_file.write(session.experiment, path)
    return path
