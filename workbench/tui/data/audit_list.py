"""The findings of an audit as a list: suspicious labels with their marks, or groups of equal samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from engine.system.plain_text import plain
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, WARN
from workbench.tui.widgets.row_list import Row, Rows

if TYPE_CHECKING:
    from engine.evaluation.audit.audit_marks import Mark
    from engine.evaluation.audit.data_audit import Audit, Suspect

SHOWN = 1000
"""The most suspects or groups that are listed."""

STYLES = {"wrong": BAD, "right": GOOD, "unclear": WARN}


class AuditList(Rows):
    """A list of suspects, or of groups of duplicates if ``groups`` is set."""

    groups = False
    _found: Audit | None = None
    _marks: Mapping[int, Mark] = {}

    def show(self, found: Audit, marks: Mapping[int, Mark]) -> None:
        """Show an audit with the current marks of its samples."""
        self._found, self._marks = found, marks
        self.rebuild()

    @property
    def samples(self) -> tuple[int, ...]:
        """The samples of the row under the cursor."""
        return tuple(map(int, self.key.split())) if self.key else ()

    def build(self, width: int) -> list[Row]:
        """Return a row for each suspect, or for each group."""
        if self._found is None:
            return []
        if self.groups:
            rows = self._group_rows(self._found)
        else:
            rows = [Row(str(one.sample), (self._suspect(one),)) for one in self._found.suspects[:SHOWN]]
        none = "no sample occurs twice" if self.groups else "no label is doubted"
        return rows[:SHOWN] or [Row.note(none)]

    def _suspect(self, one: Suspect) -> Content:
        mark = self._marks.get(one.sample, "")
        likely = Content.styled(" ! " if one.likely else "   ", WARN)
        said = f"#{one.sample:<8}{one.split:<11}{plain(one.label)[:20]:<20} {one.probability:.3f}"
        return Content(said) + likely + Content.styled(mark, STYLES.get(mark, MUTED))

    def _group_rows(self, found: Audit) -> list[Row]:
        conflicts = {one.samples for one in found.conflicts}
        named = [("equal", group) for group in found.duplicates.exact]
        named += [("near", group) for group in found.duplicates.near]
        named.sort(key=lambda pair: not any(set(one) <= set(pair[1]) for one in conflicts))
        return [self._group(kind, group, conflicts) for kind, group in named[:SHOWN]]

    def _group(self, kind: str, group: tuple[int, ...], conflicts: set[tuple[int, ...]]) -> Row:
        differ = any(set(one) <= set(group) for one in conflicts)
        samples = " ".join(f"#{index}" for index in group[:8]) + (" ..." if len(group) > 8 else "")
        verdict = Content.styled("  different labels", BAD) if differ else Content("")
        return Row(" ".join(map(str, group)), (Content(f"{kind:<6} {len(group)} samples: {samples}") + verdict,))
