"""One setting in a form: its name, what can be chosen or typed, and what to know or what is wrong."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Select, SelectionList, Static

from engine.experiment.model import Experiment
from workbench.text.sanitise import plain
from workbench.tui.dialogs.form_fields import Field
from workbench.tui.widgets.palette import BAD, MUTED


class Choice(Select[Any]):
    """A choice of one: left and right go through it, enter opens the list, letters search it."""

    BINDINGS = [
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right", "step(1)", "Next", show=False),
    ]

    def action_step(self, step: int) -> None:
        """Take the next or the previous choice."""
        values = [value for _, value in self._options if value is not Select.NULL]
        if self.value in values:
            self.value = values[(values.index(self.value) + step) % len(values)]


class FieldRow(Horizontal):
    """A field on the screen; tells with Changed that its value has."""

    class Changed(Message):
        """The value of a row has changed."""

    def __init__(self, field: Field, experiment: Experiment) -> None:
        super().__init__()
        self.field = field
        self.initial = self._shown(field.value(experiment))
        self.problem = ""

    def compose(self) -> ComposeResult:
        """The name, the control, the hint."""
        field = self.field
        yield Static(field.label, classes="label")
        if field.many:
            yield SelectionList[str](
                *[(name, value, value in self.initial) for name, value in field.choices], compact=True
            )
        elif field.choices:
            yield Choice(field.choices, value=self.initial, allow_blank=False, compact=True)
        else:
            yield Input(self.initial, compact=True, select_on_focus=True)
        yield Static(Content(field.hint), classes="hint")

    @property
    def raw(self) -> Any:
        """What is chosen or typed, as the control has it."""
        if not self.is_mounted:
            return self.initial
        if self.field.many:
            selected = self.query_one(SelectionList).selected
            return tuple(value for _, value in self.field.choices if value in selected)
        if self.field.choices:
            return self.query_one(Choice).value
        return self.query_one(Input).value

    @property
    def changed(self) -> bool:
        """Whether it differs from what it was at first."""
        return bool(self.raw != self.initial)

    def show_problem(self, problem: str) -> None:
        """Say what is wrong, or the hint where nothing is."""
        if problem and not self.field.words and isinstance(self.raw, str) and "," in self.raw:
            problem += "; use a point for decimals"
        self.problem = problem
        self.query_one(".hint", Static).update(
            Content.styled(plain(problem or self.field.hint), BAD if problem else MUTED)
        )

    @on(Input.Changed)
    @on(Select.Changed)
    @on(SelectionList.SelectedChanged)
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
        return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
