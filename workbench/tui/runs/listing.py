"""Selects, sorts and configures the runs of the table, independent of the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.runs.query import Query, QueryError, parse
from engine.runs.query_names import is_pinned, known_names, words_of
from engine.system.gc_pause import collector_paused
from workbench.tui.runs.columns import BY_KEY, SETTINGS_SHOWN, USUAL, Column, differing, ordered, setting_column

if TYPE_CHECKING:
    from engine.runs import RunSummary


SETTINGS_FIRST = 3
"""The number of columns of settings that differ which come before the scores."""

AFTER_SETTINGS = [*BY_KEY][[*BY_KEY].index("epochs") + 1 :]
"""The columns that the remaining settings are placed before."""


class Listing:
    """All runs, and the filtered and sorted ones: ``runs`` and ``columns`` are what the table shows.

    ``all`` is replaced when runs change, never mutated: threads read it, and detect changes by its identity.
    ``problem`` says what is wrong with the query; until it is fixed, the last valid query applies.
    """

    def __init__(self) -> None:
        self.all: Mapping[str, RunSummary] = {}
        self.runs: Sequence[RunSummary] = ()
        self.columns: Sequence[Column] = tuple(BY_KEY[key] for key in USUAL)
        self.found = ""
        self.chosen: tuple[str, ...] = USUAL
        self.settings = True
        self.sorted_by = ("run", True)
        self.problem = ""
        self._query = Query(None)
        self._names: frozenset[str] = frozenset()
        self._words: dict[str, str] = {}
        self._ordered: Sequence[RunSummary] = ()

    def put(self, runs: Sequence[RunSummary], words: Mapping[str, str]) -> None:
        """Replace all runs; ``words`` is the text that each is found by (see :func:`prepared`)."""
        self.all = {run.id: run for run in runs}
        self._words = dict(words)
        self.arrange()

    def change(self, runs: Sequence[RunSummary]) -> None:
        """Add or update these runs."""
        self._words |= prepared(runs)
        together = {**self.all, **{run.id: run for run in runs}}
        self.all = {run.id: run for run in sorted(together.values(), key=lambda run: -run.number)}
        self.arrange()

    def merge(self, news: Sequence[RunSummary]) -> bool:
        """Merge new and changed runs; return whether the list has to be rebuilt."""
        if self.found or any(self._moves(run) for run in news):
            self.change(news)
            return True
        changed = {run.id: run for run in news}
        self.all = {**self.all, **changed}
        self._words |= prepared(news)
        self._ordered = [changed.get(run.id, run) for run in self._ordered] if changed else self._ordered
        self.runs = self._ordered
        return False

    def _moves(self, run: RunSummary) -> bool:
        """Return whether a run is new, or was pinned or unpinned."""
        known = self.all.get(run.id)
        return known is None or is_pinned(known) != is_pinned(run)

    def drop(self, runs: Sequence[str]) -> None:
        """Remove these runs."""
        self.all = {run_id: run for run_id, run in self.all.items() if run_id not in runs}
        self.arrange()

    def find(self, text: str) -> None:
        """Show only the runs that match a query."""
        self.found, self.problem = text, ""
        try:
            query = parse(text)
            query.check(self.names)
        except QueryError as error:
            self.problem = str(error)
        else:
            self._query = query
            self._filter()

    @property
    def names(self) -> frozenset[str]:
        """The names that a query can use."""
        self._names = self._names or known_names(self.all.values())
        return self._names

    def order(self, key: str) -> None:
        """Sort by a column; if already sorted by it, reverse the order."""
        now, descending = self.sorted_by
        self.sorted_by = (key, not descending if key == now else key in ("run", "when"))
        self.arrange()

    def choose(self, columns: Sequence[str], settings: bool) -> None:
        """Show these columns, in their standard order, and whether to show the settings that differ."""
        self.chosen = tuple(key for key in BY_KEY if key in columns) or ("run",)
        self.settings = settings
        self._filter()

    def arrange(self) -> None:
        """Sort all runs, and filter them."""
        key, descending = self.sorted_by
        runs = ordered([*self.all.values()], BY_KEY.get(key) or setting_column(key), descending)
        self._ordered = sorted(runs, key=is_pinned, reverse=True)
        self._names = frozenset()
        self._filter()

    def _filter(self) -> None:
        self.runs = [run for run in self._ordered if self._query.matches(run, self._words[run.id])]
        self._lay_out(differing(self.runs)[:SETTINGS_SHOWN] if self.settings else [])

    def _lay_out(self, paths: Sequence[str]) -> None:
        """Lay out the columns: the first settings that differ come before the scores, the rest after them."""
        settings = [setting_column(path) for path in paths]
        chosen = [BY_KEY[key] for key in self.chosen]
        begin = next(
            (index for index, column in enumerate(chosen) if column.key not in ("run", "name")), len(chosen)
        )
        end = next((index for index, column in enumerate(chosen) if column.key in AFTER_SETTINGS), len(chosen))
        first, rest = settings[:SETTINGS_FIRST], settings[SETTINGS_FIRST:]
        self.columns = (*chosen[:begin], *first, *chosen[begin:end], *rest, *chosen[end:])

    @property
    def groups(self) -> int:
        """The number of groups the runs are sorted in, whose values are not comparable with one another."""
        column = BY_KEY.get(self.sorted_by[0])
        return len({column.group(run) for run in self.runs if column.value_of(run) is not None}) if column else 1


def prepared(runs: Sequence[RunSummary]) -> dict[str, str]:
    """Return the text that each run is found by, by its number; takes half a second for thousands of runs."""
    return {run.id: words_of(run) for run in runs}


def read_settings(runs: Sequence[RunSummary]) -> None:
    """Read every run's settings into their cache, so that no key has to wait for it."""
    with collector_paused():
        for run in runs:
            run.settings  # noqa: B018
