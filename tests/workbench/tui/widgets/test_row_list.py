"""A list whose rows change their numbers of lines is drawn as it is, whatever its length in all."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.content import Content

from workbench.tui.widgets.row_list import Row, Rows


class TwoRows(Rows):
    """Two rows of as many lines as it is told."""

    lengths: tuple[int, int] = (1, 2)

    def build(self, width: int) -> Sequence[Row]:
        return [
            Row(key, tuple(Content(f"{key}{line}") for line in range(length)))
            for key, length in zip("ab", self.lengths, strict=True)
        ]


class ListApp(App[None]):
    def compose(self) -> ComposeResult:
        yield TwoRows()


async def test_lines_that_move_from_one_row_to_another_are_repainted() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        rows = app.query_one(TwoRows)
        rows.rebuild()
        rows.lengths = (2, 1)
        rows.rebuild()
        await pilot.pause()
        assert ["".join(segment.text for segment in rows.render_line(y)).split()[-1] for y in range(3)] == [
            "a0",
            "a1",
            "b0",
        ]
