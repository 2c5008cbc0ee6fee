"""Fewer bytes than rich sends, and the same picture on a terminal."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from workbench.terminal.ansi_pen import Pen

COLOURS = st.sampled_from([None, "red", "bright_blue", "#123456", "#fedcba", "color(200)", "default"])
SWITCHES = st.sampled_from([None, True, False])
STYLES = st.none() | st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=SWITCHES,
    dim=SWITCHES,
    italic=SWITCHES,
    underline=SWITCHES,
    reverse=SWITCHES,
    strike=SWITCHES,
)
SEGMENTS = st.lists(st.builds(Segment, st.text("ab ▓●", max_size=5), STYLES), max_size=12)
SYSTEMS = st.sampled_from([ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])


def screen_of(*sent: str) -> pyte.Screen:
    screen = pyte.Screen(70, 2)
    stream = pyte.Stream(screen)
    for text in sent:
        stream.feed(text)
    return screen


@given(SEGMENTS, SEGMENTS, SYSTEMS)
def test_a_terminal_shows_what_rich_would_have_shown(
    first: list[Segment], second: list[Segment], system: ColorSystem
) -> None:
    pen = Pen(system)
    sent = pen.write(first) + pen.write(second) + pen.lift() + "end"
    usual = "".join(
        style.render(text, color_system=system) if style else text for text, style, _ in [*first, *second]
    )
    assert screen_of(sent).buffer == screen_of(usual, "end").buffer
    assert len(sent) <= len(usual) + len("end") + len("\x1b[0m")


def test_only_what_changes_is_sent() -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    muted = Style(color="#808080", bgcolor="#101010")
    sent = pen.write([Segment("epoch ", muted), Segment("7", muted + Style(bold=True)), Segment(" of 9", muted)])
    assert sent == "\x1b[38;2;128;128;128;48;2;16;16;16mepoch \x1b[1m7\x1b[22m of 9"
    assert pen.lift() == "\x1b[0m"
    assert pen.lift() == ""


@pytest.mark.parametrize("style", [None, Style(bold=True)])
def test_without_colours_text_is_all_there_is(style: Style | None) -> None:
    assert Pen(None).write([Segment("plain", style)]) == "plain"
