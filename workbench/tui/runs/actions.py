"""What is done with the runs of the runs screen: asked for in dialogs, done in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.text.command_line import command
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.question import Answer, Ask
from workbench.tui.dialogs.text_line import Line
from workbench.tui.keymap import key_of
from workbench.tui.messages import OpenExperiment, ResumeRun
from workbench.tui.runs.columns import COLUMNS, Column
from workbench.tui.widgets.mode_screen import Copyable

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.runs import RunStore, RunSummary
    from workbench.tui.runs.view import RunsView


def edit(screen: RunsView) -> None:
    """Put a run's experiment on the experiment screen."""
    if experiment := _experiment(screen):
        screen.post_message(OpenExperiment(experiment))


def _experiment(screen: RunsView) -> Experiment | None:
    """The experiment of the run under the cursor; says so where this version cannot read it."""
    run = screen.here()
    try:
        return run.experiment if run else None
    except EngineError as error:
        screen.warn(error)
        return None


def copies(screen: RunsView, columns: Sequence[Column]) -> list[Copyable]:
    """What can be copied of the run under the cursor: its card, its experiment, commands, and its values."""
    from engine.experiment import toml_file
    from engine.exporting.text_card import card

    run = screen.chosen
    if run is None:
        return []
    found = [
        Copyable(f"the card of run {run.id}", lambda: card(screen.host.store.get(run.id)), plain(run.name)),
        Copyable("its experiment as TOML", lambda: toml_file.dumps(run.experiment)),
        Copyable("the command that trains it again", lambda: command("train", run.experiment), "workbench train"),
        Copyable("the command that shows it", lambda: f"workbench show {run.id}", f"workbench show {run.id}"),
    ]
    values = [(column.title, column.text_of(run)) for column in columns]
    return found + [Copyable(f"value: {title}", partial(str, text), text) for title, text in values if text]


def resume(screen: RunsView) -> None:
    """Go on with a run that ended early, on the experiment screen."""
    run = screen.here()
    if run is None:
        return
    if not run.resumable:
        how = "is running" if run.going else f"is {run.state}"
        screen.warn(f"run {run.id} {how}: only a run that stopped early can be resumed")
    elif screen.host.going:
        screen.warn("something is running here already: stop it first")
    elif experiment := _experiment(screen):
        screen.post_message(ResumeRun(run.id, experiment))


def stop(screen: RunsView) -> None:
    """Ask whichever process trains the run to stop."""
    if (run := screen.here()) is None:
        return
    if not run.going:
        screen.warn(f"run {run.id} is {run.state}: there is nothing to stop")
        return

    def done(run_id: str = run.id) -> None:
        screen.host.store.request_stop(run_id)
        screen.call_later(screen.notify, f"Run {run_id} is asked to stop.")

    screen.work(done)


def compare(screen: RunsView) -> None:
    """Hold two runs against each other: the marked two, or the marked one and the one under the cursor."""
    from workbench.tui.runs.compare_screen import RunsCompare

    runs = [entry.runs[0].id for entry in screen.marked.values() if len(entry.runs) == 1]
    if len(runs) == 1 and screen.chosen and screen.chosen.id != runs[0]:
        runs.append(screen.chosen.id)
    if len(runs) != 2 or len(screen.marked) > 2:
        screen.warn(
            f"mark two runs with {key_of(screen, 'runs.mark')} to compare them; {len(screen.marked)} are marked"
        )
    else:
        screen.app.push_screen(RunsCompare(runs[0], runs[1]))


def evidence(screen: RunsView) -> None:
    """Say what the answers of the run under the cursor are worth."""
    from workbench.tui.evidence.screen import EvidenceScreen

    if run := screen.here():
        screen.app.push_screen(EvidenceScreen(run.id))


def order(screen: RunsView) -> None:
    """Choose what the runs are sorted by; the same again turns it round."""
    columns = [*COLUMNS, *(column for column in screen.listing.columns if column not in COLUMNS)]
    options = [Option(column.key, column.title, about=column.about) for column in columns]

    def ordered(key: str | None) -> None:
        if key:
            screen.listing.order(key)
            screen.show_runs()

    screen.app.push_screen(Pick("Sort by; the same again turns it round", options), ordered)


