"""Lines of wide characters are repainted by their cells, and no wide character is cut in half."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region

from workbench.tui.widgets.partial_repaint import ChangingLine, changed, of_content

BEFORE, AFTER = "日本語 epoch 1/20", "日本語 epoch 2/20"


class Line(ChangingLine):
    """Notes which regions it is asked to repaint."""

    def __init__(self) -> None:
        super().__init__()
        self.repainted: list[Region] = []

    def refresh(self, *regions: Region, **options: bool) -> Line:  # type: ignore[override]
        self.repainted += regions
        return super().refresh(*regions, **options)


class LineApp(App[None]):
    """One line and nothing else."""

    CSS = "Line { height: 1; }"

    def compose(self) -> ComposeResult:
        yield Line()


@pytest.mark.parametrize(
    ("before", "after", "region"),
    [
        (BEFORE, AFTER, Region(13, 0, 1, 1)),
        ("epoch 1/20 日本語", "epoch 2/20 日本語", Region(6, 0, 1, 1)),
        ("日本語 1", "日本人 1", Region(4, 0, 2, 1)),
        ("日本語 1", "日ab語 1", Region(2, 0, 2, 1)),
        ("日本", "x日本", Region(0, 0, 5, 1)),
        ("e\u0301 日 1", "e\u0301 日 2", Region(5, 0, 1, 1)),
    ],
)
async def test_the_changed_cells_are_repainted_and_the_line_is_whole(
    before: str, after: str, region: Region
) -> None:
    async with LineApp().run_test(size=(40, 3)) as pilot:
        line = pilot.app.query_one(Line)
        line.put(Content(before))
        await pilot.pause()
        line.repainted.clear()
        line.put(Content(after))
        assert line.repainted == [region]
        await pilot.pause()
        [strip] = line.render_lines(Region(0, 0, 40, 1))
        assert strip.text.rstrip() == after
        assert strip.cell_length == 40


def test_a_line_that_stays_the_same_is_not_repainted() -> None:
    assert changed(of_content(Content(BEFORE)), of_content(Content(BEFORE))) is None


def test_the_region_is_counted_in_cells_and_not_in_characters() -> None:
    assert AFTER.index("2") == 10
    assert changed(of_content(Content(BEFORE)), of_content(Content(AFTER))) == (cell_len(AFTER[:10]), 1)
