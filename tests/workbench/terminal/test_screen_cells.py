"""Only changed cells are sent, and the terminal shows what it would show had all been sent."""

from __future__ import annotations

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from workbench.terminal.screen_cells import Painted

WIDTH = 30
STYLES = st.sampled_from(
    [None, Style(bold=True), Style(color="red"), Style(color="blue", bgcolor="#123456"), Style(underline=True)]
)
TEXTS = st.text("ab  ─⣀●好한", max_size=6)
ROWS = st.lists(st.builds(Segment, TEXTS, STYLES), max_size=5).map(
    lambda segments: Strip(segments).adjust_cell_length(WIDTH)
)
UPDATES = st.lists(st.lists(ROWS, min_size=3, max_size=3), min_size=1, max_size=4)
SYSTEM = ColorSystem.TRUECOLOR


class Shown:
    """A terminal and what it shows."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, 3)
        self.stream = pyte.Stream(self.screen)

    def cells(self) -> list[tuple[object, ...]]:
        """The cells; of a blank one only what can be seen."""
        found = [self.screen.buffer[line][column] for line in range(3) for column in range(WIDTH)]
        return [(one.data, one.bg) if one.data == " " and not one.underscore else tuple(one) for one in found]


def strip(text: str, style: Style | None = None) -> Strip:
    return Strip([Segment(text, style)])


@settings(max_examples=40, deadline=None)
@given(UPDATES)
def test_the_terminal_shows_what_it_would_had_all_been_sent(updates: list[list[Strip]]) -> None:
    painted, shown = Painted(), Shown()
    for rows in updates:
        pieces = [(0, line, row) for line, row in enumerate(rows)]
        sent, whole = painted.update(pieces, SYSTEM), Painted().update(pieces, SYSTEM)
        shown.stream.feed(sent)
        anew = Shown()
        anew.stream.feed(whole)
        assert shown.cells() == anew.cells()
        assert len(sent) <= len(whole)


def test_what_is_the_same_is_not_sent() -> None:
    painted = Painted()
    painted.update([(0, 0, strip("epoch 7 of 20  loss 0.300"))], SYSTEM)
    assert painted.update([(0, 0, strip("epoch 7 of 20  loss 0.300"))], SYSTEM) == ""
    assert painted.update([(0, 0, strip("epoch 8 of 20  loss 0.300"))], SYSTEM) == "\x1b[1;7H8"


def test_the_colour_of_the_text_of_blank_cells_is_not_sent() -> None:
    painted = Painted()
    painted.update([(0, 0, strip("   ", Style(color="red")))], SYSTEM)
    assert painted.update([(0, 0, strip("   ", Style(color="blue", bold=True)))], SYSTEM) == ""


def test_all_is_sent_to_a_terminal_that_may_show_something_else() -> None:
    painted = Painted()
    first = painted.update([(0, 0, strip("words"))], SYSTEM)
    painted.forget()
    assert painted.update([(0, 0, strip("words"))], SYSTEM) == first
