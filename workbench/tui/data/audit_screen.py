"""A screen that audits a data set: labels to read and mark, equal samples, and the effect of the marks."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static
from textual.worker import get_current_worker

from engine.errors import EngineError
from engine.events import Preparing
from engine.system.drain import LeftError, drain
from engine.system.plain_text import plain
from workbench.text import evidence
from workbench.text.describe import share_done
from workbench.tui.data.audit_list import AuditList
from workbench.tui.dialogs.question import Answer, ask
from workbench.tui.keymap import key_of
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import MUTED, WARN
from workbench.tui.widgets.mode_screen import ModeScreen, Stop
from workbench.tui.widgets.row_list import Rows
from workbench.tui.widgets.scrolling_text import Prose

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.audit.audit_marks import Mark
    from engine.evaluation.audit.data_audit import Audit

SUSPECTS, DUPLICATES, FINDINGS = range(3)
READ = 3
"""The number of samples of a group whose texts are shown."""


class AuditScreen(ModeScreen):
    """Audits a data set in a thread and lists the findings; marks are stored in a file beside the data set."""

    TABBED = True
    PANELS = ("Suspects", "Duplicates", "Findings")
    STOPS = (Stop("AuditList", SUSPECTS), Stop("AuditList", DUPLICATES), Stop("#audit-text", FINDINGS))
    BINDINGS = [
        Binding("w", "mark('wrong')", "Wrong", id="audit.wrong"),
        Binding("r", "mark('right')", "Right", id="audit.right"),
        Binding("u", "mark('unclear')", "Unclear", id="audit.unclear"),
        Binding("x", "mark('')", "Unmark", id="audit.unmark"),
        Binding("a", "again", "Rescore", id="audit.again"),
        Binding("t", "test", "+ test", id="audit.test"),
        Binding("escape", "back", "Back", id="audit.back"),
    ]
    DEFAULT_CSS = """
    AuditScreen {
        AuditList { height: 1fr; border: round $frame; background: $background; }
        AuditList:focus { border: round $accent; }
        #audit-text { height: 1fr; border: round $frame; padding: 0 1; background: $background; }
        #audit-text:focus { border: round $accent; }
        &.-panel-2 AuditList { display: none; }
        #audit-line { height: 1; padding: 0 1; }
    }
    """
    listed = getters.query_one(AuditList)

    def __init__(self, dataset: Dataset, named: str) -> None:
        super().__init__()
        self.title = f"Audit of {dataset.title}"
        self.dataset = dataset
        self.named = named
        self.found: Audit | None = None
        self.marks: dict[int, Mark] = {}
        self._test = False
        self._texts = Latest(self, self._read_texts, self._show_text, daemon=True)

    def compose_body(self) -> ComposeResult:
        """Yield the list, the text of the row under its cursor, and a progress line."""
        yield AuditList()
        yield Prose(id="audit-text")
        yield Static(id="audit-line", markup=False)

    def on_mount(self) -> None:
        """Audit the training and validation samples, whose labels may be read."""
        self.go_to_panel(SUSPECTS)
        self.work(self._audit, fills=True)

    def _audit(self) -> None:
        from engine.evaluation.audit import audit_marks, data_audit

        def steps() -> Generator[Preparing, None, tuple[Audit, dict[int, Mark]]]:
            file = audit_marks.marks_file(self.dataset, self.named)
            marks = audit_marks.read_marks(file, self.dataset)
            found = yield from data_audit.audit(self.dataset, marks, self._test)
            return found, audit_marks.read_marks(file, self.dataset)  # with the marks made meanwhile

        worker = get_current_worker()
        try:
            found = drain(
                steps(),
                lambda step: self.call_later(self._say, share_done(step)),
                lambda: worker.is_cancelled or not self.is_running,
            )
        except LeftError:
            return
        except Exception:  # for which the screen shows a warning
            self.call_later(self._say, "not audited", WARN)
            raise
        else:
            self.call_later(self._begin, *found)

    def _say(self, text: str, style: str = MUTED) -> None:
        self.query_one("#audit-line", Static).update(Content.styled(plain(text), style))

    def _begin(self, found: Audit | None, marks: dict[int, Mark]) -> None:
        self.found, self.marks = found, marks
        self._show()

    # Showing

    def _show(self) -> None:
        if self.found is None:
            return
        self.listed.groups = self.panel == DUPLICATES
        self.listed.show(self.found, self.marks)
        samples = f"{self.found.judged:,} labels judged" if self.dataset.labels else "a value is predicted"
        wrong = sum(mark == "wrong" for mark in self.marks.values())
        marked = f"{len(self.marks):,} marked, {wrong:,} of them wrong"
        doubted = f"{len(self.found.suspects):,} doubted, {marked}"
        titles = (f"Suspects · {samples} · {doubted}", "Equal and nearly equal samples", "")
        self.listed.border_title = titles[self.panel]
        said = "test labels too, counted" if self.found.includes_test else "training and validation labels"
        self._say(f"{self._accuracy_words()} · {said}")
        self._show_here()

    def _accuracy_words(self) -> str:
        """Return the accuracy of a linear model on all samples, and without those marked wrong."""
        assert self.found is not None
        if self.found.accuracy != self.found.accuracy:
            return "no labels to judge"
        with_all = f"accuracy of a linear model {self.found.accuracy:.4f}"
        without = self.found.cleaned_accuracy
        return with_all + (f", without the wrong {without:.4f}" if without == without else "")

    @on(Rows.Moved)
    def _show_here(self) -> None:
        text = self.query_one("#audit-text", Prose)
        text.border_title = ""
        if self.panel == FINDINGS and self.found is not None:
            text.put(Content(plain("\n".join(evidence.audit(self.dataset, self.found)), lines=True)))
        elif samples := self.listed.samples:
            self._texts.ask(samples[:READ])
        else:
            text.put(Content(""))

    def _read_texts(self, samples: tuple[int, ...]) -> str:
        from engine.evaluation.audit.readable import readable

        shown = []
        for index in samples:
            read = self._may_read(index)
            label = self.dataset.labels[int(self.dataset.targets[index])] if read else "label not read"
            shown.append(f"#{index} · {label}\n{readable(self.dataset, index)}")
        return "\n\n".join(shown)

    def _may_read(self, index: int) -> bool:
        """Return whether a sample's label may be shown: a test label only if the audit has counted its use."""
        if not self.dataset.labels:
            return False
        return self._test or index not in set(self.dataset.split.test.tolist())

    def _show_text(self, samples: tuple[int, ...], found: str | EngineError) -> None:
        if self.panel != FINDINGS and samples == self.listed.samples[:READ]:
            self.query_one("#audit-text", Prose).put(Content(plain(str(found), lines=True)))

    def show_panel(self, panel: int) -> None:
        """Show a panel with its list."""
        super().show_panel(panel)
        self._show()
        self.refresh_bindings()

    # Keys

    def action_mark(self, said: str) -> None:
        """Mark the sample under the cursor, and go to the next."""
        if samples := self.listed.samples:
            self.work(self._write_mark, samples[0], said, awaited=True)
            self.listed.action_cursor(1)

    def _write_mark(self, index: int, said: str) -> None:
        from engine.evaluation.audit import audit_marks

        file = audit_marks.marks_file(self.dataset, self.named)
        marks = audit_marks.mark(file, self.dataset, index, said)
        self.call_later(lambda: self._begin(self.found, marks))  # the audit known by then

    def action_again(self) -> None:
        """Audit again with the current marks: the accuracy with and without the samples marked wrong."""
        if self.found is not None and "wrong" in self.marks.values():
            self.work(self._audit)
        else:
            self.warn(
                f"mark a sample as wrong first ({key_of(self, 'audit.wrong')}) to see the accuracy without it"
            )

    def action_test(self) -> None:
        """Audit the labels of the test samples too; ask first, because this is counted."""
        if not len(self.dataset.split.test) or not self.dataset.labels:
            self.warn(f"{self.dataset.title} has no test labels")
            return
        text = "The labels of the test samples are read, and that is counted: choose by validation scores."

        def audit() -> None:
            self.host.store.count_test_read(self.dataset.name, self.dataset.digest)
            self._audit()

        def read() -> None:
            self._test = True
            self.work(audit)

        read_them = Answer("read", "t", "Read them (counted)", read)
        ask(self, "Test labels", text, (read_them, Answer("no", "c", "Cancel")))

    def action_back(self) -> None:
        """Go back; an audit in progress is stopped."""
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer marks only if samples are listed."""
        if self.is_mounted and action == "mark":
            return self.panel == SUSPECTS
        return True
