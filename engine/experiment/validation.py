"""Validates a raw experiment, as parsed from TOML, and describes every mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from engine.errors import ExperimentError, Mistake
from engine.experiment.flat_settings import dotted
from engine.experiment.keras_names import LONG_NAMES
from engine.experiment.layers import KINDS
from engine.experiment.model import Experiment
from engine.experiment.toml_lines import Path, line_of
from engine.system import suggest
from engine.system.suggest import shown

_EXPECTED = {
    "data.validation": "a number of samples (1 or more) or a fraction between 0 and 1",
    "data.class_weight": "'balanced', or a table of labels with their weights, such as {yes = 2.0}",
    "layers": "a list of at most 200 tables, each headed [[layers]]",
}
_TYPES: dict[Any, str] = {int: "a whole number", float: "a number", str: "text in quotes", bool: "true or false"}
_LIMITS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
_LENGTHS = (("min_length", "at least"), ("max_length", "at most"))


def checked(raw: Mapping[str, Any], source: str, lines: Mapping[Path, int] | None = None) -> Experiment:
    """Build the experiment from ``raw``.

    ``false`` means that an optional setting is absent, ``true`` an optional table with its defaults. Raises
    ExperimentError, which names ``source``, with every mistake; ``lines`` are the lines of the keys in the file.
    """
    try:
        return Experiment.model_validate(_switched(raw, Experiment))
    except ValidationError as error:
        found: dict[Path, Mistake] = {}
        for part in error.errors():  # every member of a union reports an error: the first is enough
            path = _path(part["loc"])
            found.setdefault(path, Mistake(dotted(path), _message(part, path), line_of(path, lines or {})))
    mistakes = sorted(found.values(), key=lambda mistake: mistake.line or 0)
    raise ExperimentError(source, tuple(mistakes))


def nearest(name: object, names: Iterable[str]) -> str | None:
    """Return the name in ``names`` that was most likely meant; Keras's long names are recognised too."""
    return suggest.nearest(name, names, LONG_NAMES)


def unknown(what: str, name: object, names: Iterable[str]) -> str:
    """Return the message for a name that is not in ``names``; Keras's long names are recognised too."""
    return suggest.unknown(what, name, names, LONG_NAMES)


def _switched(raw: Any, model: type[BaseModel]) -> Any:
    """Replace true and false for optional settings in ``raw`` by what they mean."""
    if not isinstance(raw, Mapping):
        return raw
    result = dict(raw)
    for name, field in model.model_fields.items():
        if name not in raw:
            continue
        inner, kinds = _inner_model(field.annotation), get_args(field.annotation)
        if raw[name] is False and NoneType in kinds and bool not in kinds:
            result[name] = None
        elif raw[name] is True and inner and NoneType in kinds:
            result[name] = {}
        elif inner:
            result[name] = _switched(raw[name], inner)
    if isinstance(layers := result.get("layers"), (list, tuple)):
        result["layers"] = [_switched(layer, _layer_model(layer)) for layer in layers]
    return result


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _layer_model(layer: Any) -> type[BaseModel]:
    kind = layer.get("kind") if isinstance(layer, Mapping) else None
    return KINDS.get(kind, BaseModel) if isinstance(kind, str) else BaseModel


def _path(loc: tuple[str | int, ...]) -> Path:
    """Return the path of the wrong key: pydantic's location without the names of a union's members."""
    if loc[:1] == ("layers",):
        return loc[:2] + loc[3:4]
    if loc[:2] == ("data", "columns"):
        return loc[:4]
    lists_and_unions = ("validation", "class_weight", "ignore", "missing", "metrics")
    return loc[:2] if len(loc) > 2 and loc[1] in lists_and_unions else loc


def _message(error: Any, path: Path) -> str:
    kind, value = error["type"], error["input"]
    if not path:  # the name is not valid text, as with undecodable bytes on a command line
        return "a setting's name cannot be read: names are plain words, as in training.epochs"
    if kind == "extra_forbidden":
        return unknown("key", path[-1], _model_at(error["loc"]).model_fields)
    if kind == "union_tag_invalid":
        return unknown("kind of layer", error["ctx"]["tag"], KINDS)
    if kind == "union_tag_not_found":
        return f"a layer needs a kind, for instance kind = 'dense': it is one of {', '.join(KINDS)}"
    if kind == "literal_error" and isinstance(value, str) and dotted(path) not in _EXPECTED:
        what = "metric" if path[-1] == "metrics" else str(path[-1])
        return unknown(what, value, re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    if kind == "value_error":
        return str(error["ctx"]["error"])
    field = _model_at(error["loc"]).model_fields.get(str(path[-1]))
    expected = _EXPECTED.get(dotted(path)) or (describe(field) if field else "a table")
    return f"expected {expected}, {'but it is empty' if value is None else f'not {shown(value)}'}"


def _model_at(loc: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the section or layer that contains the last key of pydantic's location."""
    if loc[0] == "layers" and len(loc) > 2:
        return KINDS[str(loc[2])]
    model: type[BaseModel] = Experiment
    for name in loc[:-1]:
        field = model.model_fields.get(str(name))
        model = (field and _inner_model(field.annotation)) or model
    return model


def describe(field: FieldInfo) -> str:
    """Describe the allowed values of a setting: ``a whole number, at least 1 and at most 65536``."""
    return _describe(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)


def _describe(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return ", ".join(filter(None, (_describe(arguments[0]), _limits(arguments[1:]))))
    if origin is Literal:
        return f"one of {', '.join(arguments)}"
    if origin is tuple:
        names = [part for literal in get_args(arguments[0]) for part in get_args(literal)]
        return f"a list, such as [{', '.join(map(repr, names[:2] or ('a', 'b')))}]"
    if origin is dict:
        return "a table"
    if arguments:
        return " or ".join(_describe(part) for part in arguments if part is not NoneType)
    return _TYPES.get(annotation, "a table")


def _limits(metadata: Iterable[Any]) -> str:
    """Describe the limits in a type's metadata."""
    parts = [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
    values = [
        f"{words} {getattr(part, name):,}" for part in parts for name, words in _LIMITS if hasattr(part, name)
    ]
    lengths = [
        f"{words} {getattr(part, name)}" for part in parts for name, words in _LENGTHS if hasattr(part, name)
    ]
    return " and ".join(values) or (f"{' and '.join(lengths)} characters" if lengths else "")
