"""Text colours by meaning, and the colours and marks of series."""

from __future__ import annotations

from textual.content import Content

MUTED = "$foreground-muted"
"""Secondary text."""

GOOD, WARN, BAD = "$success", "$warning", "$error"

SHAPES = "●▲■◆○△□◇"

SERIES = 8
"""The number of series colours in every theme."""

MOST = 3 * SERIES
"""The most series in one chart: each has a unique pair of colour and shape."""


def colour_of(index: int) -> str:
    """Return the theme variable for the colour of a series."""
    return f"$series-{index % SERIES + 1}"


def shape_of(index: int) -> str:
    """Return the mark of a series: series of the same colour have different shapes."""
    return SHAPES[(index + index // SERIES) % len(SHAPES)]


def sign_of(index: int) -> Content:
    """Return the mark of a series in its colour."""
    return Content.styled(shape_of(index), colour_of(index))
