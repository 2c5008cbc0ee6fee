"""What a finished run of the IMDB baseline takes of the disk: its models, its features and its rows."""

from __future__ import annotations

import subprocess
import sys

from engine.system.paths import home
from tests.benchmarks.measuring import ContestError, Measurement, fresh_home


def measurements(rounds: int) -> list[Measurement]:
    """The size of one run, which is the same in every round."""
    with fresh_home():
        command = [sys.executable, "-m", "workbench", "train", "imdb", "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ContestError(f"store: {done.stderr.strip()}")
        files = [*home().glob("runs.db*"), *(home() / "models").rglob("*")]
        size = sum(path.stat().st_size for path in files if path.is_file()) / 1e6
    return [Measurement("the store's size after one IMDB run", size, "MB", 3, 1.5, more=False)]
