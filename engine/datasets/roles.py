"""Assigns a role to each column of a user's table: inferred with a reason, or as configured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from engine.datasets.readers.table import ROW_NAMES, Column, Table
from engine.errors import DataError, listed
from engine.experiment.model import Data, Role
from engine.system.suggest import nearest, shown

TARGETS = ("target", "label", "y", "outcome", "targets", "labels")
"""Names, in lower case without blanks, that identify a target if none is given."""

_ALWAYS_PREDICTED = (
    *("survived", "species", "diagnosis", "sentiment", "churn", "churned", "exited", "attrition", "saleprice"),
    *("medv", "medianhousevalue"),
)
_OFTEN_PREDICTED = ("default", "spam", "price", "quality", "class", "classes")
"""Names that inputs have too: they identify the target unless the last column has a few classes."""

USUAL_TARGETS = (*_ALWAYS_PREDICTED, *_OFTEN_PREDICTED)
"""Names of columns that are often predicted, used if no column is called like one of ``TARGETS``."""

LAST = "the last column"
"""Reason for a target that was chosen only because it is the last column."""

MOST_CATEGORIES = 50
"""Maximum number of different values of a text column that is a category rather than text or an identifier."""

LONGEST_CATEGORY = 100
"""Maximum number of characters in a category; longer values are text."""

WORDS_OF_TEXT = 2.5
"""Average number of words per value from which a column of many values is text."""


MANY_TEXTS = 10_000
"""Number of different texts in a column beyond which its role is guessed from the first ones."""

_NAMELESS = re.compile(rf"column 1|Unnamed: \d+(\.\d+)*|{ROW_NAMES}")
"""Names given to columns without a name."""

_INDEX = re.compile(r"__index_level_\d+__")
"""The name that pandas gives to a frame's index in a Parquet or Arrow file."""

NAME_WORDS = 7
"""Average number of words below which capitalised words are taken for a name or an address."""


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """A column, its role, the reason, whether the user set the role, and whether it is an uncertain guess."""

    name: str
    role: Role
    reason: str
    stated: bool = False
    doubtful: bool = False


def roles_of(table: Table, data: Data, title: str) -> tuple[ColumnRole, ...]:
    """Return the role of each column, in the table's order.

    Raises DataError with ``title`` if settings name unknown columns or contradict one another.
    """
    stated = dict(_stated(table, data, title))
    target = next((name for name, one in stated.items() if one.role == "target"), None)
    if target is None:
        guessed = _guessed_target(table, stated, title)
        stated = {guessed.name: guessed} | stated
    roles = [stated.get(column.name) or _guessed(column) for column in table.columns]
    return tuple(_with_texts(_without_index(roles, table), table))


def _without_index(roles: list[ColumnRole], table: Table) -> list[ColumnRole]:
    """Ignore unnamed first columns that number the rows, as written by pandas and R."""
    why = "pandas wrote it as the index of the rows"
    roles = [
        ColumnRole(one.name, "ignored", why) if _INDEX.fullmatch(one.name) and _free(one) else one for one in roles
    ]
    if not table.reading.header:
        return roles
    index = list(takewhile(lambda one: _free(one) and _numbers_rows(table.column(one.name)), roles))
    why = "it has no name and numbers the rows"
    return [ColumnRole(one.name, "ignored", why) for one in index] + roles[len(index) :]


def _numbers_rows(column: Column) -> bool:
    """Whether a column without a name numbers the rows, in any order."""
    if not _NAMELESS.fullmatch(column.name) or not column.is_whole or column.missing.any():
        return False
    return bool((np.diff(np.sort(np.asarray(column.values))) == 1).all())


def _free(one: ColumnRole) -> bool:
    return not one.stated and one.role != "target"


def _stated(table: Table, data: Data, title: str) -> Iterator[tuple[str, ColumnRole]]:
    """Yield the roles from the settings, each once; settings must not contradict one another."""
    said: dict[str, tuple[Role, str]] = {}
    for name, role, setting in _settings(data):
        if name in table.empty and role == "ignored":
            continue
        _check_name(table, name, setting, title)
        earlier = said.get(name)
        if earlier and earlier[0] != role:
            raise DataError(
                f"{title}: the column {name!r} is {earlier[0]} by {earlier[1]} and {role} by {setting}"
            )
        if role == "target" and any(one == "target" for other, (one, _) in said.items() if other != name):
            raise DataError(f"{title}: two columns are the target: choose one, several outputs are not predicted")
        said[name] = role, setting
        yield name, ColumnRole(name, role, f"by {setting}", stated=True)


