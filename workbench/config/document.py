"""Writes config.toml: every setting with a comment on its meaning and allowed values.

Settings that are not set are commented out with their defaults, so that a fresh file changes nothing.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.experiment.validation import describe
from workbench.config.model import Config

WIDTH = 96


class KeyLine(NamedTuple):
    """A binding: its id, its default keys and its description."""

    id: str
    keys: str
    words: str


def schema(keys: Sequence[KeyLine]) -> dict[str, Any]:
    """Return the JSON Schema of the file, with the ids of all bindings."""
    found = Config.model_json_schema()
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    known = {one.id: {"type": "string", "default": one.keys, "description": one.words} for one in keys}
    found["properties"]["keys"] |= {"properties": known}
    return found


def text(config: Config, keys: Sequence[KeyLine], notes: Mapping[str, str] | None = None) -> str:
    """Return the file of a configuration as text; ``notes`` are added to the comments of settings."""
    return "\n".join(_lines(config, keys, notes or {})) + "\n"


def _lines(config: Config, keys: Sequence[KeyLine], notes: Mapping[str, str]) -> Iterator[str]:
    yield "# The workbench's configuration. A line that begins with # is not set: it shows the default."
    tables = ("keys", "notifications")
    for name, info in Config.model_fields.items():
        if name not in tables:
            yield from ("", *_setting(config, name, info, notes.get(name, "")))
    yield from ("", *_comment(Config.model_fields["keys"].description), "[keys]")
    for one in keys:
        setting = f"{json.dumps(one.id)} = {_toml(config.keys.get(one.id, one.keys))}"
        yield ("" if one.id in config.keys else "# ") + f"{setting:<38}  # {one.words}".rstrip()
    yield from ("", *_comment(Config.model_fields["notifications"].description), "[notifications]")
    for name, info in type(config.notifications).model_fields.items():
        yield from ("", *_setting(config.notifications, name, info, ""))


def _setting(model: BaseModel, name: str, info: FieldInfo, note: str) -> Iterator[str]:
    """Yield the comment of a setting, and its line."""
    allowed = describe(info)
    more = f"One of: {allowed.removeprefix('one of ')}." if allowed.startswith("one of ") else ""
    yield from _comment(" ".join(filter(None, (info.description, more, note))))
    value, is_set = getattr(model, name), name in model.model_fields_set
    shown = "workbench-dark" if value is None else value
    yield ("" if is_set else "# ") + f"{name} = {_toml(shown)}"


def _comment(words: str | None) -> list[str]:
    return textwrap.wrap(words or "", WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _toml(value: Any) -> str:
    """Format a value as TOML: JSON strings, numbers, booleans and lists are valid TOML too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
