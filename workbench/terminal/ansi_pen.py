"""Writes styled text as short escape sequences: only the parts of a style that change are sent.

Rich sends each segment with its whole style before it and a reset after it, 45 bytes for a word in the theme's
colours; from one segment to the next mostly only the text colour or bold changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

_OFF = {
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
    "21": "24",
}
"""The code that turns each attribute off (ECMA-48, 8.3.117); bold and dim are turned off together."""


_CODES = re.compile(r"\x1b\[([\d;]*)m")
"""The control sequence before a styled text."""


class Ink(NamedTuple):
    """A style as SGR codes: attributes, text colour and background colour; "" is the terminal's default colour."""

    attributes: frozenset[str] = frozenset()
    text: str = ""
    behind: str = ""


_ON_BLANKS = frozenset(("4", "7", "9", "21", "53"))
"""The attributes that are visible on a blank cell: lines and inverted colours."""


def of_blank(ink: Ink) -> Ink:
    """Return a style without the parts that are invisible on a blank cell."""
    attributes = ink.attributes & _ON_BLANKS
    return Ink(attributes, ink.text if attributes else "", ink.behind)


class Pen:
    """Writes consecutive segments for one terminal; end each piece of output with :meth:`lift`."""

    def __init__(self, system: ColorSystem | None) -> None:
        self._system = system
        self._ink = Ink()

    def write(self, segments: Iterable[Segment]) -> str:
        """Return the segments' text with the escape sequences between them."""
        return "".join(self.draw(text, self.ink(style)) for text, style, _ in segments)

    def ink(self, style: Style | None) -> Ink:
        """Return a style as this terminal shows it."""
        return _ink(style, self._system) if style and self._system else Ink()

    def blank(self, ink: Ink, cells: int) -> str:
        """Return blank cells in a style of :func:`of_blank`; the text colour is left as it is."""
        now = self._ink
        same = ink.attributes == of_blank(now).attributes and "7" not in ink.attributes
        return self._to(Ink(now.attributes, now.text, ink.behind) if same else ink) + " " * cells

    def draw(self, text: str, ink: Ink) -> str:
        """Return text in a style, preceded by the escape sequence for what changes."""
        return self._to(ink) + text if text else ""

    def lift(self) -> str:
        """Return the sequence that resets the style, if it is needed."""
        plain, self._ink = self._ink == Ink(), Ink()
        return "" if plain else "\x1b[0m"

    def _to(self, ink: Ink) -> str:
        before, self._ink = self._ink, ink
        if ink == before:
            return ""
        if ink == Ink():
            return "\x1b[0m"
        ends = {_OFF.get(code, "0") for code in before.attributes - ink.attributes}
        begins = ink.attributes - before.attributes
        if "22" in ends:
            begins |= ink.attributes & {"1", "2"}
        codes = [*sorted(ends), *sorted(begins)]
        codes += [ink.text or "39"] * (ink.text != before.text)
        codes += [ink.behind or "49"] * (ink.behind != before.behind)
        anew = ["0", *sorted(ink.attributes), *filter(None, (ink.text, ink.behind))]
        return f"\x1b[{min(';'.join(codes), ';'.join(anew), key=len)}m"


@lru_cache(4096)
def _ink(style: Style, system: ColorSystem) -> Ink:
    """Split the codes that Rich renders a style with into attributes and colours."""
    made = _CODES.match(style.update_link(None).render(" ", color_system=system))
    codes = iter(made[1].split(";") if made else ())
    attributes, text, behind = set(), "", ""
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            colour = ";".join([code, kind, *(next(codes) for _ in range(3 if kind == "2" else 1))])
        else:
            colour = code
        number = int(code or 0)
        if 30 <= number <= 39 or 90 <= number <= 97:
            text = colour
        elif 40 <= number <= 49 or 100 <= number <= 107:
            behind = colour
        elif code:
            attributes.add(code)
    return Ink(frozenset(attributes), text, behind)
