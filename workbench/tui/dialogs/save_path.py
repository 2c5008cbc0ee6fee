"""A dialog for the path to write a file to: asks before overwriting, and can create missing folders."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engine.system.paths import exists, expanded
from engine.system.plain_text import plain
from workbench.tui.dialogs.question import Answer, ask
from workbench.tui.dialogs.text_line import Line
from workbench.tui.keymap import key_of


class SavePath(Line):
    """Returns a path that may be written, in an existing folder; ``suffix`` is added to a name without one.

    ``problem`` says why writing to ``text`` has failed before.
    """

    def __init__(self, title: str, text: str, suffix: str = "", problem: str = "") -> None:
        super().__init__(title, text, "a path; ~ is your home folder", self._wrong)
        self._suffix = suffix
        self.problem = problem

    def _wrong(self, text: str) -> str:
        if not text:
            return f"there is no path: type one, or leave with {key_of(self, 'line.cancel')}"
        path = self._path(text)
        is_folder = not path.name or text.endswith(("/", "\\")) or (self._suffix and path.is_dir())
        return f"{text} is a folder: add a file's name" if is_folder else ""

    def _path(self, text: str) -> Path:
        path = expanded(text)
        complete = path.suffix or not self._suffix or not path.name
        return path if complete else path.with_name(path.name + self._suffix)

    def take(self, text: str) -> None:
        """Return the path; ask first if the file exists or its folder does not."""
        path = self._path(text)
        if exists(path):
            self._ask("Overwrite it?", f"{path} already exists.", "Overwrite it", path)
        elif not exists(path.parent):
            self._ask(
                "Create the folder?", f"There is no folder {path.parent}.", "Create it and write there", path
            )
        else:
            self.dismiss(str(path))

    def _ask(self, title: str, text: str, yes: str, path: Path) -> None:
        answers = [Answer("no", "n", "No: back to the path"), Answer("yes", "y", yes, partial(self._make, path))]
        ask(self, title, text, answers)

    def _make(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.say(f"the folder {plain(str(path.parent))} cannot be created: {error.strerror or error}")
        else:
            self.dismiss(str(path))
