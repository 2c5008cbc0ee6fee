"""A form of an experiment's settings, validated while typing."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from engine.errors import ExperimentError
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.system.plain_text import plain
from workbench.tui.dialogs.field_row import FieldRow
from workbench.tui.dialogs.form_fields import Field
from workbench.tui.keymap import key_of
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.key_bar import KeyBar

Fields = Callable[[Experiment], tuple[Field, ...]]


class ExperimentForm(ModalScreen[Experiment | None]):
    """Edits the settings that ``fields`` returns for an experiment; returns the changed experiment, or None.

    ``fields`` is called again after every change, because another kind of layer has other settings.
    """

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("ctrl+s", "apply", "Apply", show=False, id="form.apply"),
        Binding("escape", "cancel", "Cancel", id="form.cancel"),
        Binding("tab,down", "app.focus_next", "Next field", show=False, id="form.next"),
        Binding("shift+tab,up", "app.focus_previous", "Previous field", show=False, id="form.previous"),
    ]

    def __init__(self, title: str, experiment: Experiment, fields: Fields, columns: int | None = None) -> None:
        super().__init__()
        self._title = title
        self._first = experiment
        self._fields = fields
        self._columns = columns
        self.draft: Experiment | None = experiment
        self._shape = fields(experiment)

    def compose(self) -> ComposeResult:
        """Yield the fields, their outcome and the buttons."""
        with Vertical(id="form") as form:
            form.border_title = Content(plain(self._title)).markup
            with VerticalScroll(id="fields", can_focus=False):
                yield from self._rows(self._first)
            yield Static(id="outcome")
            with Vertical(id="keys"):
                yield Button(f"Apply  {key_of(self, 'form.apply')}", id="apply", variant="primary", compact=True)
                yield Button(f"Cancel  {key_of(self, 'form.cancel')}", id="cancel", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the first setting after the kind, if there is one."""
        rows = list(self.query(FieldRow))
        first = rows[1] if len(rows) > 1 and rows[0].field.path.endswith(".kind") else rows[0]
        self.set_focus(first.control)
        self._check()

    def _rows(self, experiment: Experiment) -> list[FieldRow]:
        rows = [FieldRow(field, experiment) for field in self._shape]
        for row in rows:
            row.display = row.field.when(experiment)
        return rows

    @property
    def _settings(self) -> dict[str, object]:
        """The changed settings by path; an optional group is implied by the settings inside it."""
        rows = [row for row in self.query(FieldRow) if row.changed]
        found = {row.field.path: row.field.parsed(row.raw) for row in rows if row.display or row.field.table}
        inside = {path.rpartition(".")[0] for path in found}
        return {path: value for path, value in found.items() if not (value is True and path in inside)}

    @on(FieldRow.Changed)
    async def _changed(self) -> None:
        self._check()
        draft = self.draft
        if draft is None:
            return
        if [field.path for field in self._fields(draft)] != [field.path for field in self._shape]:
            await self._rebuild(draft)
        for row in self.query(FieldRow):
            row.display = row.field.when(draft)

    async def _rebuild(self, draft: Experiment) -> None:
        self._first, self._shape = draft, self._fields(draft)
        fields = self.query_one("#fields")
        await fields.remove_children()
        await fields.mount_all(self._rows(draft))
        self.set_focus(self.query(FieldRow).first().control)

    def _check(self) -> None:
        """Validate the form, and show each problem at its field."""
        problems: dict[str, str] = {}
        try:
            self.draft = with_settings(self._first, self._settings)
        except ExperimentError as error:
            self.draft = None
            problems = {mistake.path: mistake.message for mistake in error.mistakes}
        else:
            problems = self._findings(self.draft)
        for row in self.query(FieldRow):
            row.show_problem(problems.pop(row.field.path, "") if row.display else "")
        self._show_outcome(problems)

    def _findings(self, draft: Experiment) -> dict[str, str]:
        """Return the errors that would stop the draft from running, by the path of a field of this form."""
        from engine import checks

        errors = {found.where: found.message for found in checks.before(draft) if found.level == "error"}
        return {row.field.path: errors[row.field.path] for row in self.query(FieldRow) if row.field.path in errors}

    def _show_outcome(self, problems: dict[str, str]) -> None:
        outcome = self.query_one("#outcome", Static)
        if problems:
            outcome.update(
                Content.styled("\n".join(plain(f"{path}: {why}") for path, why in problems.items()), BAD)
            )
        elif any(row.problem for row in self.query(FieldRow)):
            outcome.update(Content.styled("this cannot run yet: see ✗ above", BAD))
        elif self.draft is not None:
            from engine.checks.shapes import outline

            found = outline(self.draft, self._columns if self.draft.data == self._first.data else None)
            words = found.problem or (f"{found.total:,} parameters" if self.draft.layers else "")
            outcome.update(Content.styled(plain(words), BAD if found.problem else MUTED))

    @on(Input.Submitted)
    @on(Button.Pressed, "#apply")
    def action_apply(self) -> None:
        """Return the experiment if the settings are valid; otherwise focus the first field that is not."""
        self._check()
        if self.draft is not None:
            self.dismiss(self.draft)
            return
        wrong = next((row for row in self.query(FieldRow) if row.problem), None)
        if wrong:
            self.set_focus(wrong.control)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close without changes."""
        self.dismiss(None)
