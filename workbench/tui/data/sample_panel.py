"""One sample's way into the network, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from engine.features.encoding_explanation import Step
from engine.system.plain_text import plain
from workbench.tui.widgets.colours import MUTED

LONGEST = 900
"""Characters of a step that are shown."""


def steps(found: Sequence[Step]) -> Content:
    """The steps, each with what the sample is by then."""
    return Content("\n").join(_lines(found))


def _lines(found: Sequence[Step]) -> Iterator[Content]:
    for number, step in enumerate(found):
        if number:
            yield Content.styled("↓", MUTED)
        yield Content.assemble((plain(step.name), "bold $primary"), (f"  {plain(step.remark)}", MUTED))
        if step.shown:
            text = plain(step.shown[: LONGEST + 1], lines=True)
            yield Content(text if len(text) <= LONGEST else f"{text[:LONGEST]} …")
