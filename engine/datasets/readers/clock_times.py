"""Times of day and durations, written with colons, as numbers of hours."""

from __future__ import annotations

import polars as pl

READ_AS_HOURS = "Times are read as hours, 13:30 as 13.5"
"""What is said of columns of times."""

_SHAPE = r"^[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?: ?(?i:[ap]\.?m\.?))?$"


def are_times(cells: pl.Series) -> pl.Series:
    """Whether each cell is a time of day or a duration, of hours and minutes, perhaps of seconds too."""
    return cells.str.contains(_SHAPE)


def hours(cells: pl.Series) -> pl.Series:
    """Times as hours since midnight, or since a duration began; null where a cell is none."""
    hour, minute, second = (
        cells.str.extract(pattern).cast(pl.Float64)
        for pattern in (r"^([0-9]+):", r"^[0-9]+:([0-9]{2})", r"^[0-9]+:[0-9]{2}:([0-9.]+)")
    )
    half = cells.str.to_lowercase().str.extract(r"([ap])\.?m\.?$")
    hour = (hour % 12 + 12 * (half == "p").cast(pl.Float64)).fill_null(hour)
    return (hour + minute / 60 + second.fill_null(0.0) / 3600).set(~are_times(cells), None)
