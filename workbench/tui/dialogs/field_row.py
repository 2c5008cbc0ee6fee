"""One field of a form: label, input or choices, and a hint or error."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from engine.experiment.model import Experiment
from engine.system.plain_text import plain
from workbench.tui.dialogs.check_list import CheckList
from workbench.tui.dialogs.form_fields import Choices, Field
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.typed_field import TypedField


class Choice(Select[Any]):
    """A select: left and right change the value, enter opens the list, up and down go to the adjacent fields."""

    BINDINGS = [
        Binding("left", "step(-1)", "Choose", key_display="← →", id="choice.previous"),
        Binding("right", "step(1)", "Next choice", show=False, id="choice.next"),
        Binding("enter,space", "show_overlay", "All choices", key_display="⏎", id="choice.list"),
        Binding("up", "app.focus_previous", "Previous field", show=False, id="form.previous"),
        Binding("down", "app.focus_next", "Next field", show=False, id="form.next"),
    ]

    def __init__(self, choices: Choices, value: Any) -> None:
        super().__init__(choices, value=value, allow_blank=False, compact=True)
        self._values = [value for _, value in choices]

    def action_step(self, step: int) -> None:
        """Select the next or the previous choice."""
        values = self._values
        if self.value in values:
            self.value = values[(values.index(self.value) + step) % len(values)]


def marked(label: str, here: bool) -> Content:
    """Return a field's label, with a mark if the field has the focus."""
    return Content.assemble(("▸ " if here else "  ", "bold $accent"), plain(label))


class Typed(TypedField):
    """A text input; enter applies the form."""

    BINDINGS = [Binding("enter", "submit", "Apply", key_display="⏎", id="typed.apply")]


class FieldRow(Horizontal):
    """A field on the screen; posts Changed when its value changes."""

    class Changed(Message):
        """The value of the row has changed."""

    def __init__(self, field: Field, experiment: Experiment) -> None:
        super().__init__()
        self.field = field
        self.initial = self._shown(field.value(experiment))
        self.problem = ""

    def compose(self) -> ComposeResult:
        """Yield the label, the control and the hint."""
        field = self.field
        yield Static(marked(field.label, False), classes="label")
        if field.many:
            yield CheckList(field.choices, self.initial)
        elif field.choices:
            yield Choice(field.choices, self.initial)
        else:
            yield Typed(self.initial, compact=True, select_on_focus=True)
        yield Static(Content(field.hint), classes="hint")

    @property
    def control(self) -> Widget:
        """The widget that is typed or chosen in."""
        return self.children[1]

    @property
    def raw(self) -> Any:
        """The value of the control, unparsed."""
        if not self.is_mounted:
            return self.initial
        if self.field.many:
            return self.query_one(CheckList).values
        if self.field.choices:
            return self.query_one(Choice).value
        return self.query_one(Typed).value

    @property
    def changed(self) -> bool:
        """Whether the value differs from the initial one."""
        return bool(self.raw != self.initial)

    def show_problem(self, problem: str) -> None:
        """Show what is wrong, or else the hint."""
        if problem and not self.field.words and isinstance(self.raw, str) and "," in self.raw:
            problem += "; use a point for decimals"
        self.problem = problem
        self.set_class(bool(problem), "-wrong")
        self.query_one(".hint", Static).update(
            Content.styled(plain(f"✗ {problem}" if problem else self.field.hint), BAD if problem else MUTED)
        )

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _mark(self) -> None:
        """Mark the field that has the focus, or whose list is open: this is visible without colours too."""
        self.query_one(".label", Static).update(marked(self.field.label, self.has_focus_within))

    @on(Input.Changed)
    @on(Select.Changed)
    @on(CheckList.Changed)
    def _tell(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Changed())

    def _shown(self, value: Any) -> Any:
        if self.field.many:
            return tuple(name for _, name in self.field.choices if name in value)
        if self.field.choices:
            return value
        if value is None:
            return ""
        if self.field.write:
            return self.field.write(value)
        return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
