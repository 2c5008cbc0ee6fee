"""What the last session left: theme, experiment, and whether that has edits kept nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass

from engine.errors import EngineError
from engine.experiment.model import Experiment
from engine.system.atomic_write import write_bytes
from engine.system.paths import home

FILE = "session.json"
"""The file's name, in the folder of the runs."""

LARGEST = 2_000_000
"""Bytes of the file at most."""


@dataclass(frozen=True, slots=True)
class LastSession:
    """A session as it ended; ``unsaved`` tells of edits that were neither run nor written to a file."""

    theme: str
    experiment: Experiment
    unsaved: bool = False


def read() -> LastSession | None:
    """The last session; None where there is none that can be read."""
    from engine.experiment import toml_file

    try:
        with (home() / FILE).open("rb") as file:
            found = json.loads(file.read(LARGEST))
        experiment = toml_file.parse(str(found["experiment"]), FILE)
        return LastSession(str(found["theme"]), experiment, found["unsaved"] is True)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EngineError):
        return None


def write(session: LastSession) -> None:
    """Writes what the next session may continue; a full or read-only disk only means that it cannot."""
    from engine.experiment import toml_file

    text = toml_file.dumps(session.experiment)
    kept = {"theme": session.theme, "unsaved": session.unsaved, "experiment": text}
    try:
        home().mkdir(parents=True, exist_ok=True)
        write_bytes(home() / FILE, json.dumps(kept).encode())
    except (OSError, EngineError):
        return
