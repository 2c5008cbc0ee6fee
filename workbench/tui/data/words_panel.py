"""A data set's words: the most frequent, and those that tell each class from the others; or its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from engine.features.summary import Column, Summary, Telling, Words
from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import shortened
from workbench.tui.widgets.colours import MUTED

_NUMBER = 8
_NAME = 9
_HEADS = ("lowest", "mean", "highest", "spread", "tells")
_WANTED = ("mean", "tells", "spread", "lowest", "highest")
"""Which statistics of a column are kept where not all fit."""


def words(summary: Summary, width: int) -> Content:
    """Words or columns, for lines of ``width`` cells."""
    if summary.words:
        return Content("\n").join(_words(summary.words, width))
    return Content("\n").join(_columns(summary.columns, width))


def _words(found: Words, width: int) -> Iterator[Content]:
    if found.telling:
        yield Content.styled("Words that tell a class (log-odds)", "bold")
        yield from _telling(found.telling, width)
        yield Content("")
    yield Content.styled("Most frequent words", "bold")
    yield Content(", ").join(
        Content.assemble(plain(word), (f"\N{NO-BREAK SPACE}{count:,}", MUTED)) for word, count in found.frequent
    )


def _telling(found: Sequence[Telling], width: int) -> Iterator[Content]:
    """Two classes stand side by side; more of them, one below the other with their words in a line."""
    if len(found) != 2:
        for part in found:
            yield Content.assemble(
                (f"{plain(part.label)}  ", "bold $primary"),
                Content(", ").join(_inline(word, ratio) for word, ratio in part.words),
            )
        return
    half = (width - 2) // 2
    yield Content("  ").join(_cell(plain(part.label), "", half, "bold $primary") for part in found)
    for line in range(max(len(part.words) for part in found)):
        cells = []
        for part in found:
            word, ratio = part.words[line] if line < len(part.words) else ("", 0.0)
            cells.append(_cell(plain(word), f"{ratio:+.2f}" if word else "", half))
        yield Content("  ").join(cells)


def _inline(word: str, ratio: float) -> Content:
    return Content.assemble(plain(word), (f"\N{NO-BREAK SPACE}{ratio:+.1f}", MUTED))


def _cell(word: str, ratio: str, width: int, style: str = "") -> Content:
    name = Content.styled(shortened(word, max(width - len(ratio) - 1, 1)), style)
    return name.pad_right(max(width - name.cell_length - len(ratio), 0)) + Content.styled(ratio, MUTED)


def _number(value: float | None) -> str:
    return "–" if value is None else number(value, 3)


def _columns(found: Sequence[Column], width: int) -> Iterator[Content]:
    tells = any(column.correlation is not None for column in found)
    heads = [head for head in _HEADS if tells or head != "tells"]
    wanted = sorted(heads, key=_WANTED.index)[: max((width - _NAME) // _NUMBER, 1)]
    heads = [head for head in heads if head in wanted]
    room = max(width - _NUMBER * len(heads), _NAME)
    yield Content.styled(" " * room + "".join(f"{head:>{_NUMBER}}" for head in heads), MUTED)
    for column in found:
        shown = {
            "lowest": _number(column.lowest),
            "mean": _number(column.mean),
            "highest": _number(column.highest),
            "spread": _number(column.deviation),
            "tells": "–" if column.correlation is None else f"{column.correlation:+.2f}",
        }
        name = Content(shortened(plain(column.name), room - 1))
        yield name.pad_right(room - name.cell_length) + Content(
            "".join(f"{shown[head]:>{_NUMBER}}" for head in heads)
        )
    yield Content.styled(
        "spread: standard deviation" + ("; tells: correlation with the target" if tells else ""), MUTED
    )