def _settings(data: Data) -> Iterator[tuple[str, Role, str]]:
    if data.target is not None:
        yield data.target, "target", "data.target"
    if data.text is not None:
        yield data.text, "text", "data.text"
    for name in data.ignore:
        yield name, "ignored", "data.ignore"
    for setting in ("split_group", "split_column"):
        if (named := getattr(data, setting)) is not None:
            yield named, "ignored", f"data.{setting}"
    for name, settings in data.columns.items():
        if settings.role is not None:
            yield name, settings.role, f"data.columns.{name}.role"


def _check_name(table: Table, name: str, setting: str, title: str) -> None:
    if name in table.names:
        return
    if name in table.empty:
        raise DataError(f"{title}: the column {shown(name)} ({setting}) is empty: no row has a value in it")
    near = nearest(name, table.names)
    hint = f"did you mean {near!r}?" if near else f"it has {', '.join(listed(list(map(shown, table.names))))}"
    raise DataError(f"{title} has no column {shown(name)} ({setting}): {hint}")


def _guessed_target(table: Table, stated: dict[str, ColumnRole], title: str) -> ColumnRole:
    free = [name for name in table.names if name not in stated]
    if not free:
        raise DataError(f"{title}: no column is left to predict: name one with data.target")
    free = [name for name in free if not _INDEX.fullmatch(name)] or free
    last = free[-1]
    free = [name for name in free if not _is_nested(table.column(name))] or free
    if (called := _called_a_target(table, free)) is not None:
        return called
    empty = [shown(name) for name in table.empty if not re.fullmatch(r"column \d+", name)]
    besides = f" that is not empty, as {' and '.join(listed(empty))} {'is' if len(empty) == 1 else 'are'}"
    if (classes := _classes_before(table, free)) is not None:
        why = f"the first column of few values, as the last one, {shown(free[-1])}, holds texts"
        return ColumnRole(classes, "target", why, doubtful=True)
    besides = (
        f" that holds no lists or objects, as {shown(last)} does" if free[-1] != last else besides * bool(empty)
    )
    return ColumnRole(free[-1], "target", LAST + besides, doubtful=bool(besides))


def _is_nested(column: Column) -> bool:
    """Whether the first values are JSON objects, or lists of texts or objects."""
    if column.kind != "text":
        return False
    values = (str(column.stored[row]) for row in np.flatnonzero(~column.missing)[:20].tolist())
    return all(re.fullmatch(r'\[\s*["{\[\]].*|\{.*\}', value, re.DOTALL) for value in values)


def _called_a_target(table: Table, free: list[str]) -> ColumnRole | None:
    """Return the column named like a target; uncertain for names that inputs have just as often."""
    plain = {bare(name): name for name in reversed(free)}
    if (certain := next((plain[name] for name in TARGETS if name in plain), None)) is not None:
        return ColumnRole(certain, "target", f"called {certain!r}")
    if bare(free[-1]) in USUAL_TARGETS and _can_be_target(table.column(free[-1])):
        return ColumnRole(free[-1], "target", f"called {free[-1]!r}")
    names = USUAL_TARGETS if not _has_few_classes(table.column(free[-1])) else _ALWAYS_PREDICTED
    usual = (plain[name] for name in names if name in plain and _can_be_target(table.column(plain[name])))
    named = next(usual, None)
    return None if named is None else ColumnRole(named, "target", "named as targets often are", doubtful=True)


def bare(name: str) -> str:
    """Return a column's name in lower case, without blanks and punctuation."""
    return re.sub(r"[\W_]", "", name).lower()


