"""Exports runs from the runs screen: to a path that is asked for or, in a browser, as a download."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.save_path import SavePath
from workbench.tui.runs.view import RunsView
from workbench.tui.widgets.download import deliver, packed


def export(screen: RunsView) -> None:
    """Export the run under the cursor, or the marked runs; ask for a format and a path."""
    from engine.exporting import DESCRIPTIONS, SEVERAL

    run = screen.chosen
    marked = tuple(dict.fromkeys(run.id for entry in screen.marked.values() for run in entry.runs))
    runs = marked or ((run.id,) if run else ())
    if not runs:
        screen.here()
        return
    forms = DESCRIPTIONS if len(runs) == 1 else SEVERAL
    options = [Option(form, form, DESCRIPTIONS[form]) for form in forms]

    def formed(form: str) -> None:
        if screen.app.is_web:
            screen.work(_download, screen, runs, form)
        else:
            _ask_path(screen, runs, form, str(_folder() / _file_name(runs, form)))

    screen.ask(Pick(f"Write {_named(runs)} as", options), formed)


def _ask_path(screen: RunsView, runs: Sequence[str], form: str, text: str, problem: str = "") -> None:
    """Ask where to write; ``problem`` says why writing to ``text`` has failed before."""
    from engine.exporting import FORMS

    def chosen(path: str) -> None:
        screen.notify("Writing …", timeout=2)
        screen.work(_export, screen, runs, form, Path(path))

    screen.ask(SavePath(f"Write {_named(runs)} to", text, FORMS[form], problem), chosen)


def _file_name(runs: Sequence[str], form: str) -> str:
    from engine.exporting import FORMS

    return f"run-{'-'.join(runs[:4])}{FORMS[form]}"


def _folder() -> Path:
    """Return the current folder, with ``~`` for the user's home folder."""
    try:
        return "~" / Path.cwd().relative_to(Path.home())
    except (OSError, ValueError, RuntimeError):
        return Path().absolute()


def _export(screen: RunsView, runs: Sequence[str], form: str, path: Path) -> None:
    from engine.exporting import export_many

    try:
        written = export_many(screen.host.store, runs, form, path, force=True)  # the dialog has asked
    except EngineError as error:
        screen.call_later(_ask_path, screen, runs, form, str(path), str(error))
    else:
        screen.call_later(screen.notify, plain(str(written)), title="Written", markup=False)


def _download(screen: RunsView, runs: Sequence[str], form: str) -> None:
    """Export to a temporary folder, and deliver the file to the browser."""
    from engine.exporting import export_many

    with tempfile.TemporaryDirectory() as folder:
        made = packed(export_many(screen.host.store, runs, form, Path(folder) / _file_name(runs, form)))
        screen.call_later(deliver, screen.app, made.name, made.read_bytes())


def _named(runs: Sequence[str]) -> str:
    return f"run {runs[0]}" if len(runs) == 1 else f"{len(runs)} runs"
