"""Bytes that a terminal gets while a network trains: on every screen, with every dialog, and over a slow line.

``python -m tests.benchmarks.wire`` prints a line for each of them; exit status 1 where a bar is not met.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.keys import training
from tests.benchmarks.measuring import Measurement, fresh_home
from tests.benchmarks.screen import SlowTerminal, Terminal

SIZES = {"80x24": (80, 24, 3.0, 1.5), "200x60": (200, 60, 8.0, 4.0)}
SECONDS = 6
READ = 5
"""Seconds in which a screen has read what it shows."""

EXPERIMENT = 'base = "{}"\nname = "Long"\ntraining.epochs = 100000\n'

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "space": " ",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "shift+tab": "\x1b[Z",
    "ctrl+o": "\x0f",
}
"""What a terminal sends for a key with a name."""

SLOW = {"bytes_per_second": 960.0, "delay": 0.3}
"""A line of 9.6 kbit/s, 8 bits and a start and a stop bit for each byte."""

NEARLY_NONE = 200
"""Bytes in a second that a blinking cursor or a run's update may take."""

ANSWER = 2.0
"""Seconds within which the escape key is answered there."""


class View(NamedTuple):
    """What stands over a run: a mode's screen, or the kind of screen that keys open on it.

    ``then`` are the keys that follow once the screen of the first ones has read what it shows.
    """

    name: str
    mode: str
    keys: str = ""
    opens: str = ""
    closes: str = "escape"
    then: str = ""


TEXTS = (
    View("experiment", "1", opens="ExperimentScreen"),
    View("edit a layer", "1", "ctrl+o a home down enter", "ExperimentForm"),
    View("commands", "1", "/", "Pick"),
    View("keys", "1", "?", "HelpScreen"),
    View("jump", "1", "ctrl+o", "JumpScreen"),
    View("add a layer", "1", "a", "Pick"),
    View("open", "1", "o", "Pick"),
    View("open a file", "1", "o enter", "Browse"),
    View("write", "1", "w", "SavePath"),
    View("name", "1", "R", "Line"),
    View("details", "1", "d", "Read"),
    View("filter reviews", "1", "k", "Pick"),
    View("own review", "1", "t", "ReviewScreen"),
    View("copy", "1", "Y", "Pick"),
    View("log", "1", "O", "LogPage"),
    View("quit", "1", "q", "QuitScreen"),
    View("curves, whole", "1", "Z", "ExperimentScreen"),
    View("system", "1", "M", "ExperimentScreen", "M"),
    View("runs", "2", opens="RunsScreen"),
    View("runs: sort", "2", "o", "Pick"),
    View("runs: columns", "2", "c", "ChooseColumns"),
    View("runs: filter", "2", "f", "RunsScreen", "escape escape"),
    View("runs: export", "2", "w", "Pick"),
    View("runs: name", "2", "n", "Line"),
    View("runs: note", "2", "m", "Line"),
    View("runs: curves, whole", "2", "Z", "RunsScreen"),
    View("selection", "3", opens="SelectionScreen"),
    View("selection: edit", "3", "home down enter", "Line"),
    View("selection: add", "3", "a", "Pick"),
    View("data", "4", opens="DataScreen"),
)
"""While a network for texts trains."""

TABLES = (
    View("digits", "1", opens="ExperimentScreen"),
    View("own sample", "1", "t", "ColumnsScreen"),
    View("sanity checks", "1", "j", "WorkPage"),
    View("runs: group", "2", "b", "Pick"),
    View("runs: delete", "2", "end x", "Ask"),
    View("runs: compare", "2", "end space up space v", "RunsCompare"),
    View("evidence", "2", "end i", "EvidenceScreen"),
    View("samples", "2", "end i", "SamplesScreen", "escape escape", then="shift+tab enter"),
    View("audit", "4", "a", "AuditScreen"),
    View("audit: test labels", "4", "a t", "Ask", "escape escape"),
)
"""While a network for columns trains, with two runs in the store that have ended."""

VIEWS = {"imdb": TEXTS, "digits": TABLES}
"""By the experiment that trains."""


MODES = {view.opens for views in VIEWS.values() for view in views if not view.keys}
"""The kinds of the modes' own screens."""


def typed(keys: str) -> list[str]:
    """What a terminal sends for keys, one after another."""
    return [KEYS.get(key, key) for key in keys.split()]


class Sent(NamedTuple):
    """Bytes of a view: to open it, each second over the first seconds, each second after that, and to close it."""

    view: View
    opened: int
    rate: float
    standing: float
    closed: int


@contextmanager
def trained(kind: type[Terminal], columns: int, lines: int, base: str, **options: float) -> Iterator[Terminal]:
    """A terminal on which an experiment trains for thousands of epochs, with a store of its own."""
    with tempfile.TemporaryDirectory() as folder, fresh_home():
        if VIEWS[base] is TABLES:
            ended_runs(base)
        file = Path(folder) / "long.toml"
        file.write_text(EXPERIMENT.format(base))
        with kind(columns, lines, str(file), **options) as terminal:
            training(terminal)
            yield terminal


