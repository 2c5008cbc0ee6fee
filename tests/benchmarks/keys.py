"""From a key press to its painted answer, on an idle screen and while a network trains in the same process."""

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
    """Wait until the screen is ready, and train."""
    terminal.until(lambda seen: seen.shows("ready"))
    train(terminal)


def train(terminal: Terminal) -> None:
    """Start a run on a screen that is ready, and wait for its second epoch or a later one."""
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
            forward = index // 10 % 2 == 0  # back at the first review after all presses
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
    """For an idle screen and for one on which a network trains, the slowest keys of all rounds."""
    idle: list[float] = []
    busy: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.toml"
        file.write_text(EXPERIMENT)
        for _ in range(rounds):
            with Terminal(*SIZE, str(file)) as terminal:
                terminal.until(lambda seen: seen.shows("ready") and review(seen))
                idle += presses(terminal, PRESSES)
                train(terminal)
                busy += presses(terminal, PRESSES)
                terminal.press("s")  # or the next round would be asked whether to resume it
                terminal.until(lambda seen: seen.shows("stopped"))
    return [
        slowest("key press to painted answer while training, 99th percentile", busy, 40, 30),
        slowest("key press to painted answer on an idle screen, 99th percentile", idle, 20, 16),
    ]


def slowest(work: str, taken: list[float], bar: float, aim: float) -> Measurement:
    """The 99th percentile of presses in milliseconds."""
    value = quantiles(taken, n=100)[-1]
    behind = {"median": median(taken), "99th percentile": value, "slowest": max(taken)}
    return Measurement(work, value, "ms", bar, aim, more=False, behind=behind)
