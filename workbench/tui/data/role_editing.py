"""Changes the role of a column in the settings of a person's own table."""

from __future__ import annotations

from typing import get_args

from engine.experiment.model import ColumnSettings, Data, Role

ROLES: tuple[Role, ...] = get_args(Role)
"""Every role, in the order in which a key goes through them."""


def with_role(data: Data, name: str, role: Role) -> Data:
    """The settings with another role for a column; a table has one target and one column of text at most."""
    columns = {
        other: _without(settings, role) if other != name else settings for other, settings in data.columns.items()
    }
    columns[name] = columns.get(name, ColumnSettings()).model_copy(update={"role": role})
    update: dict[str, object] = {
        "columns": {other: settings for other, settings in columns.items() if settings != ColumnSettings()},
        "ignore": tuple(other for other in data.ignore if other != name),
        "target": None if name == data.target or role == "target" else data.target,
        "text": None if name == data.text or role == "text" else data.text,
    }
    return Data.model_validate(data.model_dump() | _dumped(update))


def _without(settings: ColumnSettings, role: Role) -> ColumnSettings:
    """A column's settings without a role that only one column has, where another column takes it."""
    return settings.model_copy(update={"role": None}) if settings.role == role in ("target", "text") else settings


def _dumped(update: dict[str, object]) -> dict[str, object]:
    columns = update["columns"]
    assert isinstance(columns, dict)
    return update | {"columns": {name: settings.model_dump() for name, settings in columns.items()}}


def next_role(role: Role, step: int = 1) -> Role:
    """The role after a role."""
    return ROLES[(ROLES.index(role) + step) % len(ROLES)]
