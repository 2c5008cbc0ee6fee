"""Recognises notations of dates, times and durations, and converts cells by them."""

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
"""The shape of each notation, its description, and its strptime patterns, most frequent first."""

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
"""A date with the name of its month, optionally with a day, a period or a preposition, and a time."""

COMPACT = "%Y%m%d"
"""The pattern of days written as whole numbers, such as 20240131."""

_COMPACT = r"^(?:1[89]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
_DAY_NAMES = re.compile(
    r"date|datum|fecha|jour|giorno|birth|geburt|born|(^|[\W_])"
    r"(day|tag|dia|data|dt|dat|dob|time|timestamp|ymd|yyyymmdd|at|on|from|to|von|bis|since|until|start|end)"
    r"($|[\W_])",
    re.I,
)
_FEWEST_DAYS, _FEWEST_MONTHS = 10, 3
"""Numbers of different days and months from which whole numbers are taken for days, whatever the column's name."""

_FRONT = 20
"""Number of cells tested first, which rule out most notations."""

_QUICK = r"^\p{L}{0,9},? ?\p{L}{0,10}\.? *(?:de )?\d[\w:.,/+ º°-]{3,35}$"
"""A pattern common to all notations, to rule out other texts quickly."""

_ZONE_HOURS = r"(:[0-9]{2}(?:\.[0-9]+)?)( ?[+-][0-9]{2})$"
"""A time zone in whole hours, as written by PostgreSQL."""

_ZONE_NAME = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)? ([A-Z]{3,4}|[A-Z][a-z]+/[A-Za-z_]+)$"
_WEEKDAY = r"^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "


READ_AS_HOURS = "Times are read as hours, 13:30 as 13.5"
"""The note on columns of times."""

_CLOCK = r"^[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?: ?(?i:[ap]\.?m\.?))?$"


@dataclass(frozen=True, slots=True)
class DateNotation:
    """A strptime pattern, its description, and whether days and months could be swapped."""

    pattern: str
    order: str
    ambiguous: bool


def find(present: pl.Series, most_strays: int, known: str | None) -> DateNotation | None:
    """Return the notation of cells that are dates, except for at most ``most_strays``; None if there is none.

    ``known`` is the pattern of other dates of the column; it decides if days and months could be swapped.
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
        alike = [index for index in tied if known and known.startswith(patterns[index][:2])]  # only its first part
        best = (alike or tied)[0]
        exchanged = order if best == 0 else order.replace("day", "?").replace("month", "day").replace("?", "month")
        return DateNotation(patterns[best], exchanged, len(tied) > 1 and not alike)
    return None


def find_compact(present: pl.Series, name: str, known: str | None) -> DateNotation | None:
    """Return the notation of whole numbers that are days; None if they are not, or if it is uncertain.

    All must be days of the calendar. In addition, the column's name must refer to days, or it held days before
    (``known``), or there are many different days and months, which other whole numbers hardly match by chance.
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
    """Whether all cells look like dates, even in different notations or with days that do not exist."""
    if not present.head(_FRONT).str.contains(_QUICK).all():
        return False
    if present.head(_FRONT).str.contains(_ZONE_NAME).all():
        return True
    shapes = pl.any_horizontal(*(pl.col("cell").str.contains(shape) for shape, _, _ in _NOTATIONS))
    normal = _normal(present.head(1000)).alias("cell").to_frame()
    return bool(normal.select(shapes).to_series().all())


def parsed(cells: pl.Series, pattern: str) -> pl.Series:
    """Parse cells as times without a zone; null if they are not times."""
    return _parsed(_normal(cells), pattern)


def has_fractions(cells: pl.Series) -> bool:
    """Whether some times have nonzero fractions of a second, which are not kept."""
    return bool(cells.str.contains(r":[0-9]{2}\.0*[1-9]").any())


def seconds(times: pl.Series) -> NDArray[np.datetime64]:
    """Convert dates and times to datetime64[s], NaT if missing."""
    return times.dt.epoch("s").fill_null(np.iinfo(np.int64).min).to_numpy().astype(np.int64).view("datetime64[s]")


def are_times(cells: pl.Series) -> pl.Series:
    """Whether each cell is a time of day or a duration in hours and minutes, optionally with seconds."""
    return cells.str.contains(_CLOCK)


def hours(cells: pl.Series) -> pl.Series:
    """Convert times to hours since midnight or since the start of a duration; null if a cell is not a time."""
    hour, minute, second = (
        cells.str.extract(pattern).cast(pl.Float64)
        for pattern in (r"^([0-9]+):", r"^[0-9]+:([0-9]{2})", r"^[0-9]+:[0-9]{2}:([0-9.]+)")
    )
    half = cells.str.to_lowercase().str.extract(r"([ap])\.?m\.?$")
    hour = (hour % 12 + 12 * (half == "p").cast(pl.Float64)).fill_null(hour)
    return (hour + minute / 60 + second.fill_null(0.0) / 3600).set(~are_times(cells), None)


def _normal(cells: pl.Series) -> pl.Series:
    """Normalise cells: no day of the week, a blank between date and time, and numeric zones."""
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
    """Replace names of months in other languages by English ones; other cells are unchanged."""
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
