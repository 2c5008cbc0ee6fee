"""Bindings that edit an experiment: its layers, undo and redo, its name, opening and writing it."""

from __future__ import annotations

from textual.binding import Binding

from engine.system.plain_text import plain
from workbench.tui.experiment import editing
from workbench.tui.experiment.lazy_actions import dialogs
from workbench.tui.experiment.view import ExperimentView


class ExperimentEditor(ExperimentView):
    """The part of the experiment screen that edits the stack, and the experiment as a whole."""

    BINDINGS = [
        Binding("a", "add", "Add", id="stack.add"),
        Binding("enter", "edit", "Edit", key_display="⏎", id="stack.edit"),
        Binding("x", "remove", "Remove", id="stack.remove"),
        Binding("shift+up", "move(-1)", "Move the layer up", show=False, id="stack.up"),
        Binding("shift+down", "move(1)", "Move the layer down", show=False, id="stack.down"),
        Binding("space", "switch", "Switch the layer off or on", show=False, id="stack.switch"),
        Binding("f", "fix", "Apply the finding's fix", show=False, id="stack.fix"),
        Binding("u", "undo", "Undo", show=False, id="edit.undo"),
        Binding("ctrl+r", "redo", "Redo", show=False, id="edit.redo"),
        Binding("o", "open", "Open a preset or a file", show=False, id="edit.open"),
        Binding("R", "rename", "Name the experiment", show=False, id="edit.rename"),
        Binding("w", "write", "Write the experiment to a file", show=False, id="edit.write"),
        Binding("E,f4", "edit_outside", "Edit in $EDITOR", show=False, id="edit.outside"),
    ]

    def action_add(self) -> None:
        """Add a layer below the cursor, or above the output layer: ask for its kind, then its settings."""
        dialogs().add_layer(self, editing.index_for_new(self.experiment, self.stack.index))

    def action_edit(self) -> None:
        """Edit the part under the cursor."""
        dialogs().edit_key(self, self.stack.key)

    def action_remove(self) -> None:
        """Remove the layer under the cursor; ``u`` undoes it."""
        if (index := self._layer()) is not None:
            self.edit(editing.removed(self.experiment, index))

    def action_move(self, step: int) -> None:
        """Move the layer under the cursor."""
        if (index := self._layer()) is not None:
            moved = editing.moved(self.experiment, index, step)
            if moved != self.experiment:
                self.edit(moved, f"layer-{index + step}")

    def action_switch(self) -> None:
        """Switch the layer under the cursor off, or on again."""
        if (index := self._layer()) is not None:
            self.edit(editing.switched(self.experiment, index))

    def _layer(self) -> int | None:
        """Return the index of the layer under the cursor; notify the user if there is none."""
        if self.stack.index is None:
            self.warn("put the cursor on a layer first")
        return self.stack.index

    def action_rename(self) -> None:
        """Name the experiment."""
        dialogs().rename(self)

    def action_fix(self) -> None:
        """Apply the fix of the finding under the cursor, or else of the first finding that has one."""
        finding = self.stack.finding or next((found for found in self.stack.findings if found.fix), None)
        if finding is None or finding.fix is None:
            self.notify("There is nothing to fix here.")
            return
        self.edit(finding.fix.experiment)
        self.notify(plain(finding.fix.label), title="Fixed", timeout=3, markup=False)

    def action_undo(self) -> None:
        """Undo the last change."""
        if not self.history.can_undo:
            self.warn("there is nothing to undo")
        self.history.undo()
        self._show_edited()

    def action_redo(self) -> None:
        """Redo the change undone last."""
        if not self.history.can_redo:
            self.warn("there is nothing to redo")
        self.history.redo()
        self._show_edited()

    def action_open(self) -> None:
        """Open a preset or a file."""
        dialogs().open_experiment(self)

    def action_write(self) -> None:
        """Write the experiment to a file."""
        dialogs().write_experiment(self)

    def action_edit_outside(self) -> None:
        """Edit the experiment's file in the user's editor."""
        dialogs().edit_outside(self)
