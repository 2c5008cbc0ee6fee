"""Bytes that a terminal gets each second while a network trains."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.keys import EXPERIMENT, training
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.screen import Terminal

SIZES = {"80x24": (80, 24, 3.0, 1.5), "200x60": (200, 60, 8.0, 4.0)}
SECONDS = 10


def rate(columns: int, lines: int) -> float:
    """kB a second over some seconds of a run's early epochs, in which curves and axes change most."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.toml"
        file.write_text(EXPERIMENT)
        with Terminal(columns, lines, str(file)) as terminal:
            training(terminal)
            return terminal.watch(SECONDS) / SECONDS / 1000


def measurements(rounds: int) -> list[Measurement]:
    """A value for each size of the terminal."""
    made = []
    for name, (columns, lines, bar, aim) in SIZES.items():
        measured = [rate(columns, lines) for _ in range(rounds)]
        work = f"bytes to the terminal each second while training, {name}"
        behind = {"least": min(measured), "most": max(measured)}
        made.append(Measurement(work, median(measured), "kB/s", bar, aim, more=False, behind=behind))
    return made
