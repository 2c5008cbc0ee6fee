"""Form fields of the data screen: how a user's own file is read and split, and how a column is treated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from engine.experiment.flat_settings import dotted, keys
from engine.experiment.model import ColumnSettings, Data, Experiment, Scaling
from engine.features.summary import Column
from workbench.tui.dialogs.form_fields import UNSET, YES_NO, Choices, Field

AS_FOUND: Choices = (("as found", UNSET),)

_SEPARATORS: Choices = (("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|"), ("blanks", " "))
_SPLITS = ("split_group", "split_time", "split_column", "validation_file", "test_file")
_FILLS = {
    "number": ("median", "mean", "most_frequent", "constant"),
    "date": ("median", "most_frequent"),
    "category": ("category", "most_frequent", "constant"),
}


def file_fields(data: Data, columns: Sequence[Column]) -> tuple[Field, ...]:
    """Return the fields for how a file is read, its target, and its held-out samples."""
    names = tuple((column.name, column.name) for column in columns)
    separators = {data.separator: data.separator} if data.separator else {}
    separators |= {value: label for label, value in _SEPARATORS}
    written = tuple((label, value) for value, label in separators.items())
    return (
        Field("data.separator", "Separator", (*AS_FOUND, *written)),
        Field("data.header", "First line", (*AS_FOUND, ("names the columns", True), ("is a sample", False))),
        Field("data.charset", "Encoding", words=True, hint="empty: as found; utf-8, cp1252 ..."),
        Field("data.decimal", "Decimal mark", (*AS_FOUND, ("point", "."), ("comma", ","))),
        Field("data.missing", "Missing marks", read=_texts, write=", ".join, hint="empty: as found; NA, ?, ..."),
        Field("data.sheet", "Sheet", words=True, hint="of a workbook; empty: the first that holds a table"),
        Field("data.task", "Predict", (*AS_FOUND, ("classes", "classes"), ("a number", "regression"))),
        Field("data.class_weight", "Class weights", read=_weights, write=_format, hint="balanced, or yes=3, no=1"),
        Field(
            "data.target_scaling",
            "Target scaling",
            tuple((name, name) for name in get_args(Data.model_fields["target_scaling"].annotation)),
        ),
        *(_split(name, label, names) for name, label in (
            ("split_group", "Split by group"),
            ("split_time", "Split by time"),
            ("split_column", "Split by column"),
        )),
        *(_split(name, label) for name, label in (
            ("validation_file", "Validation file"),
            ("test_file", "Test file"),
        )),
        Field("data.validation", "Validation", hint="samples or a share; empty: as given"),
        Field("data.rows", "Samples", hint="for a quick try; empty: all"),
    )  # fmt: skip


def column_fields(column: Column) -> tuple[Field, ...]:
    """Return the fields of a column's treatment; none if its role has none, or no path can hold its name."""
    path = ("data", "columns", column.name)
    if column.role not in _FILLS or keys(dotted(path)) != path:
        return ()

    def at(name: str) -> str:
        return dotted((*path, name))

    def is_constant(experiment: Experiment) -> bool:
        settings = experiment.data.columns.get(column.name)
        return settings is not None and settings.missing == "constant"

    fills = tuple((name.replace("_", " "), name) for name in _FILLS[column.role])
    scalings = tuple((name, name) for name in get_args(Scaling))
    fields = [
        Field(at("missing"), "Missing values", (*AS_FOUND, *fills)),
        Field(at("fill"), "  filled with", words=column.role == "category", when=is_constant),
    ]
    if column.role != "category":
        fields.append(Field(at("indicator"), "Missing indicator", YES_NO, unset=True))
    if column.role == "number":
        fields.append(Field(at("scaling"), "Scaling", (("as the others", UNSET), *scalings)))
    if column.role == "category":
        fields.append(Field(at("rare"), "Rare below", hint="training samples of a value"))
    return tuple(fields)


def tidied(data: Data) -> Data:
    """Return the settings without columns that have no settings."""
    kept = {name: one for name, one in data.columns.items() if one != ColumnSettings()}
    return (
        data if len(kept) == len(data.columns) else data.model_copy(update={"columns": type(data.columns)(kept)})
    )


def _split(name: str, label: str, names: Choices = ()) -> Field:
    files = ("validation_file", "test_file")
    others = [other for other in _SPLITS if other != name and not (name in files and other in files)]

    def alone(experiment: Experiment) -> bool:
        return all(getattr(experiment.data, other) is None for other in others)

    if names:
        return Field(f"data.{name}", label, (("no", UNSET), *names), when=alone)
    return Field(f"data.{name}", label, words=True, when=alone, hint="of the same columns")


def _texts(text: str) -> Any:
    return [part.strip() for part in text.split(",") if part.strip()]


def _weights(text: str) -> Any:
    """Parse "balanced", or each label's weight; anything else is left for the model to refuse."""
    if "=" not in text:
        return text
    pairs = [part.rpartition("=") for part in text.split(",")]
    return {label.strip(): _number(weight) for label, _, weight in pairs}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _format(weights: Any) -> str:
    return weights if isinstance(weights, str) else ", ".join(f"{label}={one:g}" for label, one in weights.items())
