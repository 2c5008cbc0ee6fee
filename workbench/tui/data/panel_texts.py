"""The texts of the data screen's panels: statistics, words or columns, and a sample's preprocessing steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.features.encoding_explanation import Step
from engine.features.summary import Class, ClassWords, Column, Histogram, Summary, Words
from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import shortened, widest
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.moves import SCROLL, moves

BARS = " ▁▂▃▄▅▆▇█"
HEIGHT = 5
"""The height of a histogram in lines."""

_SHARE = 6
"""The width of a class's share in cells."""

_NUMBER = 8
_NAME = 9
_HEADS = ("lowest", "mean", "highest", "spread", "corr")
_WANTED = ("mean", "corr", "spread", "lowest", "highest")
"""The statistics of a column in order of priority, for when not all fit."""

LONGEST = 900
"""The most characters of a step that are shown."""


class FittedText(VerticalScroll):
    """A text that is built for the panel's width by ``build``."""

    BINDINGS = moves(SCROLL, top="home")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._build: Callable[[int], Content] = lambda _: Content("")
        self._width = 0

    @property
    def text(self) -> str:
        """The text; if the panel is not shown, for the terminal's width."""
        return self._build(self._width or self.app.size.width).plain

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static()

    def show(self, build: Callable[[int], Content]) -> None:
        """Show another text, scrolled to its beginning."""
        self._build, self._width = build, 0
        self.scroll_home(animate=False)
        self._fit()

    def on_resize(self) -> None:
        """Rebuild for the new width."""
        self._fit()

    def _fit(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            self.query_one(Static).update(self._build(width))


def statistics(summary: Summary, about: str, width: int) -> Content:
    """Describe a data set's source, splits, classes and their balance, lengths and notes, for ``width`` cells."""
    return Content("\n").join(_statistics(summary, about, width))


def _statistics(summary: Summary, about: str, width: int) -> Iterator[Content]:
    facts = summary.facts
    yield Content.styled(plain(summary.title), "bold")
    if about:
        yield Content(plain(about))
    yield Content.styled(f"from {plain(facts.source)} · sha256 {facts.digest[:12]}", MUTED)
    for note in summary.notes:
        yield Content.styled(plain(note), "$warning")
    yield Content("")
    yield from _splits(summary, width)
    if summary.words:
        yield Content("")
        yield from _text(summary.words, width)
    if summary.target:
        yield Content("")
        yield Content.styled(plain(summary.target_name or "target").capitalize(), "bold")
        yield from _histogram(summary.target, width)


def _splits(summary: Summary, width: int) -> Iterator[Content]:
    facts = summary.facts
    counts = (facts.train, facts.validation, facts.test)
    digits = max(5, *(len(f"{count:,}") for count in counts)) + 1
    longest = widest((plain(found.label) for found in summary.classes), 7)
    room = max(min(longest, width - 3 * digits - _SHARE), 4)
    head = "".join(f"{name:>{digits}}" for name in ("train", "val", "test"))
    yield Content.styled(" " * room + head, MUTED)
    yield Content.styled("samples".ljust(room) + "".join(f"{count:>{digits},}" for count in counts), "bold")
    most = max((found.samples[0] for found in summary.classes), default=0)
    for found in sorted(summary.classes, key=lambda found: -found.samples[0]):
        yield _class(found, room, digits, facts.train, most, width)


def _class(found: Class, room: int, digits: int, train: int, most: int, width: int) -> Content:
    label = Content(shortened(plain(found.label), room))
    counts = "".join(f"{count:>{digits},}" for count in found.samples)
    share = f"{found.samples[0] / max(train, 1):>{_SHARE}.1%}"
    line = label.pad_right(room - label.cell_length) + Content(counts + share)
    space = width - line.cell_length - 1
    full = round(found.samples[0] / max(most, 1) * space) if space > 3 else 0
    return Content.assemble(line, " ", ("█" * full, "$primary"))


def _text(words: Words, width: int) -> Iterator[Content]:
    lengths = words.lengths
    yield Content.styled("Words in a training sample", "bold")
    yield from _histogram(lengths, width)
    yield Content(
        f"{words.distinct:,} words known; {words.unknown:.1%} of the training samples' words are unknown, "
        f"{words.held_out_unknown:.1%} of the validation samples'"
    )
    if words.cut:
        yield Content(f"{words.cut:.0%} of the samples are longer than the sequence and lose their beginning")


def _histogram(found: Histogram, width: int) -> Iterator[Content]:
    spread = f"{value_text(found.lowest)} to {value_text(found.highest)}"
    yield Content.styled(f"{spread}, median {value_text(found.median)}, mean {value_text(found.mean)}", MUTED)
    cells = max((width - 1) // len(found.counts), 1)
    for line in bars(found.counts, cells):
        yield Content.styled(line, "$primary")
    first, last = value_text(found.edges[0]), value_text(found.edges[-1])
    last += " and more" if found.highest > found.edges[-1] else ""
    space = len(found.counts) * cells - len(first) - len(last)
    yield Content.styled(first + " " * max(space, 1) + last, MUTED)


def value_text(value: float) -> str:
    """Format a value of a column; integers without decimals."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else number(value, 3)


def bars(counts: Sequence[int], cells: int) -> list[str]:
    """Return columns of blocks, ``cells`` wide and up to HEIGHT lines high, scaled to the largest count."""
    most = max(counts, default=0) or 1
    eighths = [max(round(count / most * HEIGHT * 8), int(count > 0)) for count in counts]
    return [
        "".join(BARS[min(max(eighth - 8 * line, 0), 8)] * cells for eighth in eighths)
        for line in reversed(range(HEIGHT))
    ]


def words(summary: Summary, width: int) -> Content:
    """Describe the words or columns, for lines of ``width`` cells."""
    if summary.words:
        return Content("\n").join(_words(summary.words, width))
    return Content("\n").join(_columns(summary.columns, width))


def _words(found: Words, width: int) -> Iterator[Content]:
    if found.telling:
        yield Content.styled("Words typical of a class (log-odds)", "bold")
        yield from _class_words(found.telling, width)
        yield Content("")
    yield Content.styled("Most frequent words", "bold")
    yield Content(", ").join(
        Content.assemble(plain(word), (f"\N{NO-BREAK SPACE}{count:,}", MUTED)) for word, count in found.frequent
    )


def _class_words(found: Sequence[ClassWords], width: int) -> Iterator[Content]:
    """Yield the words of two classes side by side; of more classes, one below the other."""
    if len(found) != 2:
        for part in found:
            yield Content.assemble(
                (f"{plain(part.label)}  ", "bold $primary"),
                Content(", ").join(
                    Content.assemble(plain(word), (f"\N{NO-BREAK SPACE}{ratio:+.1f}", MUTED))
                    for word, ratio in part.words
                ),
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


def _cell(word: str, ratio: str, width: int, style: str = "") -> Content:
    name = Content.styled(shortened(word, max(width - len(ratio) - 1, 1)), style)
    return name.pad_right(max(width - name.cell_length - len(ratio), 0)) + Content.styled(ratio, MUTED)


def _number(value: float | None) -> str:
    return "–" if value is None else number(value, 3)


def _columns(found: Sequence[Column], width: int) -> Iterator[Content]:
    correlated = any(column.correlation is not None for column in found)
    heads = [head for head in _HEADS if correlated or head != "corr"]
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
            "corr": "–" if column.correlation is None else f"{column.correlation:+.2f}",
        }
        name = Content(shortened(plain(column.name), room - 1))
        yield name.pad_right(room - name.cell_length) + Content(
            "".join(f"{shown[head]:>{_NUMBER}}" for head in heads)
        )
    yield Content.styled(
        "spread: standard deviation" + ("; corr: correlation with the target" if correlated else ""), MUTED
    )


def steps(found: Sequence[Step]) -> Content:
    """Describe a sample's preprocessing, step by step, with the sample's value after each."""
    return Content("\n").join(_steps(found))


def _steps(found: Sequence[Step]) -> Iterator[Content]:
    for index, step in enumerate(found):
        if index:
            yield Content.styled("↓", MUTED)
        yield Content.assemble((plain(step.name), "bold $primary"), (f"  {plain(step.remark)}", MUTED))
        if step.shown:
            text = plain(step.shown[: LONGEST + 1], lines=True)
            yield Content(text if len(text) <= LONGEST else f"{text[:LONGEST]} …")
