"""The status line of the selection screen: progress, result or error."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from engine.events import STARTING_TENSORFLOW, Status
from engine.selection.results import CrossValidation, Search
from engine.system.plain_text import plain
from workbench.text.numbers import duration
from workbench.tui.keymap import key_of
from workbench.tui.sessions.live_selection import Seen
from workbench.tui.widgets.colours import BAD, GOOD, MUTED
from workbench.tui.widgets.progress_line import BAR, bar


class SelectionLine(Widget):
    """One line; repainted only if it has changed."""

    DEFAULT_CSS = "SelectionLine { height: 1; }"

    line: reactive[Content] = reactive(Content(""))

    def render(self) -> Content:
        """Render the line."""
        return self.line.truncate(self.size.width, ellipsis=True)

    def show(self, seen: Seen | None, stopping: bool) -> None:
        """Show the current state of a selection."""
        self.line = self._content(seen, stopping)

    def _content(self, seen: Seen | None, stopping: bool) -> Content:
        if seen is None:
            run, add, edit = (key_of(self, f"selection.{what}") for what in ("run", "add", "choose"))
            words = f" {run} runs the plan · {add} adds a setting to search · {edit} edits"
            return Content.styled(words, MUTED)
        lost = f" · {seen.lost} of the processes died" if seen.lost else ""
        if seen.status is Status.FAILED:
            reason = plain(seen.reason.partition("\n")[0])
            return Content.assemble((" ✗ failed: ", f"bold {BAD}"), (reason, BAD))
        if seen.status is Status.FINISHED:
            return Content.assemble((" ✓ finished", GOOD), (self._summary(seen.result) + lost, MUTED))
        if seen.status is Status.STOPPED:
            again = f" · {key_of(self, 'selection.run')} resumes it" if seen.plan.axes else ""
            return Content.styled(f" ■ stopped{again}{lost}", MUTED)
        if stopping:
            return Content.styled(" stopping ...", MUTED)
        return self._going(seen) + Content.styled(lost, MUTED)

    def _going(self, seen: Seen) -> Content:
        where = seen.where
        if where is None and not seen.share:
            stage = seen.stage.stage if seen.stage else STARTING_TENSORFLOW if seen.started else "starting"
            return Content.styled(f" {plain(stage)} ...", MUTED)
        words = [f"{seen.share:.0%}"]
        if where:
            words.append(f"fold {where.fold} · epoch {where.epoch}/{where.epochs}")
        if seen.seconds_left is not None:
            words.append(f"{duration(seen.seconds_left)} left")
        width = min(BAR, max(self.size.width // 4, 8))
        return Content.assemble(" ", bar(seen.share, width), f" {' · '.join(words)}")

    def _summary(self, result: Search | CrossValidation | None) -> str:
        retrain, choose = key_of(self, "selection.retrain"), key_of(self, "selection.choose")
        if isinstance(result, CrossValidation):
            return f" · mean curve best at epoch {result.best_epoch} · {retrain} retrains and tests"
        if isinstance(result, Search):
            took = f"{result.epochs_trained:,} epochs · {duration(result.seconds)}"
            return f" · {took} · {retrain} retrains the best and tests it, {choose} opens it"
        return ""
