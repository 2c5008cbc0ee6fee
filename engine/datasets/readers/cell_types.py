"""Infers the type of a column's cells: numbers in one of several notations, dates, booleans, or text.

A column's form is decided on the cells read so far, and all further cells are converted by it. Cells that do not
fit are returned, never dropped; the caller reports them or decides the form again with them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers import date_notations
from engine.datasets.readers.table import listed
from engine.system.suggest import shown

INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"
"""Invisible characters: byte order marks of joined files, and what web pages put around words."""

BLANKS = f" \t\u00a0{INVISIBLE}"
"""Characters around a value that do not belong to it."""

QUOTED = "\ue000"
"""Prefix of a quoted cell that would otherwise be taken for a missing value."""

SYMBOLS = (
    *("", "?", "-", "--", "\u2013", "\u2014", ".", "..", "\\N", "#N/A", "#NA", "#DIV/0!", "#VALUE!", "#REF!"),
    *("#NUM!", "#NAME?", "0000-00-00", "0000-00-00 00:00:00", "00000000"),
)
WORDS = (
    *("NA", "N/A", "n/a", "na", "N.A.", "n.a.", "NaN", "nan", "NAN", "NaT", "NULL", "Null", "null", "None"),
    *("none", "<NA>", "<null>", "(null)"),
)
MISSING = (*SYMBOLS, *WORDS)
"""Spellings of a missing value; the words among them can also be the name of a class."""

_ABSENT = (
    *("unknown", "missing", "not available", "not applicable", "not known", "unavailable", "no data", "not given"),
    *("undefined", "n.d.", "nd", "tbd", "tba", "nil", "blank", "empty", "#error", "error", "k.a."),
)
"""Lower-case words that mean "no value" in a column of many different numbers."""

_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_CODE = r"^[+-]?0[0-9]+$"
_INFINITE = r"^[+-]?(?i:inf|infinity)$"
_MARKS = "$€£¥₹"
_MINUS = "-\u2212"
_SPACE = "[ \u00a0\u202f\u2009]"
_BARE = r"[0-9.,'’\u00a0\u202f\u2009 ]*[0-9][.,]?(?:[eE][+-]?[0-9]+)?"
_NO_CENTS = r"[.,][-\u2013\u2014]{1,2}"
"""What replaces the cents of a whole amount of money."""

_DECORATED = (
    rf"^\(?[+{_MINUS}]?(?:[{_MARKS}]{_SPACE}?)?[(+{_MINUS}]?{_BARE}(?:{_NO_CENTS})?\)?(?:{_SPACE}?[{_MARKS}%])?"
    rf"[){_MINUS}]?$"
)
_NOTATIONS = {
    **{mark: f"the sign {mark} is removed" for mark in _MARKS},
    "%": "percent signs are removed",
    "(": "numbers in parentheses are negative",
    "\u2212": "\u2212 is a minus sign",
}
_TRAILING_MINUS = rf"[0-9][{_MINUS}]$"
_GROUPED = {
    ",": r"^[+-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})(?:\.[0-9]*)?$",
    ".": r"^[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?$",
    " ": rf"^[+-]?[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+(?:[.,][0-9]*)?$",
    "'": r"^[+-]?[0-9]{1,3}(?:['’][0-9]{3})+(?:[.,][0-9]*)?$",
}
_COMMA = r"^[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_CURRENCIES = (
    "EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|RUB|TRY|MXN|ZAR|KRW|SGD|HKD"
    r"|US\$|A\$|C\$|R\$|Rs\.?|Fr\.|kr\.?|zł|Kč"
)
_CURRENCY_FRONT = rf"^({_CURRENCIES}){_SPACE}?[-+(]?\.?\d"
_UNIT = rf"({_CURRENCIES}|[a-zA-Zµμ°Ω]{{1,6}}[²³]?|[a-zA-Z°]{{1,4}}/[a-zA-Z]{{1,4}}[²³]?)"
_UNIT_BEHIND = rf"\d[.,)]?[-\u2013\u2014]{{0,2}}{_SPACE}?{_UNIT}$"
_KNOWN_UNITS = (
    *("mm", "cm", "m", "km", "in", "ft", "mi", "mg", "g", "kg", "t", "lb", "lbs", "oz", "ml", "cl", "l", "L"),
    *("°C", "°F", "K", "ms", "s", "sec", "min", "h", "hrs", "hours", "days", "years", "yrs", "V", "A", "mA"),
    *("W", "kW", "kWh", "Hz", "kHz", "MHz", "GHz", "kB", "KB", "MB", "GB", "TB", "Pa", "hPa", "bar", "km/h"),
    *("mph", "m/s", "mg/dl", "mmHg", "bpm", "cc", "CC", "hp", "bhp", "kmpl", "rpm", "m²", "cm²", "km²", "m³"),
    *("cm³", "ha", "sqm", "sqft", "nm", "µm", "µg", "µl", "µs", "ng", "dl", "ppm", "cal", "kcal", "kJ", "dB"),
    *("px", "mAh", "Wh", "MWh", "kPa", "psi", "mmol/l", "g/l", "kg/m³", "months", "weeks", "minutes", "mins"),
    *("seconds", "secs"),
)
"""Units that are removed even if they follow few different numbers; others may be part of a class."""

_WITH_SIGNS = (
    rf"^[^\p{{L}}\d]{{0,3}}\d+(?:[.,]\d+)?(?:[^\p{{L}}\d:/.-]{{1,3}}|{_SPACE}?\p{{L}}{{1,4}}|{_SPACE}?±.*)?$"
    r"|^0x[0-9a-fA-F]+$|^[+-]?\d[\d.]*[dD][+-]?\d+$|^\d+(_\d{3})+$|^\d+ \d/\d+$"
)
"""A number with signs around it or letters after it, or in digits of another script."""

_FRONT = 1000
"""Number of cells that are tested first for a common unit."""

_WESTERN: dict[str, str | int | None] = {
    **{character: str(int(character)) for character in map(chr, range(0x660, 0x10000)) if character.isdecimal()},
    **dict(zip("٫٬．，－＋％", ".,.,-+%", strict=True)),
}
"""Digits of other scripts, such as Arabic, Indian and full-width ones, and the marks used with them."""

_FOREIGN = f"[{''.join(_WESTERN)}]"

_LIKELY_YEARS = (1700, 2200)
"""Years of the Gregorian calendar, if written in digits of other scripts: 1402 or 2566 are of another calendar."""

_STRIPPED = {" ": _SPACE, "'": "['’]", ",": ",", ".": r"\."}

MOST_STRAYS = 5
"""Maximum number of different cells in a column of numbers that are not numbers."""

_MOST_ODD = 0.3
"""Share of cells that are not numbers up to which a note says that the others are."""

_FEW = 20
"""Up to this many different numbers, a column with other cells consists of codes or classes."""


@dataclass(frozen=True, slots=True)
class CellForm:
    """How the cells of a column are read.

    For numbers, ``decimal`` is the decimal mark and ``grouping`` the mark between thousands ("" for none);
    ``unit`` follows or precedes each number; ``words`` says whether some cells are words for "no value"; ``clock``
    whether they are times, such as 13:30. For dates, ``pattern`` is the strptime pattern and ``ambiguous`` says
    whether day and month could be swapped. ``decorated`` says whether there are signs to remove from numbers (see
    :func:`notations`), or digits of other scripts in numbers or dates. For booleans, ``spellings`` are those of
    false and true.
    """

    kind: Literal["empty", "number", "date", "boolean", "text"]
    decimal: str = "."
    grouping: str = ""
    decorated: bool = False
    pattern: str = ""
    order: str = ""
    ambiguous: bool = False
    spellings: tuple[str, str] = ("", "")
    unit: str = ""
    unit_in_front: bool = False
    words: bool = False
    clock: bool = False
    reason: str = ""

    @property
    def plain(self) -> bool:
        """Whether the cells are numbers as written in programming languages."""
        return self.kind == "number" and self == CellForm("number")


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted part of a column: values (text as a polars Series), missing cells, and cells that do not fit.

    ``lossy`` says whether whole numbers lost digits.
    """

    values: NDArray[np.float64] | NDArray[np.int64] | NDArray[np.datetime64] | NDArray[np.int8] | pl.Series
    missing: NDArray[np.bool_]
    strays: NDArray[np.bool_]
    lossy: bool = False


