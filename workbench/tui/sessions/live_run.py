"""A run in a worker thread and its latest snapshot, which the screen polls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from engine.errors import EngineError
from engine.events import Ended, Preparing, Recorded, Status
from engine.prediction.answers import HeldOut, Predictions, Samples
from engine.training.run_view import RunView
from workbench.terminal.log_lines import marker
from workbench.terminal.streams import log_note

if TYPE_CHECKING:
    from engine.prediction.samples import Sample
    from workbench.tui.sessions.session import RunSession


@dataclass(frozen=True, slots=True)
class Snapshot(RunView):
    """The state of a run at one moment, as screens show it; the worker thread replaces it, the screen polls it."""

    samples: Samples | None = None
    predictions: Predictions | None = None
    held_out: HeldOut | None = None
    kind: str = "train"

    def after(self, event: Any) -> Self:
        """Return the snapshot after an event; events of other kinds change nothing."""
        match event:
            case Samples():
                return replace(self, samples=event)
            case Predictions():
                return replace(self, predictions=event)
            case HeldOut():
                return replace(self, held_out=event)
        return RunView.after(self, event)

    @property
    def watched(self) -> tuple[Sample, ...]:
        """The held-out samples that are watched."""
        return self.samples.samples if self.samples else ()


@dataclass
class LiveRun:
    """A session that runs in a thread; other threads stop, pause and poll it.

    ``done`` is set once everything is saved; then ``report`` is called, in the run's thread. ``can_leave`` says
    whether the run can be detached, to continue in a process of its own. ``samples`` are shown until the run's own
    are there.
    """

    session: RunSession
    report: Callable[[LiveRun], None]
    kind: str = "train"
    can_leave: bool = False
    samples: Samples | None = None
    snapshot: Snapshot = field(init=False)
    done: threading.Event = field(init=False, default_factory=threading.Event)
    error: BaseException | None = field(init=False, default=None)
    _leaving: bool = field(init=False, default=False)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _go: threading.Event = field(init=False, default_factory=threading.Event)
    _deciding: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._go.set()
        past = self.session.past
        self.snapshot = Snapshot(self.session.experiment, kind=self.kind, samples=self.samples, past=past)

    @property
    def title(self) -> str:
        """The run's name in questions."""
        return f"run {self.snapshot.run}" if self.snapshot.run else "the run"

    @property
    def headline(self) -> str:
        """Empty: the experiment screen's state line shows the progress of runs."""
        return ""

    @property
    def status(self) -> Status:
        """The run's current status, which is PAUSED while it waits."""
        status = self.snapshot.status
        return Status.PAUSED if not self._go.is_set() and not status.ended else status

    @property
    def stopping(self) -> bool:
        """Whether the run has been asked to stop."""
        return self._stop.is_set()

    @property
    def leaving(self) -> bool:
        """Whether the run continues in a process of its own: it was detached and had not finished or failed by
        itself.
        """
        return self._leaving and self.snapshot.status is Status.STOPPED

    def stop(self) -> None:
        """Stop at the next event, and keep what is trained."""
        self._stop.set()
        self._go.set()

    def leave(self) -> None:
        """Stop here, and continue in a process of its own."""
        self._leaving = True
        self.stop()

    def interrupt(self) -> None:
        """Stop because the terminal is gone: the next start offers to resume the run."""
        self.session.interrupt()
        self.stop()

    def pause(self) -> None:
        """Pause at the next event, or resume."""
        if self._go.is_set() and not self.stopping:
            self._go.clear()
        else:
            self._go.set()

    def apply_decision(self) -> None:
        """Update the answers of an ended run to its stored threshold and temperature.

        Calls from several threads are serialized, so that the last one reads the latest stored values.
        """
        with self._deciding:
            for event in self.session.final_answers():
                self.snapshot = self.snapshot.after(event)

    def run(self) -> None:
        """Run the session to its end, without raising; the body of a thread worker."""
        try:
            self._consume()
        except EngineError as error:
            self._fail(error, str(error))
        except Exception as error:
            from workbench.terminal.streams import bug

            self._fail(error, bug(error))
        finally:
            if self.snapshot.run:
                self._mark(self.snapshot.run, False)
            if self.leaving:
                self._detach()
            self.done.set()
            self.report(self)

    def _mark(self, run: str, begins: bool) -> None:
        """Mark in the log where the lines of a run trained here begin or end."""
        if self.can_leave:
            log_note(marker(run, begins))

    def _detach(self) -> None:
        try:
            self.session.detach()
        except Exception as error:
            from workbench.terminal.streams import log_exception

            log_exception(error)

    def _consume(self) -> None:
        with closing(self.session.events(self._stop)) as events:  # type: ignore[type-var]
            for event in events:
                self.snapshot = self.snapshot.after(event)
                if isinstance(event, Recorded):
                    self._mark(event.run, True)
                if self._stop.is_set() and isinstance(event, Preparing):
                    break
                if not isinstance(event, Ended):
                    self._wait_while_paused()
        if not self.snapshot.ended:
            self.snapshot = self.snapshot.after(Ended(Status.STOPPED, self.snapshot.best_epoch, 0.0))

    def _wait_while_paused(self) -> None:
        if self._go.is_set():
            return
        for answers in self.session.epoch_answers():
            self.snapshot = self.snapshot.after(answers)
        self.session.hold(True)
        while not self._go.wait(0.5) and not self.stopping:
            if self.session.stop_asked():
                self.stop()
        if not self.stopping:
            self.session.hold(False)

    def _fail(self, error: BaseException, reason: str) -> None:
        self.error = error
        self.snapshot = self.snapshot.after(Ended(Status.FAILED, self.snapshot.best_epoch, 0.0, reason))
