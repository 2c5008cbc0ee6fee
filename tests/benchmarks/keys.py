"""From a key press to its painted answer, while a network trains in the same process."""

from __future__ import annotations

import random
import re
import tempfile
from pathlib import Path
from statistics import median, quantiles

from tests.benchmarks.measuring import Measurement
from tests.benchmarks.screen import Terminal

PRESSES = 200
SIZE = (140, 40)
DOWN, UP = "\x1b[B", "\x1b[A"

EXPERIMENT = 'base = "imdb"\nname = "Long"\ntraining.epochs = 2000\n'


def training(terminal: Terminal) -> None:
    """Start a run, and wait for its second epoch or a later one."""
    terminal.until(lambda seen: seen.shows("ready"))
    terminal.press("r")
    terminal.until(lambda seen: any(re.search(r"epoch ([2-9]|\d\d+)/", line) for line in seen.screen.display))


def presses(terminal: Terminal, count: int) -> list[float]:
    """The milliseconds of so many key presses at random moments, on the reviews and on the stack in turn."""
    chance, taken = random.Random(7), []
    for number in range(count):
        terminal.watch(chance.uniform(0.05, 0.2))
        index = number // 2
        if number % 2:
            forward = index // 3 % 2 == 0
            before = cursor(terminal)
            pressed = terminal.press(DOWN if forward else UP)
            answered = terminal.until(lambda seen, before=before: cursor(seen) != before)
        else:
            forward = index // 15 % 2 == 0
            before = review(terminal)
            pressed = terminal.press("n" if forward else "N")
            answered = terminal.until(lambda seen, before=before: review(seen) != before)
        taken.append(1000 * (answered - pressed))
    return taken


def review(terminal: Terminal) -> str | None:
    """The number of the review under the cursor, by the panel's title."""
    found = (re.search(r"· (\d+) of \d+", line) for line in terminal.screen.display)
    return next((match[1] for match in found if match), None)


def cursor(terminal: Terminal) -> int | None:
    """The line of the stack's cursor."""
    marked = (line for line, text in enumerate(terminal.screen.display) if "▸" in text[:4])
    return next(marked, None)


def measurements(rounds: int) -> list[Measurement]:
    """The 99th percentile over all presses of the rounds."""
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.toml"
        file.write_text(EXPERIMENT)
        for _ in range(rounds):
            with Terminal(*SIZE, str(file)) as terminal:
                training(terminal)
                taken += presses(terminal, PRESSES)
    slowest = quantiles(taken, n=100)[-1]
    behind = {"median": median(taken), "99th percentile": slowest, "slowest": max(taken)}
    work = "key press to painted answer while training, 99th percentile"
    return [Measurement(work, slowest, "ms", 60, 30, more=False, behind=behind)]
