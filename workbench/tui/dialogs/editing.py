"""Edits text in ``$EDITOR`` while the screen is suspended, and shows files in ``$PAGER``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported
from textual.screen import Screen

from engine.errors import EngineError
from engine.system.atomic_write import reason
from engine.system.plain_text import plain
from workbench.terminal import editor
from workbench.tui.dialogs.question import Answer, ask

LARGEST = 1_000_000
"""The most bytes of an edited text that are read."""


def edit(
    screen: Screen[Any],
    text: str,
    suffix: str,
    take: Callable[[str], None],
    title: str = "The text was not accepted",
    again: bool = False,
) -> None:
    """Open text in the editor and pass the result to ``take``; if that refuses it, offer to edit it again.

    ``take`` raises EngineError to refuse a text. An unchanged text is not passed to it, unless it is opened
    ``again`` after a refusal. ``suffix`` is the suffix of the temporary file.
    """

    def refused(problem: EngineError, left: str) -> None:
        retry = partial(edit, screen, left, suffix, take, title, again=True)
        answers = [
            Answer("again", "e", "Edit it again", retry),
            Answer("leave", "c", "Discard the changes"),
        ]
        ask(screen, title, str(problem), answers)

    try:
        edited = _edited(screen.app, text, suffix)
    except EngineError as error:
        if again:
            refused(error, text)
        else:
            screen.notify(plain(str(error)), title="Not edited", severity="warning", markup=False)
        return
    try:
        if again or edited != text:
            take(edited)
    except EngineError as error:
        refused(error, edited)


def page(screen: Screen[Any], path: Path) -> None:
    """Show a file in the pager."""
    try:
        editor.pager()
        _outside(screen.app, lambda: editor.page(path))
    except (EngineError, SuspendNotSupported) as error:
        screen.notify(plain(str(error)), title="Not shown", severity="warning", markup=False)


def _outside(app: App[Any], job: Callable[[], None]) -> None:
    """Run a job while the screen is suspended. Its error is raised after the screen has been resumed."""
    failed: EngineError | None = None
    with app.suspend():
        try:
            job()
        except EngineError as error:
            failed = error
    if failed:
        raise failed


def _edited(app: App[Any], text: str, suffix: str) -> str:
    """Return the text as edited; raises EngineError."""
    editor.command()  # raises before the screen is suspended
    path = _written(text, suffix)
    try:
        _outside(app, lambda: editor.edit(path))
        edited = _read(path)
    except (EngineError, SuspendNotSupported, OSError) as error:
        raise EngineError(f"{error}{_kept(path, text)}") from error
    path.unlink(missing_ok=True)
    return edited


def _written(text: str, suffix: str) -> Path:
    try:
        handle, name = tempfile.mkstemp(suffix, "workbench-")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(errors="replace"))
    except OSError as error:
        raise EngineError(f"there is no room for a temporary file: {reason(error)}") from error
    return Path(name)


def _kept(path: Path, text: str) -> str:
    """Return a message saying where the edited text is kept; if it is unchanged, delete it."""
    try:
        changed = path.read_bytes() != text.encode(errors="replace")
        if not changed:
            path.unlink()
    except OSError:
        return ""
    return f"; the edited text is in {path}" if changed else ""


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise EngineError(f"the edited text is larger than {LARGEST:,} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EngineError(f"the edited text is not UTF-8: byte {error.start + 1} is not in it") from error