def decide(
    cells: pl.Series,
    decimal: str | None,
    missing: Sequence[str] | None,
    dates: str | None = None,
    name: str = "",
    as_number: bool = False,
) -> CellForm:
    """Decide the form of a column with these cells.

    ``decimal`` is the decimal mark of the file, None if unknown. ``dates`` is the pattern of the column's dates in
    another file, or None. Whole numbers can be days if the column's ``name`` says so, unless ``as_number``, with
    which times are numbers even if few of them differ.
    """
    if decimal != "," and missing is None and _plain(cells):
        return (None if as_number else _compact_date(cells, name, dates)) or CellForm("number")
    stripped = cells.str.strip_chars(QUOTED + BLANKS)
    present = stripped.filter(~stripped.is_in(list(spellings(missing))))
    if not len(present):
        return CellForm("text" if cells.str.starts_with(QUOTED).any() else "empty")
    if (western := _western(present)) is not present:
        alike = decide(western, decimal, missing, dates, name, as_number)
        if alike.kind == "date":
            years = date_notations.parsed(western, alike.pattern).dt.year()
            if not years.is_between(*_LIKELY_YEARS).all():
                return CellForm("text", reason="dates that may be of another calendar")
        return replace(alike, decorated=alike.kind in ("number", "date"))
    if _any(present, _CODE) and _all(present, _PLAIN):
        return CellForm("text", reason="codes with leading zeros")
    gaps = len(present) < len(cells)
    found = _boolean(present) or (None if as_number else _compact_date(present, name, dates))
    found = found or _number(present, decimal, gaps) or _date(present, dates) or _clock(present, as_number)
    found = found or (_among_words(present, decimal) if missing is None else None)
    found = found or _with_unit(present, decimal, gaps)
    if found is None and not (reason := _nearly_numbers(present)) and date_notations.looks_like_dates(present):
        reason = "dates of several notations, with names of time zones, or days that no month has"
    return found or CellForm("text", reason=reason)


