"""The colours of text by meaning, and the colours and marks that tell several series apart."""

from __future__ import annotations

from textual.content import Content

from engine.system.series_style import COLOURS

MUTED = "$foreground-muted"
"""Secondary text."""

GOOD, WARN, BAD = "$success", "$warning", "$error"

SHAPES = "●▲■◆○△□◇"

MOST = 3 * len(COLOURS)
"""Series in one chart at most: each has a colour and a shape that no other has."""


def colour_of(index: int) -> str:
    """The colour of a series, by its index."""
    return COLOURS[index % len(COLOURS)]


def shape_of(index: int) -> str:
    """The mark of a series, by its index: series of one colour have different shapes."""
    return SHAPES[(index + index // len(COLOURS)) % len(SHAPES)]


def sign_of(index: int) -> Content:
    """The mark of a series in its colour."""
    return Content.styled(shape_of(index), colour_of(index))
