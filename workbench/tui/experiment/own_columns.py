"""A dialog that predicts a sample of columns while its values are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.text import numbers
from workbench.text.numbers import number
from workbench.text.widths import shortened, widest
from workbench.tui.dialogs.field_row import marked
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import BAD, GOOD, MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.typed_field import TypedField

if TYPE_CHECKING:
    from engine.prediction.predictor import Explanation
    from engine.prediction.samples import Sample
    from workbench.tui.sessions.session import RunSession

WIDTH, BESIDE, NAME = 76, 42, 20
"""Widths in cells: of the dialog, of what is beside a column's name, and the least for a name."""

Values = tuple[tuple[str, str], ...]


class ColumnField(Horizontal):
    """One column: its name, its value, and its effect on the prediction."""

    def __init__(self, name: str, value: str, room: int) -> None:
        super().__init__()
        self.column = name
        self._room = room
        self._value = value

    def compose(self) -> ComposeResult:
        """Yield the name, the input and the effect."""
        label = Static(self._label, classes="label")
        if self._room > NAME:
            label.styles.width = self._room + 4
        yield label
        yield TypedField(self._value, compact=True, select_on_focus=True)
        yield Static(classes="part")

    @property
    def value(self) -> str:
        """The typed value."""
        return self.query_one(Input).value.strip()

    @property
    def _label(self) -> Content:
        return marked(shortened(plain(self.column), self._room), self.has_focus_within)

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _mark(self) -> None:
        """Mark the column that has the focus."""
        self.query_one(".label", Static).update(self._label)

    def show_part(self, effect: float | None) -> None:
        """Show the effect: the prediction minus that with the column at its mean."""
        text = "" if effect is None else numbers.effect(effect)
        self.query_one(".part", Static).update(Content.styled(text, GOOD if (effect or 0) > 0 else BAD))


class ColumnsScreen(ModalScreen[None]):
    """Predicts a sample whose column values can be changed."""

    AUTO_FOCUS = "Input"
    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="columns.close"),
        Binding("down", "app.focus_next", "Next field", show=False, id="form.next"),
        Binding("up", "app.focus_previous", "Previous field", show=False, id="form.previous"),
    ]
    DEFAULT_CSS = """
    ColumnsScreen {
        #own-columns {
            border: round $accent; border-title-style: bold; background: $surface; padding: 0 1;
            width: 76; max-width: 100%; height: auto; max-height: 94%;
        }
        #own-answer { height: auto; margin-bottom: 1; }
        #own-fields { height: auto; max-height: 1fr; }
        ColumnField { height: 1; }
        ColumnField .label { width: 24; color: $foreground-muted; }
        ColumnField Input { width: 24; }
        ColumnField .part { width: 1fr; padding-left: 2; }
        ColumnField:focus-within .label { color: $foreground; text-style: bold; }
        ColumnField:focus-within Input { background: $primary 35%; }
    }
    """

    def __init__(self, session: RunSession, sample: Sample, columns: Values, labels: tuple[str, ...]) -> None:
        super().__init__()
        self._session = session
        self._sample = sample
        self._columns = columns
        self._labels = labels
        self._latest = Latest(self, self._ask, self._show)

    def compose(self) -> ComposeResult:
        """Yield the prediction, and a line for each column."""
        names = widest(plain(name) for name, _ in self._columns)
        room = min(max(names, NAME), max(min(self.app.size.width, WIDTH) - BESIDE, NAME))
        with Vertical(id="own-columns") as box:
            box.border_title = "Your own sample: its columns"
            yield Static(id="own-answer")
            with VerticalScroll(id="own-fields", can_focus=False):
                yield from (
                    ColumnField(name, "" if value == "(missing)" else value, room) for name, value in self._columns
                )
        yield KeyBar()

    def on_mount(self) -> None:
        """Predict the unchanged sample."""
        self._typed()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._latest.ask(tuple((field.column, field.value) for field in self.query(ColumnField)))

    def _ask(self, values: Values) -> Explanation:
        from engine.prediction.own_sample import with_values

        names = tuple(name for name, _ in self._columns)
        return self._session.explain(with_values(self._sample.ids, names, dict(values)))

    def _show(self, values: Values, found: Explanation | EngineError) -> None:
        answer = self.query_one("#own-answer", Static)
        if isinstance(found, EngineError):
            words = "\n".join(f"✗ {line}" for line in str(found).splitlines())
            answer.update(Content.styled(plain(words, lines=True), BAD))
            return
        answer.update(self._said(found))
        effects = {part.word: part.effect for part in found.effects}
        for field in self.query(ColumnField):
            field.show_part(effects.get(field.column))

    def _said(self, found: Explanation) -> Content:
        prediction = found.prediction
        words = found.decision.words or "each column's effect is shown beside it"
        note = (f"   {words}", MUTED)
        if not prediction.label:
            return Content.assemble(("predicted ", MUTED), (number(prediction.value), "bold"), note)
        chance = f"P({plain(self._labels[-1])}) " if len(prediction.outputs) == 1 and self._labels else ""
        return Content.assemble(
            (f" {plain(prediction.label)} ", f"bold {GOOD} reverse"), ("  ", ""), (chance, MUTED),
            (f"{prediction.value:.3f}", "bold"), note,
        )  # fmt: skip
