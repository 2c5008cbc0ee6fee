"""A progress line on standard error; nothing is shown if that is not a terminal.

A thread of its own draws the line, so that a slow or frozen connection never delays the work.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from engine.events import Preparation, Preparing, Progress, Started
from engine.system.drain import drain
from engine.system.plain_text import plain
from workbench.terminal.streams import messages, muted, results
from workbench.text.numbers import duration

if TYPE_CHECKING:
    from rich.progress import Progress as Drawn

Result = TypeVar("Result")
Seen = TypeVar("Seen")

INTERVAL = 0.2
"""Seconds between two redraws of the line."""


@dataclass(frozen=True, slots=True)
class _State:
    text: str
    done: float
    total: float | None
    note: str


class Bar:
    """A progress line, shown while its ``with`` block runs; ``show`` only stores what the drawing thread reads.

    Whatever libraries print in the block goes to the log.
    """

    def __init__(self) -> None:
        terminal = messages().isatty() and os.environ.get("TERM") != "dumb"
        self._state: _State | None = None
        self._lines: deque[str] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True) if terminal else None
        self._above = terminal and results().isatty()
        self._muted = muted()

    def __enter__(self) -> Bar:
        self._muted.__enter__()
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        self._muted.__exit__(kind, error, trace)

    def show(self, text: str, done: float = 0, total: float | None = None, note: str = "") -> None:
        """Show progress: ``done`` of ``total`` (None: unknown), with a note after the bar."""
        self._state = _State(plain(text), done, total, plain(note))

    def print(self, line: str) -> None:
        """Print a line to standard output, above the progress line."""
        if self._above:
            self._lines.append(plain(line))
        else:
            print(plain(line), file=results(), flush=True)

    def watch(self, events: Iterable[Seen]) -> Iterator[Seen]:
        """Pass on a run's events and show their progress."""
        epochs = 1
        for event in events:
            if isinstance(event, Preparing):
                self.preparing(event)
            elif isinstance(event, Started):
                epochs = event.epochs
                self.show(f"epoch {event.first_epoch}/{epochs}", event.first_epoch - 1, epochs)
            elif isinstance(event, Progress):
                self.training(event, epochs)
            yield event

    def preparing(self, event: Preparing) -> None:
        """Show work before the first epoch."""
        self.show(event.stage, event.done, event.total)

    def training(self, event: Progress, epochs: int) -> None:
        """Show the progress within an epoch."""
        done = event.epoch - 1 + event.samples / max(event.total_samples, 1)
        note = f"{event.samples_per_second:,.0f} samples/s · {duration(event.seconds_left)} left"
        self.show(f"epoch {event.epoch}/{epochs}", done, epochs, note)

    def _draw(self) -> None:
        with _drawn() as drawn:
            task = drawn.add_task("", visible=False, note="")
            shown: _State | None = None
            while not self._over.wait(INTERVAL):
                self._print_lines(drawn)
                state = self._state
                if state and state != shown:  # send nothing while the line stays the same
                    shown = state
                    note = state.note or "…" * (state.total is None)
                    drawn.update(task, description=state.text, completed=state.done, total=state.total or 0)
                    drawn.update(task, visible=True, note=note, refresh=True)
            self._print_lines(drawn)

    def _print_lines(self, drawn: Drawn) -> None:
        while self._lines:
            drawn.console.out(self._lines.popleft(), highlight=False)


def wait(steps: Preparation[Result]) -> Result:
    """Run a generator of progress to its end, showing a progress line, and return its result."""
    with Bar() as bar:
        return drain(steps, bar.preparing)


def _drawn() -> Drawn:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    class KnownBar(BarColumn):
        """A bar if the total is known, else none: rich's pulse for an unknown total sends kilobytes a second."""

        def render(self, task: Any) -> Any:
            return super().render(task) if task.total else ""

    return Progress(
        TextColumn("{task.description}", markup=False),
        KnownBar(bar_width=30),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(file=messages(), highlight=False),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
