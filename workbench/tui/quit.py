"""The quit dialog, which asks what to do with running work."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App

from workbench.tui.background_work import Work
from workbench.tui.dialogs.question import Answer, Ask

POLL = 0.25
"""Seconds between two polls of whether the work has ended meanwhile."""


class QuitScreen(Ask):
    """Asks what to do with running work; returns "stop", "leave", "stay" or None."""

    def __init__(self, works: Sequence[Work]) -> None:
        answers = [Answer("stop", "s", "Stop and save, then quit")]
        if all(work.can_leave for work in works):
            answers.append(Answer("leave", "l", "Continue it in the background, and quit"))
        answers.append(Answer("stay", "c", "Cancel: stay here"))
        self._works = works
        super().__init__("Quit", _running(works), answers)

    def on_mount(self) -> None:
        """Update the question if the work ends meanwhile."""
        self.set_interval(POLL, lambda: self.tell(_running(self._works)))


def _running(works: Sequence[Work]) -> str:
    running = [work.title for work in works if not work.done.is_set()]
    if not running:
        return f"{' and '.join(work.title for work in works)} ended meanwhile, and everything is saved."
    return f"{' and '.join(running)} {'is' if len(running) == 1 else 'are'} still running."


def leave(app: App[int], running: Sequence[Work]) -> None:
    """Exit the app; if work is running, ask first whether to stop it or to continue it in the background."""

    def answered(answer: str | None) -> None:
        if answer in ("stop", "leave"):
            works = [work for work in running if not work.done.is_set()]
            for work in works:
                work.leave() if answer == "leave" else work.stop()
            left = [work.title for work in works if answer == "leave"]
            follow = [f"{title} continues: workbench follow {title.removeprefix('run ')}" for title in left]
            app.exit(0, message="\n".join(follow) or None)

    if not running:
        app.exit(0)
    elif not isinstance(app.screen, QuitScreen):
        app.push_screen(QuitScreen(running), answered)