def _has_few_classes(column: Column) -> bool:
    return column.kind in ("text", "boolean") and 2 <= column.distinct <= min(MOST_CATEGORIES, len(column) // 3)


def _can_be_target(column: Column) -> bool:
    """Whether values can be classes or numbers to predict; texts that hardly repeat cannot."""
    return column.kind != "date" and (column.kind == "number" or column.distinct <= len(column) // 2)


def _classes_before(table: Table, free: list[str]) -> str | None:
    """Return the first column of few values if the last one has texts that hardly repeat, else None."""
    last, count = table.column(free[-1]), len(table)
    if last.kind != "text" or last.distinct <= count // 2:
        return None
    columns = [table.column(name) for name in free[:-1]]
    few = [one for one in columns if 2 <= one.distinct <= min(count // 4, 20)]
    return next((one.name for one in few if one.kind != "date" and not one.says_parts), None)


def _guessed(column: Column) -> ColumnRole:
    """Infer the role of an input column from its values."""
    if column.missing.all():
        return ColumnRole(column.name, "ignored", "it is empty")
    if column.kind == "text":
        return _of_text(column)
    return ColumnRole(column.name, *_OF_KINDS[column.kind])


_OF_KINDS: dict[str, tuple[Role, str]] = {
    "date": ("date", "dates"),
    "number": ("number", "numbers"),
    "boolean": ("category", "true or false"),
}
"""The role, with reason, of columns that are not text."""


def _of_text(column: Column) -> ColumnRole:
    name, count = column.name, len(column)
    different, known = column.distinct, int((~column.missing).sum())
    labels = column.classes()[0] if different <= MANY_TEXTS else _sample(column)
    longest = max(map(len, labels))
    if longest <= LONGEST_CATEGORY and different <= min(MOST_CATEGORIES, max(count // 4, 2)):
        return ColumnRole(name, "category", f"{different} different values")
    words = float(np.mean([len(label.split()) for label in labels[:1000]]))
    if words < WORDS_OF_TEXT and longest <= LONGEST_CATEGORY and not _unspaced(labels[:1000]):
        if different == known:
            return ColumnRole(name, "ignored", "every value is different: it identifies the row")
        if different <= count // 2:
            return ColumnRole(name, "category", f"{different:,} different values, the rare ones together")
        return ColumnRole(name, "ignored", f"{different:,} different short values in {known:,} rows")
    if different > known // 2 and _names(labels[:1000]):
        named = _mostly_words(labels[:1000])
        what = "names, nearly all different" if named else "nearly all different, hardly words"
        return ColumnRole(name, "ignored", f"{what}: they identify the row")
    return ColumnRole(name, "text", f"texts of {words:.0f} words on average")


def _sample(column: Column) -> tuple[str, ...]:
    """Return the sorted texts of the first rows that have one; decoding all is slower than loading them."""
    indices = np.flatnonzero(~column.missing)[:MANY_TEXTS].tolist()
    return tuple(sorted({str(column.stored[index]) for index in indices}))


def _names(labels: tuple[str, ...]) -> bool:
    """Whether short values consist almost entirely of capitalised words, like names and addresses."""
    words = [word for label in labels for word in label.split()]
    lower = sum(word[0].islower() for word in words)
    return len(words) < NAME_WORDS * len(labels) and lower * 20 < len(words) and not _unspaced(labels)


def _mostly_words(labels: tuple[str, ...]) -> bool:
    """Whether most words start with a letter, as in names but not in telephone numbers."""
    words = [word for label in labels for word in label.split()]
    return 2 * sum(word[0].isalpha() for word in words) > len(words)


def _unspaced(labels: tuple[str, ...]) -> bool:
    """Whether most values are in scripts written without spaces between words."""
    unspaced = re.compile("[\u0e00-\u0eff\u3040-\u9fff]")  # Thai and Lao; kana and Han
    return 2 * sum(bool(unspaced.search(label)) for label in labels) > len(labels)


def _with_texts(roles: list[ColumnRole], table: Table) -> Iterator[ColumnRole]:
    """Yield the roles with the configured text columns or, without any, the one with the most different values."""
    texts = [one for one in roles if one.role == "text"]
    stated = [one for one in texts if one.stated]
    chosen = stated or sorted(texts, key=lambda one: -table.column(one.name).distinct)[:1]
    for one in roles:
        if one.role == "text" and one not in chosen:
            names = " and ".join(repr(text.name) for text in chosen)
            why = f"the text is {names}; to read several, set their roles to text"
            yield ColumnRole(one.name, "ignored", why)
        else:
            yield one
