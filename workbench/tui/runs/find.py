"""The query input of the runs screen, which completes names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.binding import Binding
from textual.suggester import Suggester

from engine.runs.query_names import completed
from workbench.tui.widgets.typed_field import TypedField


class NameSuggester(Suggester):
    """Completes the name at the end of a query."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """Return the query with its last word completed by :func:`completed`."""
        return completed(value, self._names())


class Find(TypedField):
    """The query input; its keys are shown in the footer while it has the focus."""

    BINDINGS = [
        Binding("enter", "submit", "Take", key_display="⏎", id="find.take"),
        Binding("tab", "complete", "Complete", id="find.complete"),
        Binding("escape", "screen.clear", "Show all", id="find.clear"),
    ]
    DEFAULT_CSS = "Find { height: 1; border: none; padding: 0 1; }"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        example = "words, status:stopped, units=16, val_loss < 0.3 and not tag:old"
        super().__init__(placeholder=example, suggester=NameSuggester(names), id="runs-find", compact=True)
        self._names = names

    def action_complete(self) -> None:
        """Accept the completion shown after the cursor."""
        if found := completed(self.value, self._names()):
            self.value = found
            self.action_end()
