"""Locates and reads config.toml; each mistake is reported with its line and the allowed values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from engine.errors import Mistake, MistakesError
from engine.experiment.toml_lines import Path as KeyPath
from engine.experiment.toml_lines import key_lines, line_of
from engine.experiment.validation import describe
from engine.system import toml_text
from engine.system.paths import expanded, home
from engine.system.suggest import hint, shown, unknown
from workbench.config.model import EVENTS, Config

NAME = "config.toml"

_EXPECTED = {
    "series": "a list of at most 8 colours, such as ['#56b4e9', '#e69f00']",
    "data_folders": "a list of folders, such as ['~/data']",
    "keys": "a table of keys by the binding's id, such as \"run.start\" = 'f5'",
    "notifications": "a table, headed [notifications]",
    "notifications.events": f"a list of some of {', '.join(EVENTS)}",
}


class ConfigError(MistakesError):
    """Raised for a config.toml that cannot be used."""


@dataclass(frozen=True, slots=True)
class Read:
    """The configuration in a file and the lines of its keys; the defaults if there is no file."""

    path: Path
    config: Config = field(default_factory=Config)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    exists: bool = False

    def mistake(self, path: str, message: str) -> Mistake:
        """Return a mistake at a dotted path, with its line."""
        return Mistake(path, message, _line(tuple(path.split(".", 1)), self.lines))


def location() -> Path:
    """Return the path: in ``WORKBENCH_HOME`` if that is set, else in the platform's configuration folder."""
    if os.environ.get("WORKBENCH_HOME"):
        return home() / NAME
    return Path(platformdirs.user_config_dir("workbench", appauthor=False)) / NAME


def read(path: Path | None = None) -> Read:
    """Read the configuration from a file; the defaults if there is none. Raises ConfigError with every mistake."""
    path = path or location()
    if not os.path.lexists(path):
        return Read(path)
    source = toml_text.shown_path(path)
    text = toml_text.read(path, source, ConfigError)
    raw, lines = toml_text.tables(text, source, ConfigError), key_lines(text)
    try:
        return Read(path, Config.model_validate(raw), lines, True)
    except ValidationError as error:
        found: dict[KeyPath, Mistake] = {}
        for part in error.errors():
            where = _key_path(part["loc"])
            found.setdefault(where, Mistake(_dotted(where), _message(part, where), _line(where, lines)))
    mistakes = sorted(found.values(), key=lambda mistake: mistake.line or 0)
    raise ConfigError(source, tuple(mistakes))


def missing_folders(read: Read) -> tuple[Mistake, ...]:
    """Return a mistake for each data folder that does not exist."""
    gone = [name for name in read.config.data_folders if not expanded(name).is_dir()]
    return tuple(
        read.mistake("data_folders", f"{shown(name)} is not a folder: name an existing one, or remove it")
        for name in gone
    )


def _key_path(loc: tuple[str | int, ...]) -> KeyPath:
    """Return the key at which a mistake is: not the item of its list."""
    names = tuple(name for name in loc if isinstance(name, str))
    return names[:2] if names[0] in ("keys", "notifications") else names[:1]


def _dotted(where: KeyPath) -> str:
    return ".".join(map(str, where))


def _line(where: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Return the line of a key; ids of bindings can be written as one name, or as nested tables."""
    apart = (*where[:1], *str(where[-1]).split(".")) if len(where) > 1 else where
    return lines[apart] if apart in lines else line_of(where, lines)


def _message(error: Any, where: KeyPath) -> str:
    kind, value, dotted = error["type"], error["input"], _dotted(where)
    if kind == "extra_forbidden":
        return unknown("key", where[-1], _model_at(where).model_fields)
    if kind == "literal_error" and isinstance(value, str):
        names = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        return f"there is no {str(where[-1]).removesuffix('s')} {shown(value)}: {hint(value, names)}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    return f"expected {_expected(where, dotted)}, not {shown(value)}"


def _expected(where: KeyPath, dotted: str) -> str:
    if where[0] == "keys" and len(where) > 1:
        return "a key in quotes, or several separated by commas"
    return _EXPECTED.get(dotted) or describe(_model_at(where).model_fields[str(where[-1])])


def _model_at(where: KeyPath) -> type[BaseModel]:
    """Return the model of the table that holds a key."""
    if len(where) < 2:
        return Config
    found: FieldInfo = Config.model_fields[str(where[0])]
    assert isinstance(found.annotation, type)
    assert issubclass(found.annotation, BaseModel)
    return found.annotation
