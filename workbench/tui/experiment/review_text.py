"""A sample as the network reads it, each word shaded by its effect, with the ten strongest words listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.color import Color, ColorParseError
from textual.containers import Vertical
from textual.content import Content, Span

from engine.system.plain_text import plain
from workbench.text import numbers
from workbench.text.widths import fitted, padded, shared, widest
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.scrolling_text import Prose

if TYPE_CHECKING:
    from engine.prediction.predictor import Explanation, WordEffect
    from engine.prediction.samples import Sample

STRONGEST = 10
"""The number of words that are listed."""

TWO_COLUMNS = 36
"""The width in cells from which they are listed in two columns."""

NO_ORIGINAL = (
    "This source holds word ids, not the texts. IMDB's published archive has them: aclImdb_v1.tar.gz or aclImdb/, "
    "in a folder without imdb.npz that WORKBENCH_DATA names."
)

SHADES = 5
"""The number of shades between no effect and the strongest word's."""


class ReviewText(Vertical):
    """The strongest words above, the text below; ``original`` shows the source's own text instead."""

    _shown: tuple[Sample | None, Explanation | None, bool, str] = (None, None, False, "")

    def compose(self) -> ComposeResult:
        """Yield the two parts."""
        yield Prose(id="strongest")
        yield Prose(id="words")

    def on_mount(self) -> None:
        """Let only the text take the focus; shade it again when the theme changes."""
        self.query_one("#strongest", Prose).can_focus = False
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.show(*self._shown[:3]))

    def show(
        self, sample: Sample | None, explanation: Explanation | None, original: bool, expected: bool = False
    ) -> None:
        """Show a sample, with the effect of each word if it is known.

        If the effects are ``expected`` soon, room is kept for the strongest words, so that the text below does not
        jump.
        """
        shown = (sample, explanation, original, self.app.theme)
        if all(now is before for now, before in zip(shown, self._shown, strict=True)):
            return
        if (sample and sample.index) != (self._shown[0] and self._shown[0].index):
            self.query_one("#words", Prose).scroll_home(animate=False)
        self._shown = shown
        if expected and explanation is None:
            self._blank_strongest()
        else:
            self.list_strongest()
        self.query_one("#words", Prose).put(self._text(sample, explanation, original))

    def _text(self, sample: Sample | None, explanation: Explanation | None, original: bool) -> Content:
        if sample is None:
            return self.shaded(explanation) if explanation else Content("")
        if original:
            missing = Content.styled(NO_ORIGINAL, MUTED)
            return missing if sample.original is None else Content(plain(sample.original, lines=True))
        if (columns := columns_of(sample)) is not None:
            return self.columns(columns, explanation)
        return self.shaded(explanation) if explanation else Content(plain(sample.decoded))

    def explain(self, explanation: Explanation) -> None:
        """Show the words of an explanation that belongs to no known sample."""
        self.show(None, explanation, False)

    def on_resize(self) -> None:
        """Fit the columns of words."""
        self.list_strongest()

    def list_strongest(self) -> None:
        """List the words with the strongest effects, in two columns if whole words fit into them."""
        strongest, explanation = self.query_one("#strongest", Prose), self._shown[1]
        strongest.display = bool(explanation and explanation.effects)
        if explanation and explanation.effects:
            lines = self._strongest(explanation)
            strongest.styles.height = len(lines)
            strongest.put(Content("\n").join(lines))

    def _blank_strongest(self) -> None:
        strongest = self.query_one("#strongest", Prose)
        strongest.put(Content("\n" * strongest.content_text.count("\n")))

    def shaded(self, explanation: Explanation) -> Content:
        """Shade the words: positive effects in one colour and bold, negative in another and underlined."""
        effects = {part.word: part.effect for part in explanation.effects}
        named = {part.word for part in explanation.effects[:STRONGEST]}
        peak = abs(explanation.effects[0].effect) if explanation.effects else 0.0
        styles = self._shades()
        text, spans, index = [], [], 0
        for word in explanation.words:
            seen = plain(word)
            style = _style(effects.get(word, 0.0), peak, styles, word in named)
            if style:
                spans.append(Span(index, index + len(seen), style))
            text.append(seen)
            index += len(seen) + 1
        return Content(" ".join(text), spans)

    def columns(self, columns: Sequence[tuple[str, str]], explanation: Explanation | None) -> Content:
        """Return a sample's columns with their values, shaded in the same way."""
        effects = {part.word: part.effect for part in explanation.effects} if explanation else {}
        peak = abs(explanation.effects[0].effect) if explanation and explanation.effects else 0.0
        width = widest(plain(name) for name, _ in columns)
        lines = [
            Content.assemble(
                (padded(plain(name), width), _style(effects.get(name, 0.0), peak, self._shades(), False)),
                f" {plain(value)}",
            )
            for name, value in columns
        ]
        return Content("\n").join(lines)

    def _shades(self) -> Mapping[bool, Sequence[str]]:
        variables = self.app.theme_variables
        return {up: _shades(variables, "success" if up else "error") for up in (True, False)}

    def _strongest(self, explanation: Explanation) -> list[Content]:
        parts = explanation.effects[:STRONGEST]
        width = max(self.size.width - 2, 20)
        lines = (len(parts) + 1) // 2
        columns = [parts[:lines], parts[lines:]] if width >= TWO_COLUMNS and len(parts) > 1 else [parts[:lines]]
        wanted = [max(_cells(part) for part in column) for column in columns]
        half = width // len(columns)
        widths = shared(wanted, width) if max(wanted) > half else [half] * len(columns)
        rows = zip_longest(*columns)
        return [
            Content("").join(_part(part, cells) for part, cells in zip(row, widths, strict=True) if part)
            for row in rows
        ]


