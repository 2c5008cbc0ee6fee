"""A page that fills with lines, and optionally a chart, while a job runs; closing it stops the job."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import EngineError
from engine.events import Preparing
from engine.system.drain import LeftError, drain
from engine.system.plain_text import plain
from workbench.text.describe import count_done
from workbench.tui.keymap import key_of
from workbench.tui.widgets.chart import Chart, Picture
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.scrolling_text import Page

Job = Callable[[], Generator[Preparing | str | Picture, None, None]]


Shown = TypeVar("Shown")

PACE = 0.25
"""Seconds between two updates of the progress."""


class WorkPage(ModalScreen[None]):
    """Runs a job in a thread: its strings become lines, its latest picture is drawn above them.

    The progress is shown in the border.
    """

    BINDINGS = [
        Binding("escape,q", "close", "Close", key_display="esc", id="work.close"),
        Binding("Z", "whole", "The chart alone, or with its lines", show=False, id="work.whole"),
    ]
    DEFAULT_CSS = """
    WorkPage Chart { height: 2fr; min-height: 9; border: none; display: none; background: $surface; }
    WorkPage.-drawn Chart { display: block; }
    WorkPage.-whole Page { display: none; }
    """

    def __init__(self, title: str, job: Job) -> None:
        super().__init__()
        self._title = title
        self._work = job
        self._written: list[str] = []
        self._left = False
        self._stage = ""

    def compose(self) -> ComposeResult:
        """Yield the chart and the lines."""
        with Vertical(id="read") as read:
            read.border_title = Content(plain(self._title)).markup
            yield Chart(id="work-chart")
            with Page():
                yield Static(id="work-lines", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Let the arrow keys scroll, and start the job."""
        self.query_one(Page).focus()
        self.set_interval(PACE, self._show_progress)
        self.run_worker(self._run, thread=True, exit_on_error=False, group="work")

    def on_unmount(self) -> None:
        """Stop the job."""
        self._left = True

    def action_close(self) -> None:
        """Leave the full-page chart; or else close the page."""
        if self.has_class("-whole"):
            self.remove_class("-whole")
        else:
            self._left = True
            self.dismiss(None)

    def action_whole(self) -> None:
        """Toggle between the chart alone and the chart with its lines."""
        self.set_class(self.has_class("-drawn") and not self.has_class("-whole"), "-whole")

    @property
    def text(self) -> str:
        """The lines so far."""
        return "\n".join(self._written)

    def _run(self) -> None:
        try:
            drain(self._work(), self._note, lambda: self._left)
        except LeftError:
            return
        except EngineError as error:
            self._later(self._add_line, str(error))
        except Exception as error:
            from workbench.terminal.streams import bug

            self._later(self._add_line, str(bug(error)))
        self._stage = ""

    def _note(self, step: Preparing | str | Picture) -> None:
        if isinstance(step, str):
            self._later(self._add_line, step)
        elif isinstance(step, Picture):
            self._later(self._draw, step)
        else:
            self._stage = count_done(step)

    def _later(self, call: Callable[[Shown], None], shown: Shown) -> None:
        if not self._left:
            self.call_later(call, shown)

    def _draw(self, picture: Picture) -> None:
        self.add_class("-drawn")
        self.query_one(Chart).show(picture)
        title = f"{self._title} · {key_of(self, 'work.whole')} the chart alone"
        self.query_one("#read").border_title = Content(plain(title)).markup

    def _add_line(self, line: str) -> None:
        self._written.append(plain(line, lines=True))
        self.query_one("#work-lines", Static).update(self.text)

    def _show_progress(self) -> None:
        self.query_one("#read").border_subtitle = Content(plain(self._stage)).markup
