"""Dates, times and durations as people write them: recognises a column's notation, and converts cells by it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

_DAYS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "year-month-day", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", "year/month/day", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "year.month.day", ("%Y.%m.%d",)),
    (r"\d{4}年\d{1,2}月\d{1,2}日", "year month day", ("%Y年%m月%d日",)),
    (r"\d{4}년 \d{1,2}월 \d{1,2}일", "year month day", ("%Y년 %m월 %d일",)),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "day.month.year", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", "day/month/year", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", "day-month-year", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}", "day month year", ("%d %b %Y",)),
    (r"\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{4}", "day month year", ("%d %B %Y",)),
    (r"\d{1,2}[ -][A-Za-z]{3}[ -]\d\d", "day month year", ("%d %b %y",)),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", "month day, year", ("%b %d, %Y",)),
    (r"[A-Za-z]{3,9} \d{1,2}, \d{4}", "month day, year", ("%B %d, %Y",)),
    (r"\d{1,2}\.\d{1,2}\.\d\d", "day.month.year", ("%d.%m.%y",)),
    (r"\d{1,2}/\d{1,2}/\d\d", "day/month/year", ("%d/%m/%y", "%m/%d/%y")),
    (r"\d{1,2}-\d{1,2}-\d\d", "day-month-year", ("%d-%m-%y", "%m-%d-%y")),
)
_TIMES = (
    ("", "", ""),
    (r" \d{1,2}:\d\d", " and time", " %H:%M"),
    (r" \d{1,2}:\d\d:\d\d(?:\.\d+)?", " and time", " %H:%M:%S%.f"),
    (r" \d{1,2}:\d\d (?i:am|pm)", " and time", " %I:%M %p"),
    (r" \d{1,2}:\d\d:\d\d (?i:am|pm)", " and time", " %I:%M:%S %p"),
    (r" \d{1,2}:\d\d:\d\d(?:\.\d+)? ?[+-]\d\d:?\d\d", " and time, in UTC", " %H:%M:%S%.f%z"),
)
_OTHERS = (
    (r"[A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d \d{4}", "month day time year", ("%b %d %H:%M:%S %Y",)),
    (
        r"[A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d [+-]\d{4} \d{4}",
        "month day time year, in UTC",
        ("%b %d %H:%M:%S %z %Y",),
    ),
    (r"\d{4}-(?:0[1-9]|1[0-2])", "year-month", ("%Y-%m",)),
    (r"[A-Za-z]{3}[ -]\d{4}", "month year", ("%b %Y",)),
    (r"[A-Za-z]{3,9} \d{4}", "month year", ("%B %Y",)),
)
_NOTATIONS = tuple(
    (f"^{day}{clock}$", order + said, tuple(pattern + time for pattern in patterns))
    for day, order, patterns in _DAYS
    for clock, said, time in _TIMES
) + tuple((f"^{shape}$", order, patterns) for shape, order, patterns in _OTHERS)
"""The shape of each notation, what it is called, and its strptime patterns, the more frequent one first."""

_NAMES = (
    ("januar jan jän januari janvier janv enero ene gennaio gen janeiro", "Jan"),
    ("februar feb februari février fevrier févr fév febrero febbraio fevereiro fev", "Feb"),
    ("märz mär mrz maart mrt mars marzo mar março", "Mar"),
    ("april apr avril avr abril abr aprile", "Apr"),
    ("mai mei maj mayo may maggio mag maio", "May"),
    ("juni jun juin junio giugno giu junho", "Jun"),
    ("juli jul juillet juil julio luglio lug julho", "Jul"),
    ("august aug augustus augusti août aout agosto ago", "Aug"),
    ("september sep sept septembre septiembre setiembre settembre set setembro", "Sep"),
    ("oktober okt octobre oct octubre ottobre ott outubro out", "Oct"),
    ("november nov novembre noviembre novembro", "Nov"),
    ("dezember dez december dec décembre déc diciembre dic dicembre dezembro", "Dec"),
)
"""Names and abbreviations of months: German, Dutch, Swedish, French, Spanish, Italian and Portuguese."""

_MONTHS = {name: english for names, english in _NAMES for name in names.split()}

_NAMED = (
    r"^(?:(\d{1,2})(?:\.|er|º|°)?[ -]|)(?i:de )?(\p{L}{3,10})\.?[ -](?i:de )?(\d{4}|\d\d)"
    r"((?:,? \d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?)$"
)
"""A date with the name of its month, perhaps with a day, a period or a preposition, and a time."""

COMPACT = "%Y%m%d"
"""The pattern of days written as whole numbers, as 20240131."""

_COMPACT = r"^(?:1[89]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
_DAY_NAMES = re.compile(
    r"date|datum|fecha|jour|giorno|birth|geburt|born|(^|[\W_])"
    r"(day|tag|dia|data|dt|dat|dob|time|timestamp|ymd|yyyymmdd|at|on|from|to|von|bis|since|until|start|end)"
    r"($|[\W_])",
    re.I,
)
_FEWEST_DAYS, _FEWEST_MONTHS = 10, 3
"""Different days and months from which whole numbers are days whatever the column is called."""

_FRONT = 20
"""Cells of the front that are tried first: most notations are ruled out by them."""

_QUICK = r"^\p{L}{0,9},? ?\p{L}{0,10}\.? *(?:de )?\d[\w:.,/+ º°-]{3,35}$"
"""What all notations have in common: columns of other texts are told by it."""

_ZONE_HOURS = r"(:[0-9]{2}(?:\.[0-9]+)?)( ?[+-][0-9]{2})$"
"""A zone of whole hours, as PostgreSQL writes it."""

_ZONE_NAME = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)? ([A-Z]{3,4}|[A-Z][a-z]+/[A-Za-z_]+)$"
_WEEKDAY = r"^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "


READ_AS_HOURS = "Times are read as hours, 13:30 as 13.5"
"""What is said of columns of times."""

_CLOCK = r"^[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?: ?(?i:[ap]\.?m\.?))?$"


@dataclass(frozen=True, slots=True)
class DateNotation:
    """A strptime pattern, what it is called, and whether days and months could be exchanged."""

    pattern: str
    order: str
    ambiguous: bool


def find(present: pl.Series, most_strays: int, known: str | None) -> DateNotation | None:
    """The notation of cells that are dates but for ``most_strays`` at most; None where they are others.

    ``known`` is the pattern of other dates of the column: where days and months could be exchanged, it decides.
    """
    front = present.head(_FRONT)
    if (~front.str.contains(_QUICK)).sum() > min(most_strays, len(front) - 1):
        return None
    normal = _normal(present)
    front = normal.head(_FRONT)
    for shape, order, patterns in _NOTATIONS:
        if (~front.str.contains(shape)).sum() > min(most_strays, len(front) - 1):
            continue
        fits = normal.str.contains(shape)
        if (~fits).sum() > most_strays:
            continue
        wrong = [int(_parsed(normal, pattern).is_null().sum()) for pattern in patterns]
        if min(wrong) > most_strays:
            continue
        tied = [index for index, count in enumerate(wrong) if count == min(wrong)]
        alike = [index for index in tied if known and known.startswith(patterns[index][:2])]  # its first part
        best = (alike or tied)[0]
        exchanged = order if best == 0 else order.replace("day", "?").replace("month", "day").replace("?", "month")
        return DateNotation(patterns[best], exchanged, len(tied) > 1 and not alike)
    return None


def find_compact(present: pl.Series, name: str, known: str | None) -> DateNotation | None:
    """The notation of whole numbers that are days; None where they are others, or it is not certain.

    They are where all are days of the calendar and either the column is called after days, or was one of days
    before (``known``), or they are of many days and months: few other whole numbers are days by chance.
    """
    front = present.head(_FRONT)
    if not front.str.contains(_COMPACT).any():
        return None
    days = present.filter(present.str.contains(_COMPACT))
    many = days.n_unique() >= _FEWEST_DAYS and days.str.slice(0, 6).n_unique() >= _FEWEST_MONTHS
    named = _DAY_NAMES.search(name) and front.n_unique() > 1
    certain = known == COMPACT or named or many
    return DateNotation(COMPACT, "year, month and day in one number", False) if certain else None


def looks_like_dates(present: pl.Series) -> bool:
    """Whether all cells have the shape of some date, be it of several notations or of no day that there is."""
    if not present.head(_FRONT).str.contains(_QUICK).all():
        return False
    if present.head(_FRONT).str.contains(_ZONE_NAME).all():
        return True
    shapes = pl.any_horizontal(*(pl.col("cell").str.contains(shape) for shape, _, _ in _NOTATIONS))
    normal = _normal(present.head(1000)).alias("cell").to_frame()
    return bool(normal.select(shapes).to_series().all())


def parsed(cells: pl.Series, pattern: str) -> pl.Series:
    """Cells as times without a zone, null where they are none."""
    return _parsed(_normal(cells), pattern)


def has_fractions(cells: pl.Series) -> bool:
    """Whether times among some cells have fractions of a second other than 0, which are not kept."""
    return bool(cells.str.contains(r":[0-9]{2}\.0*[1-9]").any())


def seconds(times: pl.Series) -> NDArray[np.datetime64]:
    """Dates and times as datetime64[s], NaT where they are missing."""
    return times.dt.epoch("s").fill_null(np.iinfo(np.int64).min).to_numpy().astype(np.int64).view("datetime64[s]")


def are_times(cells: pl.Series) -> pl.Series:
    """Whether each cell is a time of day or a duration, of hours and minutes, perhaps of seconds too."""
    return cells.str.contains(_CLOCK)


def hours(cells: pl.Series) -> pl.Series:
    """Times as hours since midnight, or since a duration began; null where a cell is none."""
    hour, minute, second = (
        cells.str.extract(pattern).cast(pl.Float64)
        for pattern in (r"^([0-9]+):", r"^[0-9]+:([0-9]{2})", r"^[0-9]+:[0-9]{2}:([0-9.]+)")
    )
    half = cells.str.to_lowercase().str.extract(r"([ap])\.?m\.?$")
    hour = (hour % 12 + 12 * (half == "p").cast(pl.Float64)).fill_null(hour)
    return (hour + minute / 60 + second.fill_null(0.0) / 3600).set(~are_times(cells), None)


def _normal(cells: pl.Series) -> pl.Series:
    """Cells without the day of the week, with a blank between date and time, and a zone as numbers."""
    if cells.str.contains(_WEEKDAY).any():
        cells = cells.str.replace(_WEEKDAY, "")
    if cells.str.contains("[TZ]").any():
        cells = cells.str.replace(r"(\d)T(\d)", "$1 $2").str.replace(r"(\d)(?:Z| GMT| UTC)$", "$1 +0000")
    if cells.str.contains(_NAMED).any():
        cells = _in_english(cells)
    if cells.str.contains(_ZONE_HOURS).any():
        cells = cells.str.replace(_ZONE_HOURS, "$1${2}00")
    return cells


def _in_english(cells: pl.Series) -> pl.Series:
    """Dates with names of months in other languages as English has them; others as they are."""
    parts = [cells.str.extract(_NAMED, number) for number in range(1, 5)]
    months = parts[1].str.to_lowercase().replace_strict(_MONTHS, default=None, return_dtype=pl.String)
    days = (parts[0] + " ").fill_null("")
    return (days + months + " " + parts[2] + parts[3].str.replace(",", "", literal=True)).fill_null(cells)


def _parsed(cells: pl.Series, pattern: str) -> pl.Series:
    if "%d" not in pattern:
        cells, pattern = cells + " 1", pattern + " %d"
    if "%b" in pattern or "%B" in pattern:
        cells = cells.str.replace_all("-", " ", literal=True) if "%z" not in pattern else cells
    if pattern == COMPACT:
        cells = cells.set(~cells.str.contains(_COMPACT), None)
    if "%z" in pattern:
        zoned = cells.str.replace(r"(\d) ([+-]\d\d:?\d\d)$", "$1$2")
        return zoned.str.strptime(pl.Datetime("us", "UTC"), pattern, strict=False).dt.replace_time_zone(None)
    return cells.str.strptime(pl.Datetime("us"), pattern, strict=False)
