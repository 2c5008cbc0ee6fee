"""The log over the screen: filtered by level and run, updated as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from workbench.terminal import log_lines, output
from workbench.terminal.log_lines import LEVELS, LogLine
from workbench.tui.dialogs.copying import put
from workbench.tui.dialogs.editing import page
from workbench.tui.widgets.colours import BAD, MUTED, WARN
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.mode_screen import Copyable
from workbench.tui.widgets.scrolling_text import Prose

POLL = 1.0
"""Seconds between two checks whether the log has grown."""

STYLES = {"info": "", "warning": WARN, "error": BAD}


class LogPage(ModalScreen[None]):
    """Shows the end of the log; ``run`` is the run shown on the screen below, if any."""

    BINDINGS = [
        Binding("escape,q,O", "dismiss", "Close", key_display="esc", id="log.close"),
        Binding("l", "level", "Level", id="log.level"),
        Binding("r", "run", "This run", id="log.run"),
        Binding("p", "page", "$PAGER", id="log.page"),
        Binding("Y", "copy", "Copy", id="log.copy"),
    ]

    def __init__(self, path: Path, run: str = "") -> None:
        super().__init__()
        self._path = path
        self._run = run
        self._level = LEVELS[0]
        self._of_run = False
        self._seen: tuple[int, int] | None = None
        self._lines: list[LogLine] = []

    def compose(self) -> ComposeResult:
        """Yield the page of lines."""
        with Vertical(id="read"):
            yield Prose(id="log-lines")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the end of the log, and follow it."""
        self.query_one(Prose).focus()
        self.call_after_refresh(self._poll)
        self.set_interval(POLL, self._poll)

    @property
    def shown(self) -> list[LogLine]:
        """The lines of the chosen level and run."""
        found = log_lines.at_least(self._lines, self._level)
        return [line for line in found if line.run == self._run] if self._of_run else found

    def action_level(self) -> None:
        """Show the next level and those above it; after the last, all."""
        self._level = LEVELS[(LEVELS.index(self._level) + 1) % len(LEVELS)]
        self._show()

    def action_run(self) -> None:
        """Show only the lines of the run, or all."""
        self._of_run = not self._of_run
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the run filter only if there is a run."""
        return action != "run" or bool(self._run)

    def action_page(self) -> None:
        """Show the whole log in the pager."""
        page(self, self._path)

    def action_copy(self) -> None:
        """Copy the shown lines."""
        text = "\n".join(line.text for line in self.shown)
        put(self, Copyable(f"{len(self.shown)} lines of the log", lambda: text))

    def _poll(self) -> None:
        if output.behind():
            return
        try:
            status = self._path.stat()
            seen = (status.st_size, status.st_mtime_ns)
            if seen != self._seen:
                self._lines, self._seen = log_lines.read(self._path), seen
                self._show()
        except FileNotFoundError:
            self._show()
        except OSError as error:
            self._show(f"the log cannot be read: {error.strerror or error}")

    def _show(self, problem: str = "") -> None:
        prose, lines = self.query_one(Prose), self.shown
        at_end = prose.scroll_offset.y >= prose.max_scroll_y
        words = [f"Log · {self._level}{'s and above' if self._level == 'warning' else ''}"]
        words += [f"run {self._run}"] if self._of_run else []
        self.query_one("#read").border_title = Content(" · ".join([*words, f"{len(lines)} lines"])).markup
        prose.put(Content.styled(problem, BAD) if problem else _content(lines, self._path))
        if at_end:
            prose.scroll_end(animate=False)


def _content(lines: Sequence[LogLine], path: Path) -> Content:
    if not lines:
        return Content.styled(f"nothing of this kind in the last part of {path}", MUTED)
    return Content("\n").join(
        Content.assemble((f"{'run ' + line.run if line.run else '':8} ", MUTED), (line.text, STYLES[line.level]))
        for line in lines
    )