def ended_runs(base: str) -> None:
    """Put two runs of an experiment into the store."""
    command = [str(Path(sys.executable).with_name("workbench")), "train", base, "--set", "training.epochs=2"]
    for size in (64, 128):
        subprocess.run([*command, "--set", f"training.batch_size={size}"], check=True, capture_output=True)


def sent(terminal: Terminal, view: View) -> Sent:
    """Open a view, let it stand, close it."""
    terminal.press(view.mode)
    terminal.watch(1.5)
    before = typed_into(terminal, view.keys, view)
    if view.then:
        terminal.watch(READ)
        before = typed_into(terminal, view.then, view)
    opened = terminal.bytes - before + terminal.watch(0.5)
    standing = terminal.watch(SECONDS)
    closed = 0
    for key in typed(view.closes):
        terminal.press(key)
        closed += terminal.watch(0.7)
    return Sent(view, opened, (opened + standing) / (SECONDS + 0.5), standing / SECONDS, closed)


def typed_into(terminal: Terminal, keys: str, view: View) -> int:
    """Type keys, and wait until a screen of its own is there; the bytes that had come before."""
    before, shown = terminal.bytes, footer(terminal)
    terminal.press("".join(typed(keys)))
    if view.opens not in MODES:
        terminal.until(lambda seen: footer(seen) != shown, 20)
    return before


def all_sent(columns: int, lines: int) -> Iterator[Sent]:
    """What each view sends at a size."""
    for base, views in VIEWS.items():
        with trained(Terminal, columns, lines, base) as terminal:
            for view in views:
                yield sent(terminal, view)


def measurements(rounds: int) -> list[Measurement]:
    """For each size of the terminal the most that a screen or a dialog sends, and the escape key's answer."""
    made = []
    for size, (columns, lines, bar, aim) in SIZES.items():
        found = {one.view.name: one.rate / 1000 for one in all_sent(columns, lines)}
        work = f"bytes to the terminal each second while training, {size}, the busiest view"
        made.append(Measurement(work, max(found.values()), "kB/s", bar, aim, more=False, behind=found))
    slowest = dict(answers())
    work = "escape key on a line of 9.6 kbit/s while training, the slowest dialog"
    made.append(Measurement(work, max(slowest.values()), "s", ANSWER, 1.0, more=False, behind=slowest))
    return made


def answers() -> Iterator[tuple[str, float]]:
    """The seconds from the escape key to the first change on the screen, over the slow line, by dialog."""
    for base, views in VIEWS.items():
        with trained(SlowTerminal, 80, 24, base, **SLOW) as terminal:
            assert isinstance(terminal, SlowTerminal)
            for view in views:
                if view.opens not in MODES:
                    yield view.name, answer(terminal, view)


def answer(terminal: SlowTerminal, view: View) -> float:
    """Open a dialog over the slow line, let it stand, and close it."""
    terminal.press(view.mode)
    for keys in (view.keys, view.then):
        arrived(terminal)
        terminal.press("".join(typed(keys)))
    arrived(terminal)
    shown = body(terminal)
    closing, *others = typed(view.closes)
    pressed = terminal.press(closing)
    answered = terminal.until(lambda seen: body(seen) != shown, 60) - pressed
    for key in others:
        arrived(terminal)
        terminal.press(key)
    return answered


def arrived(terminal: SlowTerminal) -> None:
    """Wait until what a key does is shown: the line has been nearly empty for some seconds."""
    quiet = 0
    for _ in range(30):
        if quiet == 3:
            return
        quiet = quiet + 1 if terminal.watch(1) < NEARLY_NONE and not terminal.waiting else 0


def body(terminal: Terminal) -> list[str]:
    """All lines but the first, which tells of the run whatever is pressed."""
    return list(terminal.screen.display[1:])


def footer(terminal: Terminal) -> str:
    """The keys, which a dialog replaces by its own."""
    return str(terminal.screen.display[-1])


def main() -> int:
    """Print what every view sends at every size, and how soon the escape key is answered."""
    failed = False
    for size, (columns, lines, bar, _) in SIZES.items():
        print(f"\n{size:20} {'opened B':>9} {'kB/s':>7} {'standing':>9} {'closed B':>9}   bar {bar:g} kB/s")
        for one in all_sent(columns, lines):
            over = one.rate > 1000 * bar
            failed |= over
            values = f"{one.opened:9,} {one.rate / 1000:7.2f} {one.standing / 1000:9.2f} {one.closed:9,}"
            print(f"{one.view.name:20} {values}{'  over' if over else ''}", flush=True)
    print(f"\nescape key at 9.6 kbit/s, seconds   bar {ANSWER:g} s")
    for name, seconds in answers():
        failed |= seconds > ANSWER
        print(f"{name:20} {seconds:9.2f}{'  over' if seconds > ANSWER else ''}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
