"""Continues the last session on the experiment screen: its experiment with all edits, its screen, its cursor."""

from __future__ import annotations

from engine.experiment.setting_paths import differences
from workbench.tui.dialogs.question import Answer, Ask
from workbench.tui.experiment.view import ExperimentView
from workbench.tui.messages import GoTo
from workbench.tui.modes import MODES
from workbench.tui.sessions import last_session


def offer_last(screen: ExperimentView) -> None:
    """Ask whether to continue the last session, if its experiment or its screen differs from what is shown."""
    last = last_session.read()
    if last is None:
        return
    if not differences(last.experiment, screen.experiment) and last.screen == MODES[0].name:
        return
    edits = ", with edits that were neither run nor written to a file" if last.unsaved else ""
    title = next(mode.title for mode in MODES if mode.name == last.screen)
    where = "" if last.screen == MODES[0].name else f", on the screen {title}"
    answers = [
        Answer("last", "l", "Continue with it"),
        Answer("first", "n", f"Start with {screen.experiment.name}"),
    ]

    def answered(answer: str | None) -> None:
        screen.undecided = False
        if answer == "last":
            _restore(screen, last)

    screen.undecided = True
    text = f"The last session ended with {last.experiment.name}{edits}{where}."
    screen.app.push_screen(Ask("Last session", text, answers), answered)


def continue_last(screen: ExperimentView) -> None:
    """Continue the last session: its experiment with all edits, its screen and the cursor there."""
    if last := last_session.read():
        _restore(screen, last)
    else:
        screen.notify("there is no last session to continue")


def _restore(screen: ExperimentView, last: last_session.LastSession) -> None:
    if differences(last.experiment, screen.experiment):
        screen.open(last.experiment)
    if last.unsaved:
        screen.keep(None)
    screen.post_message(GoTo(last.screen, last.cursor))
