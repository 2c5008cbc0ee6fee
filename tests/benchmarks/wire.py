"""Bytes that a terminal gets while a network trains: on every screen, with every dialog, and over a slow line.

``python -m tests.benchmarks.wire`` prints a line for each of them; exit status 1 where a bar is not met.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.keys import EXPERIMENT, training
from tests.benchmarks.measuring import Measurement, fresh_home
from tests.benchmarks.screen import SlowTerminal, Terminal

SIZES = {"80x24": (80, 24, 3.0, 1.5), "200x60": (200, 60, 8.0, 4.0)}
SECONDS = 6
ENTER, ESCAPE = "\r", "\x1b"

SLOW = {"bytes_per_second": 960.0, "delay": 0.3}
"""A line of 9.6 kbit/s, 8 bits and a start and a stop bit for each byte."""

NEARLY_NONE = 200
"""Bytes in a second that a blinking cursor or a run's update may take."""

ANSWER = 2.0
"""Seconds within which the escape key is answered there."""


class View(NamedTuple):
    """A screen or a dialog on it: the mode, and the key that opens the dialog."""

    name: str
    mode: str
    key: str = ""


VIEWS = (
    View("experiment", "1"),
    View("commands", "1", "/"),
    View("keys", "1", "?"),
    View("add a layer", "1", "a"),
    View("open", "1", "o"),
    View("write", "1", "w"),
    View("name", "1", "R"),
    View("details", "1", "d"),
    View("filter reviews", "1", "k"),
    View("own review", "1", "t"),
    View("copy", "1", "Y"),
    View("log", "1", "O"),
    View("quit", "1", "q"),
    View("runs", "2"),
    View("runs: sort", "2", "o"),
    View("runs: columns", "2", "c"),
    View("runs: filter", "2", "f"),
    View("runs: export", "2", "w"),
    View("runs: name", "2", "n"),
    View("runs: note", "2", "m"),
    View("selection", "3"),
    View("selection: edit", "3", ENTER),
    View("selection: add", "3", "a"),
    View("data", "4"),
)


class Sent(NamedTuple):
    """Bytes of a view: to open it, each second over the first seconds, each second after that, and to close it."""

    view: View
    opened: int
    rate: float
    standing: float
    closed: int


@contextmanager
def trained(kind: type[Terminal], columns: int, lines: int, **options: float) -> Iterator[Terminal]:
    """A terminal with a run of thousands of epochs on it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.toml"
        file.write_text(EXPERIMENT.replace("2000", "100000"))
        with kind(columns, lines, str(file), **options) as terminal:
            training(terminal)
            yield terminal


def sent(terminal: Terminal, view: View) -> Sent:
    """Open a view, let it stand, close it."""
    terminal.press(view.mode)
    terminal.watch(2)
    before, keys = terminal.bytes, footer(terminal)
    if view.key:
        terminal.press(view.key)
        terminal.until(lambda seen: footer(seen) != keys, 20)
    opened = terminal.bytes - before + terminal.watch(0.5)
    standing = terminal.watch(SECONDS)
    terminal.press(ESCAPE)
    closed = terminal.watch(0.7)
    return Sent(view, opened, (opened + standing) / (SECONDS + 0.5), standing / SECONDS, closed)


def measurements(rounds: int) -> list[Measurement]:
    """For each size of the terminal the most that a screen or a dialog sends, and the escape key's answer."""
    made = []
    for size, (columns, lines, bar, aim) in SIZES.items():
        with trained(Terminal, columns, lines) as terminal:
            found = {view.name: sent(terminal, view).rate / 1000 for view in VIEWS}
        work = f"bytes to the terminal each second while training, {size}, the busiest view"
        made.append(Measurement(work, max(found.values()), "kB/s", bar, aim, more=False, behind=found))
    slowest = dict(answers())
    work = "escape key on a line of 9.6 kbit/s while training, the slowest dialog"
    made.append(Measurement(work, max(slowest.values()), "s", ANSWER, 1.0, more=False, behind=slowest))
    return made


def answers() -> Iterator[tuple[str, float]]:
    """The seconds from the escape key to the first change on the screen, over the slow line, by dialog."""
    with trained(SlowTerminal, 80, 24, **SLOW) as terminal:
        assert isinstance(terminal, SlowTerminal)
        for view in VIEWS:
            if view.key:
                yield view.name, answer(terminal, view)


def answer(terminal: SlowTerminal, view: View) -> float:
    """Open a dialog over the slow line, let it stand, and close it."""
    terminal.press(view.mode)
    arrived(terminal)
    terminal.press(view.key)
    arrived(terminal)
    shown = list(terminal.screen.display)
    pressed = terminal.press(ESCAPE)
    return terminal.until(lambda seen: list(seen.screen.display) != shown, 60) - pressed


def arrived(terminal: SlowTerminal) -> None:
    """Wait until what a key does is shown: the line has been nearly empty for some seconds."""
    quiet = 0
    for _ in range(30):
        if quiet == 3:
            return
        quiet = quiet + 1 if terminal.watch(1) < NEARLY_NONE and not terminal.waiting else 0


def footer(terminal: Terminal) -> str:
    """The keys, which a dialog replaces by its own."""
    return str(terminal.screen.display[-1])


def main() -> int:
    """Print what every view sends at every size, and how soon the escape key is answered."""
    failed = False
    for size, (columns, lines, bar, _) in SIZES.items():
        print(f"\n{size:16} {'opened B':>9} {'kB/s':>7} {'standing':>9} {'closed B':>9}   bar {bar:g} kB/s")
        with trained(Terminal, columns, lines) as terminal:
            for view in VIEWS:
                one = sent(terminal, view)
                over = one.rate > 1000 * bar
                failed |= over
                values = f"{one.opened:9,} {one.rate / 1000:7.2f} {one.standing / 1000:9.2f} {one.closed:9,}"
                print(f"{view.name:16} {values}{'  over' if over else ''}", flush=True)
    print(f"\nescape key at 9.6 kbit/s, seconds   bar {ANSWER:g} s")
    for name, seconds in answers():
        failed |= seconds > ANSWER
        print(f"{name:16} {seconds:9.2f}{'  over' if seconds > ANSWER else ''}", flush=True)
    return int(failed)


if __name__ == "__main__":
    with fresh_home():
        sys.exit(main())
