"""How much memory a long session takes: runs by key, one after another, in one process."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from statistics import median

import psutil

from tests.benchmarks.measuring import Measurement, fresh_home
from tests.benchmarks.screen import Terminal

RUNS = 40
FIRST = 3
"""Runs after which the session has everything that it needs for one."""

ENDS = 3
"""Runs at each end of the session whose median counts: one may be measured before it has given memory back."""

EXPERIMENT = """
name = "Short"
[data]
dataset = "digits"
[[layers]]
kind = "dense"
units = 32
activation = "relu"
[[layers]]
kind = "dense"
units = 10
activation = "softmax"
[training]
loss = "sparse_categorical_crossentropy"
optimizer = "rmsprop"
learning_rate = 0.001
metrics = ["accuracy"]
batch_size = 64
epochs = 3
"""


def run(terminal: Terminal, number: int) -> None:
    """Train once by key, to the end."""
    terminal.press("r")
    ended = re.compile(rf"finished · run {number}\b")
    terminal.until(lambda seen: any(ended.search(line) for line in seen.screen.display))


def growth(experiment: str, runs: int = RUNS) -> list[float]:
    """Megabytes of the process after the first runs of a preset or a file, and after each of the others."""
    with Terminal(140, 40, experiment) as terminal:
        terminal.until(lambda seen: seen.shows("ready"))
        process, sizes = psutil.Process(terminal.process), []
        for number in range(1, FIRST + runs + 1):
            run(terminal, number)
            terminal.watch(0.5)
            sizes.append(process.memory_info().rss / 1e6)
    return sizes[FIRST - 1 :]


def measurement(work: str, sizes: list[float]) -> Measurement:
    """How much more a session takes after its last runs than after its first."""
    first, last = median(sizes[:ENDS]), median(sizes[-ENDS:])
    behind = {"first": first, "last": last, "most": max(sizes)}
    return Measurement(work, last - first, "MB", 50, 20, more=False, behind=behind)


def measurements(rounds: int) -> list[Measurement]:
    """What the runs after the first leave in memory."""
    work = f"memory that {RUNS} runs by key leave behind in one session"
    with fresh_home(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "short.toml"
        file.write_text(EXPERIMENT)
        short = growth(str(file))
    with fresh_home():
        imdb = growth("imdb")
    return [measurement(work, short), measurement(f"the same, of {RUNS} runs of IMDB", imdb)]