def _cells(part: WordEffect) -> int:
    """Return the width of a word and its effect, with a blank after each."""
    return len(numbers.effect(part.effect)) + cell_len(plain(part.word)) + 2


def _part(part: WordEffect, cells: int) -> Content:
    value = numbers.effect(part.effect)
    colour = "$success" if part.effect > 0 else "$error"
    name = fitted(plain(part.word), max(cells - len(value) - 2, 3))
    return Content.assemble((value, colour), f" {name} ")


def _shades(variables: Mapping[str, str], name: str) -> list[str]:
    """Return backgrounds from faint to full, mixed here because a terminal has no translucent colours."""
    try:
        colour = Color.parse(variables[name])
        behind = Color.parse(variables["background"])
        if colour.ansi is not None:  # the colours of the terminal's palette cannot be mixed
            return [variables[name].replace("bright_", "")] * SHADES
        return [behind.blend(colour, 0.4 * (step + 1) / SHADES).hex for step in range(SHADES)]
    except ColorParseError:
        return [variables[name]] * SHADES


def _style(effect: float, peak: float, styles: Mapping[bool, Sequence[str]], named: bool) -> str:
    strength = abs(effect) / peak if peak else 0.0
    step = min(int(strength * SHADES * 1.5), SHADES) - 1
    if step < 0:
        return ""
    emphasis = ("bold " if effect > 0 else "underline ") if named else ""
    return f"{emphasis}on {styles[effect > 0][step]}"


def columns_of(sample: Sample) -> tuple[tuple[str, str], ...] | None:
    """Return the names and values of a sample's columns; None for a text."""
    read = sample.ids
    if hasattr(read, "names"):  # a row of a user's own table
        texts = ((name, read.column(name).texts()[0].removesuffix(" 00:00:00")) for name in read.names)
        return tuple((name, text or "(missing)") for name, text in texts)
    numbers_read = getattr(read, "amounts", read)  # of sparse columns, those that are not 0
    if numbers_read.dtype.kind != "f":
        return None
    names = sample.decoded.split(" ")[::2]
    return tuple(zip(names, (f"{value:g}" for value in numbers_read.tolist()), strict=False))
