"""A dialog to pick one of many options: a list with headings, filtered by typing, and a description of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.system.plain_text import plain
from workbench.text.widths import fitted, widest
from workbench.tui.dialogs.text_line import LineInput
from workbench.tui.keymap import key_of
from workbench.tui.widgets.colours import GOOD, MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.row_list import Row, Rows


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its title, a short note, a description, and its heading."""

    key: str
    title: str
    note: str = ""
    about: str = ""
    group: str = ""


class OptionRows(Rows):
    """The options under their headings."""

    def __init__(self, options: Sequence[Option], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = options
        self._text = ""
        self.free: Callable[[str], str] | None = None

    def narrow(self, text: str) -> None:
        """Show only the options that contain every word of ``text``."""
        self._text = text
        self.rebuild()

    def build(self, width: int) -> list[Row]:
        """Return the matching options, each group under its heading."""
        words = self._text.lower().split()
        rows: list[Row] = []
        group = ""
        for option in self._options:
            if not all(
                word in f"{option.title} {option.note} {option.group} {option.key}".lower() for word in words
            ):
                continue
            if option.group and option.group != group:
                group = option.group
                rows.append(Row.note(plain(group), f"group {group}"))
            rows.append(Row(option.key, (self._line(option, width),)))
        if self.free and words:
            take = key_of(self.screen.query_one(LineInput), "line.take")
            rows.append(Row("", (Content.styled(f"{take} {plain(self.free(self._text.strip()))}", GOOD),)))
        return rows or [Row.note(f"nothing matches “{plain(self._text)}”")]

    def _line(self, option: Option, width: int) -> Content:
        notes = widest(plain(one.note) for one in self._options)
        titles = widest(plain(one.title) for one in self._options)
        column = min(titles, width - min(notes, width // 3) - 2)
        line = Content.assemble(fitted(plain(option.title), column), "  ", (plain(option.note), MUTED))
        return line.truncate(width, ellipsis=True)


class Pick(ModalScreen[str | None]):
    """Returns the chosen option's key, or the typed text if ``free`` allows it, or None.

    ``free_label`` describes, in a line of the list, what is done with typed text.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "Cancel", id="pick.cancel"),
        Binding("up", "move(-1)", "Up", show=False, id="pick.up"),
        Binding("down", "move(1)", "Down", show=False, id="pick.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="pick.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="pick.page-down"),
    ]

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        *,
        hint: str = "type to search",
        free: bool = False,
        free_label: Callable[[str], str] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._title = title
        self._options = {option.key: option for option in options}
        self._hint = hint
        self._free = free
        self._free_label = free_label

    def compose(self) -> ComposeResult:
        """Yield the input, the list and the description of the option under the cursor."""
        with Vertical(id="pick") as pick:
            pick.border_title = Content(plain(self._title)).markup
            yield LineInput(placeholder=self._hint, compact=True)
            yield OptionRows(list(self._options.values()), id="options")
            about = Static(id="about")
            about.display = any(option.about for option in self._options.values())
            yield about
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the input."""
        self.query_one(OptionRows).free = self._free_label
        self.set_focus(self.query_one(Input))
        self.call_after_refresh(self._tell)

    @on(Input.Changed)
    def _narrow(self, message: Input.Changed) -> None:
        self.query_one(OptionRows).narrow("" if self._is_free(message.value) else message.value)
        self._tell()

    @on(Rows.Moved)
    def _tell(self) -> None:
        """Show the description of the option under the cursor."""
        option = self._options.get(self.query_one(OptionRows).key)
        self.query_one("#about", Static).update(Content(plain(option.about if option else "")))

    @on(Rows.Chosen)
    @on(Input.Submitted)
    def action_choose(self) -> None:
        """Return the typed text, or the option under the cursor."""
        typed = self.query_one(Input).value.strip()
        key = self.query_one(OptionRows).key
        if self._is_free(typed) or (self._free and typed and not key):
            self.dismiss(typed)
        elif key:
            self.dismiss(key)

    def action_move(self, step: int) -> None:
        """Move in the list while typing."""
        self.query_one(OptionRows).action_cursor(step)

    def action_page(self, step: int) -> None:
        """Move in the list by a page."""
        self.query_one(OptionRows).action_page(step)

    def _is_free(self, text: str) -> bool:
        """Return whether the typed text is a path rather than a search."""
        path = text.startswith(("/", "~", ".")) or re.search(r"\.\w{2,8}$", text)
        return self._free and bool(path)
