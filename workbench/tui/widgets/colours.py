"""The colours of text by meaning, and the colours and marks that tell several series apart."""

from __future__ import annotations

from textual.content import Content

MUTED = "$foreground-muted"
"""Secondary text."""

GOOD, WARN, BAD = "$success", "$warning", "$error"

SHAPES = "●▲■◆○△□◇"

SERIES = 8
"""Colours of series in every theme."""

MOST = 3 * SERIES
"""Series in one chart at most: each has a colour and a shape that no other has."""


def colour_of(index: int) -> str:
    """The colour of a series by its index, as a variable of the theme."""
    return f"$series-{index % SERIES + 1}"


def shape_of(index: int) -> str:
    """The mark of a series, by its index: series of one colour have different shapes."""
    return SHAPES[(index + index // SERIES) % len(SHAPES)]


def sign_of(index: int) -> Content:
    """The mark of a series in its colour."""
    return Content.styled(shape_of(index), colour_of(index))
