"""The help dialog: all keys of a screen, and notes on what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.terminal import textual_private
from workbench.tui.keymap import key_of
from workbench.tui.widgets.epoch_chart import SMOOTHING
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.mode_screen import ModeScreen
from workbench.tui.widgets.scrolling_text import Page

GROUPS = {
    "stack": "The experiment",
    "experiment": "The experiment",
    "edit": "Changes and files",
    "run": "The run",
    "curves": "The curves",
    "reviews": "The reviews",
    "panel": "Panels",
    "list": "In lists and texts",
    "table": "In tables",
    "mode": "Screens",
    "app": "Everywhere",
}
"""Headings by the first part of a binding's id; other bindings are under the screen's own heading."""

KEY = 14
"""The width of the column of keys, in cells."""


class HelpScreen(ModalScreen[None]):
    """Shows the keys of ``screen``, in groups, and the rules."""

    AUTO_FOCUS = "Page"
    BINDINGS = [Binding("escape,question_mark,q", "dismiss", "Close", key_display="esc", id="help.close")]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._screen = screen

    def compose(self) -> ComposeResult:
        """Yield the keys and the rules."""
        with Vertical(id="help") as box:
            box.border_title = "Keys"
            with Page():
                yield Static(Content("\n").join(self._keys()))
                yield Static(Content("\n").join(_rules(key_of(self._screen, "curves.before"))))
        yield KeyBar()

    def _keys(self) -> Iterator[Content]:
        groups: dict[str, dict[str, list[str]]] = {}
        for binding in self._shown():
            start = (binding.id or "").partition(".")[0]
            group = groups.setdefault(GROUPS.get(start, start.capitalize() or "Here"), {})
            keys = group.setdefault(binding.description, [])
            keys.append(self.app.get_key_display(binding))
        if isinstance(self._screen, ModeScreen) and self._screen.STOPS:
            order = " → ".join(self._screen.focus_order)
            groups.setdefault(GROUPS["panel"], {})[f"goes through {order}"] = [key_of(self._screen, "panel.next")]
        for heading in sorted(groups, key=_order):
            yield Content.styled(heading, "bold $accent")
            for description, keys in groups[heading].items():
                shown = " ".join(dict.fromkeys(keys))
                yield Content.assemble("  ", (shown.ljust(KEY), "bold"), description)
            yield Content("")

    def _shown(self) -> Iterator[Binding]:
        """Yield every key once, from its outermost binding: descriptions for the footer are shorter."""
        seen = set()
        for key, binding in textual_private.bindings(self._screen):
            shown_key = (key, (binding.id or "").partition(".")[0])
            if binding.description and binding.id and shown_key not in seen:
                seen.add(shown_key)
                yield binding


def _order(heading: str) -> int:
    known = list(GROUPS.values())
    return known.index(heading) if heading in known else -1


def _rules(takes: str) -> Iterator[Content]:
    from engine.checks import OVERFITTING_RULE

    yield Content.styled("Rules", "bold $accent")
    for name, rule in (
        (
            "Losses",
            "are shown without regularisation penalties, so that runs with and without them are comparable.",
        ),
        ("Training curve", "the average over the epoch, dropout on; or evaluated at its end, as validation is."),
        ("Best epoch", "the one with the lowest validation loss; its weights are kept and used for predictions."),
        ("Overfits", OVERFITTING_RULE),
        ("Baseline", "what always predicting the most frequent class, or the mean, reaches."),
        ("Smoothed", f"an exponential moving average, weight {SMOOTHING:g}, corrected for its start."),
        ("Previous run ∙", f"the validation curve of the run before, if comparable; {takes} hides it."),
        (
            "Test labels",
            "are shown with the watched samples; this is counted once per session and data set.",
        ),
        ("Linear ┈", "what a linear model of the same features reaches: a network should beat it."),
        ("±", "half of the 95 % confidence interval over the held-out samples."),
        (
            "★ and ≈",
            "in the runs table, the best run on the same validation samples, and those it is not significantly "
            "better than (paired tests, corrected for their number).",
        ),
        ("A word's effect", "the prediction minus the prediction with every occurrence of the word left out."),
        ("Flipped ↕", "the predicted label differs from the one after the previous epoch."),
    ):
        yield Content.assemble("  ", (f"{name}: ", "bold"), rule)