def columns(screen: RunsView) -> None:
    """Choose which columns are shown."""
    from workbench.tui.runs.choose_columns import ChooseColumns

    def chosen(answer: tuple[tuple[str, ...], bool] | None) -> None:
        if answer:
            screen.listing.choose(*answer)
            screen.show_runs()

    screen.app.push_screen(ChooseColumns(screen.listing.chosen, screen.listing.settings), chosen)


def rename(screen: RunsView) -> None:
    """Give the run another name."""
    _typed(screen, "Name", lambda run: run.name, lambda store, run, text: store.rename(run, text))


def tag(screen: RunsView) -> None:
    """Give the run other tags."""
    _typed(
        screen,
        "Tags, with commas between them",
        lambda run: ", ".join(run.tags),
        lambda store, run, text: store.tag(run, text.split(",")),
    )


def pin(screen: RunsView) -> None:
    """Tag the run as pinned, so that it stays on top; or no longer."""
    from engine.runs.query_names import PINNED, is_pinned

    run = screen.here()
    if run is None:
        return
    kept = [tag for tag in run.tags if tag != PINNED] if is_pinned(run) else [*run.tags, PINNED]

    def change(run_id: str, tags: Sequence[str]) -> None:
        screen.host.store.tag(run_id, tags)
        _changed(screen, run_id)

    screen.work(change, run.id, kept, awaited=True)


def note(screen: RunsView) -> None:
    """Note something on the run."""
    _typed(screen, "Note", lambda run: run.note, lambda store, run, text: store.note(run, text))


def note_outside(screen: RunsView) -> None:
    """Edit the run's note in ``$EDITOR``: it may have several lines."""
    from workbench.tui.dialogs.editing import edit

    if run := screen.here():
        edit(
            screen,
            run.note,
            ".txt",
            lambda text: screen.work(_note, screen, run.id, text.strip(), awaited=True),
        )


def _note(screen: RunsView, run_id: str, text: str) -> None:
    screen.host.store.note(run_id, text)
    _changed(screen, run_id)


def delete(screen: RunsView) -> None:
    """Delete the run under the cursor, or those that are marked; asks first."""
    run = screen.here()
    marked = tuple(run.id for entry in screen.marked.values() for run in entry.runs)
    if run is None:
        return
    answers = [
        Answer("keep", "k", "Keep everything"),
        Answer("one", "d", f"Delete run {run.id}, {plain(run.name)}"),
    ]
    if marked and marked != (run.id,):
        answers.append(Answer("marked", "m", f"Delete the {len(marked)} marked runs"))

    def answered(answer: str | None) -> None:
        if answer in ("one", "marked"):
            screen.work(_delete, screen, marked if answer == "marked" else (run.id,), awaited=True)

    text = f"{key_of(screen, 'runs.undo')} brings deleted runs back, for a day."
    screen.app.push_screen(Ask("Delete?", text, answers), answered)


def undo(screen: RunsView) -> None:
    """Bring back what was deleted last."""
    if screen.deleted:
        screen.work(_restore, screen, screen.deleted.pop(), awaited=True)
    else:
        screen.warn("nothing has been deleted here that could be brought back")


def _typed(
    screen: RunsView,
    title: str,
    text: Callable[[RunSummary], str],
    write: Callable[[RunStore, str, str], None],
) -> None:
    """Ask for a line, and write it into the run's row."""
    run = screen.here()
    if run is None:
        return

    def typed(answer: str | None) -> None:
        if answer is not None:
            screen.work(change, run.id, answer, awaited=True)

    def change(run_id: str, answer: str) -> None:
        write(screen.host.store, run_id, answer)
        _changed(screen, run_id)

    screen.app.push_screen(Line(f"{title} of run {run.id}", text(run)), typed)


def _delete(screen: RunsView, runs: Sequence[str]) -> None:
    done = []
    try:
        for run in runs:
            screen.host.store.delete(run)
            done.append(run)
    finally:
        screen.call_later(screen.forget, tuple(done))


def _restore(screen: RunsView, runs: Sequence[str]) -> None:
    for run in runs:
        screen.host.store.restore(run)
    screen.call_later(screen.bring_back, [screen.host.store.get(run) for run in runs])


def _changed(screen: RunsView, run: str) -> None:
    screen.call_later(screen.renew, [screen.host.store.get(run)])