def _western(cells: pl.Series) -> pl.Series:
    """Replace digits of other scripts by 0 to 9; returns the cells themselves if there are none."""
    if not _any(cells, _FOREIGN):
        return cells
    return cells.str.replace_many(list(_WESTERN), list(map(str, _WESTERN.values())))


def _nearly_numbers(present: pl.Series) -> str:
    """Return why cells are text although most of them are numbers; empty if most are not."""
    fits = present.str.contains(_PLAIN)
    strays = present.filter(~fits)
    if len(strays) and (fits | present.str.contains(_WITH_SIGNS)).all() and present.n_unique() > _FEW:
        return f"numbers with other characters, as {shown(strays[0])}"
    if not fits.any() or len(strays) > _MOST_ODD * len(present) or strays.n_unique() > MOST_STRAYS:
        return ""
    named = listed([shown(text) for text in strays.unique(maintain_order=True).to_list()])
    return f"numbers but for {named}"


def _plain(cells: pl.Series) -> bool:
    """Whether all cells are plain numbers, the usual case, tested with two casts."""
    numbers = cells.cast(pl.Float64, strict=False)
    if numbers.null_count() or not np.isfinite(numbers.to_numpy()).all():
        return False
    return _all(cells, _PLAIN) and not _any(cells, _CODE) and not _too_long(cells, False)


def spellings(missing: Sequence[str] | None) -> tuple[str, ...]:
    """Return the spellings of a missing value: those given by the user, or the usual ones."""
    return MISSING if missing is None else ("", *missing)


def _all(cells: pl.Series, pattern: str) -> bool:
    return bool(cells.str.contains(pattern).all())


def _any(cells: pl.Series, pattern: str) -> bool:
    return bool(cells.str.contains(pattern).any())


def _boolean(present: pl.Series) -> CellForm | None:
    if present.head(1000).n_unique() > 2:
        return None
    found = sorted(present.unique().head(3).to_list())
    if len(found) == 2 and [text.lower() for text in found] == ["false", "true"]:
        return CellForm("boolean", spellings=(found[0], found[1]))
    return None


def _number(present: pl.Series, decimal: str | None, gaps: bool) -> CellForm | None:
    fits = present.str.contains(_PLAIN) | present.str.contains(_INFINITE)
    if not fits.all() or decimal == ",":
        decorated = present.str.contains(_DECORATED)
        if _fitting(present, decorated | fits) and (form := _notation(present.filter(decorated), decimal)):
            return form
    if not _fitting(present, fits):
        return None
    if _too_long(present.filter(fits), gaps):
        return CellForm("text", reason="whole numbers of more digits than a number can hold")
    return CellForm("number")


def _among_words(present: pl.Series, decimal: str | None) -> CellForm | None:
    """Return the form of many different numbers if all other cells are words for "no value"."""
    words = _is_absent(present)
    numbers = present.filter(~words)
    if not words.any() or numbers.n_unique() <= _FEW:
        return None
    found = _number(numbers, decimal, gaps=True)
    return replace(found, words=True) if found and found.kind == "number" else None


def _is_absent(cells: pl.Series) -> pl.Series:
    return cells.str.to_lowercase().is_in(list(_ABSENT))


