"""The columns of a user's own table: how each was interpreted, and why; each role can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from textual.binding import Binding
from textual.content import Content
from textual.message import Message

from engine.experiment.model import ColumnSettings, Data, Role
from engine.features.summary import Column
from engine.system.plain_text import plain
from workbench.text.widths import fitted, widest
from workbench.tui.widgets.colours import GOOD, MUTED, WARN
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.row_list import Row, Rows

ROLES: tuple[Role, ...] = get_args(Role)
"""Every role, in the order in which a key cycles through them."""

NAME = (6, 22)
"""The narrowest and the widest column of names, in cells."""

ROLE, KIND, MISSING, DISTINCT = 9, 8, 8, 9

STYLES = {"target": f"bold {GOOD}", "ignored": MUTED, "text": "$accent"}


class ColumnTable(Rows, inherit_bindings=False):
    """A row for each column; space sets the next role, enter chooses one, t opens its treatment."""

    BINDINGS = [
        *moves(top="home"),
        Binding("space", "role(1)", "Next role", id="columns.role"),
        Binding("enter", "choose", "Role", key_display="⏎", id="columns.choose"),
        Binding("t", "screen.treatment", "Treatment", id="columns.treatment"),
    ]

    @dataclass
    class RoleChanged(Message):
        """The user has chosen another role for a column."""

        column: str
        role: Role

    columns: tuple[Column, ...] = ()

    @property
    def column(self) -> Column | None:
        """The column under the cursor."""
        return next((column for column in self.columns if column.name == self.key), None)

    def show(self, columns: Sequence[Column]) -> None:
        """Show these columns."""
        self.columns = tuple(columns)
        self.rebuild()

    def build(self, width: int) -> Sequence[Row]:
        """Return a heading and a row for each column, with its treatment and the reason for its role if there is
        room.
        """
        name = min(widest((plain(column.name) for column in self.columns), NAME[0]), NAME[1])
        head = f"{'column':{name}} {'role':{ROLE}}{'type':{KIND}}{'missing':>{MISSING}}{'distinct':>{DISTINCT}}  "
        rows = [
            Row("", (Content.styled(f"{head}example · treatment", MUTED).truncate(width, ellipsis=True),), False)
        ]
        return [*rows, *(Row(column.name, self._lines(column, name, width)) for column in self.columns)]

    def _lines(self, column: Column, name: int, width: int) -> tuple[Content, ...]:
        distinct = "" if column.distinct is None else f"{column.distinct:,}"
        missing = (f"{column.missing:,}" if column.missing else "–").rjust(MISSING)
        more = " · ".join(plain(words) for words in (column.example, column.treatment) if words)
        line = Content.assemble(
            fitted(plain(column.name), name) + " ",
            (column.role.ljust(ROLE), STYLES.get(column.role, "bold")),
            column.kind.ljust(KIND),
            (missing, WARN if column.missing else MUTED),
            distinct.rjust(DISTINCT),
            (f"  {more}", MUTED),
        )
        return (line.truncate(width, ellipsis=True),)

    def action_role(self, step: int) -> None:
        """Set the next role for the column under the cursor; shown at once, so that pressing again continues from
        it.
        """
        if column := self.column:
            role = next_role(column.role, step)
            self.show([replace(one, role=role) if one is column else one for one in self.columns])
            self.post_message(self.RoleChanged(column.name, role))


def with_role(data: Data, name: str, role: Role) -> Data:
    """Return the settings with another role for a column; a table has at most one target and one text column."""
    columns = {
        other: _without(settings, role) if other != name else settings for other, settings in data.columns.items()
    }
    columns[name] = columns.get(name, ColumnSettings()).model_copy(update={"role": role})
    update = {
        "columns": {other: one.model_dump() for other, one in columns.items() if one != ColumnSettings()},
        "ignore": tuple(other for other in data.ignore if other != name),
        "target": None if name == data.target or role == "target" else data.target,
        "text": None if name == data.text or role == "text" else data.text,
    }
    return Data.model_validate(data.model_dump() | update)


def _without(settings: ColumnSettings, role: Role) -> ColumnSettings:
    """Return a column's settings without a unique role that another column takes over."""
    return settings.model_copy(update={"role": None}) if settings.role == role in ("target", "text") else settings


def next_role(role: Role, step: int = 1) -> Role:
    """Return the role ``step`` places after a role."""
    return ROLES[(ROLES.index(role) + step) % len(ROLES)]