def _with_unit(present: pl.Series, decimal: str | None, gaps: bool) -> CellForm | None:
    """Return the form of numbers with the same unit after each, or the same currency before or after each."""
    for front, pattern in ((True, _CURRENCY_FRONT), (False, _UNIT_BEHIND)):
        units = present.head(_FRONT).str.extract(pattern)
        unit = units[0] if units.n_unique() == 1 else None
        if not unit or not _all(present, _around(unit, front)):
            continue
        bare = present.str.replace(_around(unit, front), "$n")
        found = _number(bare, decimal, gaps)
        known = unit in _KNOWN_UNITS or re.fullmatch(_CURRENCIES, unit) or _measured(bare)
        if known and found and found.kind == "number" and not _any(bare, _CODE):
            return replace(found, unit=unit, unit_in_front=front)
    return None


def _measured(numbers: pl.Series) -> bool:
    """Whether there are many different numbers, and not a different whole number in each cell, as in codes."""
    different = numbers.n_unique()
    return different > _FEW and (different < len(numbers) or not _all(numbers, "^[0-9]+$"))


def _around(unit: str, front: bool) -> str:
    """Return the pattern of a number, the group n, with a unit."""
    number = rf"(?P<n>[-+(]?[{_MARKS}]?\.?\d.*?)"
    return rf"^{re.escape(unit)}{_SPACE}?{number}$" if front else rf"^{number}{_SPACE}?{re.escape(unit)}$"


def _fitting(present: pl.Series, fits: pl.Series) -> bool:
    """Whether cells are numbers, or dates, except for a few in a column of many different ones."""
    if fits.all():
        return True
    strays = present.filter(~fits)
    few = strays.n_unique() <= MOST_STRAYS and len(strays) <= len(present) * 0.05
    return few and present.filter(fits).n_unique() > _FEW and not _any(present, _CODE)


def _too_long(numbers: pl.Series, gaps: bool) -> bool:
    """Whether whole numbers would lose digits: int64 holds 18, and float64, used for missing cells, 15."""
    long = numbers.filter(numbers.str.contains(r"^[+-]?[0-9]{16,}$"))
    if not len(long):
        return False
    if not gaps and not numbers.cast(pl.Int64, strict=False).is_null().any():
        return False
    return any(int(float(text)) != int(text) for text in long.to_list())


def _notation(cells: pl.Series, decimal: str | None) -> CellForm | None:
    """Return the notation of numbers with marks other than a decimal point; None if they are plain."""
    bare = _undecorated(cells)
    decorated = bool((bare != cells).any())
    if decimal != "," and _all(bare, _PLAIN):
        return CellForm("number", decorated=True) if decorated else None
    for grouping, pattern in _GROUPED.items():
        if grouping == "." and decimal != "," and not _any(bare, ","):
            continue
        if grouping == "," and decimal == ",":
            continue
        grouped = bare.str.contains(pattern)
        rest = bare.filter(~grouped)
        mark = decimal or ("," if grouping == "." or (grouping != "," and _any(bare, ",")) else ".")
        if grouped.any() and (_all(rest, _PLAIN) if mark == "." else _all(rest, rf"{_COMMA}|^[+-]?[0-9]+$")):
            return CellForm("number", mark, grouping, decorated)
    if decimal != "." and _all(bare, rf"{_COMMA}|{_PLAIN}") and (_any(bare, _COMMA) or decimal == ","):
        mixed = _any(bare, r"\.") and _any(bare, ",")
        if not mixed and _any(bare, ","):
            return CellForm("number", ",", "", decorated)
    return CellForm("number", decorated=True) if decorated and _all(bare, _PLAIN) else None


def may_be_number(cell: str) -> bool:
    """Whether a cell is a number in some notation or a code of digits, which another form may fit."""
    return bool(re.fullmatch(_DECORATED[1:-1], cell.translate(str.maketrans(_WESTERN))))


def _undecorated(cells: pl.Series) -> pl.Series:
    bare = cells.str.replace_all(rf"{_SPACE}?[{_MARKS}%]{_SPACE}?", "").str.replace("\u2212", "-", literal=True)
    bare = bare.str.replace(rf"{_NO_CENTS}$", "")
    return bare.str.replace(r"^\(([^()+-]+)\)$|^([0-9.,][^-]*)-$", "-$1$2")


def notations(cells: pl.Series) -> set[str]:
    """Describe how the signs next to the numbers in these cells are handled."""
    found = {words for mark, words in _NOTATIONS.items() if _any(cells, re.escape(mark))}
    if _any(cells, _FOREIGN):
        found.add("digits of other scripts")
    if _any(cells, "%") and _any(cells, "^[^%]*[1-9][^%]*$"):
        found.add("some cells have no percent sign")
    if _any(cells, _NO_CENTS):
        found.add("a dash in place of cents is removed")
    if _any(cells, _TRAILING_MINUS):
        found.add("a minus sign behind a number makes it negative")
    return found


def _date(present: pl.Series, known: str | None) -> CellForm | None:
    strays = len(present) // 20 if present.n_unique() > _FEW else 0
    return _of_days(present, date_notations.find(present, strays, known))


def _compact_date(present: pl.Series, name: str, known: str | None) -> CellForm | None:
    """Return the form of whole numbers that are days, such as 20240131."""
    return _of_days(present, date_notations.find_compact(present, name, known))


def _of_days(present: pl.Series, found: date_notations.DateNotation | None) -> CellForm | None:
    if found is None or not _fitting(present, date_notations.parsed(present, found.pattern).is_not_null()):
        return None
    return CellForm("date", pattern=found.pattern, order=found.order, ambiguous=found.ambiguous)


def _clock(present: pl.Series, as_number: bool) -> CellForm | None:
    """Return the form of times; a few different ones are more likely names of groups."""
    if not as_number and present.head(_FRONT).n_unique() <= _FEW:
        return None
    return CellForm("number", clock=True) if _fitting(present, date_notations.are_times(present)) else None


def convert(cells: pl.Series, form: CellForm, missing: Sequence[str] | None) -> Converted:
    """Convert cells by a form; text keeps its spellings of missing values except the empty one."""
    if form.kind == "text":
        empty = cells.str.strip_chars(BLANKS).str.len_bytes() == 0
        return Converted(cells.set(empty, None), empty.to_numpy(), np.zeros(len(cells), bool))
    stripped = cells.str.strip_chars(QUOTED + BLANKS)
    absent = stripped.is_in(list(spellings(missing)))
    if form.kind == "boolean":
        values = (stripped == form.spellings[1]).cast(pl.Int8)
        strays = ~absent & ~stripped.is_in(list(form.spellings))
        return Converted(values.to_numpy(), absent.to_numpy(), strays.to_numpy())
    if form.decorated:
        stripped = _western(stripped)
    if form.kind == "number":
        numbers = _numbers(stripped, form, absent)
        if form.words:
            words = numbers.strays & _is_absent(stripped).to_numpy()
            numbers = replace(numbers, missing=numbers.missing | words, strays=numbers.strays & ~words)
        return numbers
    if form.kind == "date":
        found = date_notations.parsed(stripped.set(absent, None), form.pattern)
        strays = ~absent & found.is_null()
        return Converted(date_notations.seconds(found), absent.to_numpy(), strays.to_numpy())
    nothing = np.full(len(cells), np.nan)
    return Converted(nothing, absent.to_numpy(), (~absent).to_numpy())


def _numbers(cells: pl.Series, form: CellForm, absent: pl.Series) -> Converted:
    if form.clock:
        found = date_notations.hours(cells).set(absent, None)
        odd = (~absent & found.is_null()).to_numpy()
        return Converted(found.fill_null(float("nan")).to_numpy(), absent.to_numpy(), odd)
    bare, fitting = cells, pl.repeat(True, len(cells), eager=True)
    if form.unit:
        fitting = cells.str.contains(_around(form.unit, form.unit_in_front))
        bare = cells.str.replace(_around(form.unit, form.unit_in_front), "$n")
    code = bare.str.contains(_CODE)
    if form.decorated:
        bare = _undecorated(bare)
    if form.grouping:
        bare = bare.str.replace_all(_STRIPPED[form.grouping], "")
    if form.decimal == ",":
        bare = bare.str.replace(",", ".", literal=True)
    fits = fitting & bare.str.contains(_PLAIN) & ~code
    whole = bare.cast(pl.Int64, strict=False)
    missing, strays = absent.to_numpy(), (~absent & ~fits).to_numpy()
    if not missing.any() and not strays.any() and not whole.is_null().any():
        return Converted(whole.to_numpy(), missing, strays)
    numbers = bare.set(~fits, None).cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    infinite = np.isinf(numbers) | cells.str.contains(_INFINITE).to_numpy()
    if infinite.any():
        numbers = np.where(infinite, np.nan, numbers)
        missing, strays = missing | infinite, strays & ~infinite
    return Converted(numbers, missing, strays, _too_long(bare.filter(fits), True))
