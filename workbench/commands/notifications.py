"""Sends the configured notifications for what a command trains."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.events import Status
from workbench.commands.output import warn
from workbench.config import file
from workbench.notifications.news import checks_news, selection_news
from workbench.notifications.run_events import Events, passed_on, reason
from workbench.notifications.sender import Sender, Terminal
from workbench.terminal import escapes
from workbench.terminal.streams import messages

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.selection.results import CrossValidation, Search


def notified(stream: Events, experiment: Experiment, kind: str = "train") -> Events:
    """Pass on a run's events and send notifications of them; closing the generator stops the run.

    Returns ``stream`` itself if no notifications are configured.
    """
    sending = sender()
    return passed_on(stream, experiment, sending, kind) if sending.on else stream


def followed(stream: Events, experiment: Experiment, kind: str) -> Events:
    """Like :func:`notified` for a run that another process trains, which starts the user's command itself."""
    sending = sender(commands=False)
    return passed_on(stream, experiment, sending, kind, stops=False) if sending.on else stream


@dataclass
class SelectionEnd:
    """How a selection ended: "stopped" until its result or an error is set."""

    result: Search | CrossValidation | None = None
    error: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def status(self) -> Status:
        """Return the final status; a cross-validation with a failed fold has failed."""
        if self.reason:
            return Status.FAILED
        return Status.FINISHED if self.result else Status.STOPPED

    @property
    def reason(self) -> str:
        """Return why it failed; empty if it did not."""
        return self.error or getattr(self.result, "error", None) or ""


@contextmanager
def selection_notified(name: str, searches: bool) -> Iterator[SelectionEnd]:
    """Send a notification, when the block ends, of how a search or a cross-validation ended."""
    end, sending = SelectionEnd(), sender()
    try:
        yield end
    except Exception as error:
        end.error = reason(error)
        raise
    finally:
        seconds = time.monotonic() - end.began
        sending.send(selection_news(name, searches, end.status, end.result, end.reason, seconds))


@contextmanager
def checks_notified(kind: str, name: str) -> Iterator[Callable[[str], None]]:
    """Send a notification, when the block ends, of how a learning curve or sanity checks ended.

    The block reports its findings by calling the function that it is given.
    """
    found: list[str] = []
    status, failed, sending, began = Status.STOPPED, "", sender(), time.monotonic()
    try:
        yield found.append
        status = Status.FINISHED
    except Exception as error:
        status, failed = Status.FAILED, reason(error)
        raise
    finally:
        seconds = time.monotonic() - began
        sending.send(checks_news(kind, name, status, " ".join(found), failed, seconds))


def sender(commands: bool = True) -> Sender:
    """Return a sender of the configured notifications; the process exits after its ``commands`` have ended."""
    made = Sender(file.read().config.notifications, _terminal, warn, commands)
    atexit.register(made.wait)
    return made


class _CommandTerminal:
    """The terminal on standard error, as notifications are sent to it."""

    def write(self, data: str, /) -> None:
        """Send a control sequence; a dumb terminal gets only the bell."""
        if data == escapes.BELL or os.environ.get("TERM", "dumb") != "dumb":
            print(data, end="", file=messages(), flush=True)

    def set_title(self, text: str) -> None:
        self.write(escapes.title(text))


def _terminal() -> Terminal | None:
    return _CommandTerminal() if messages().isatty() else None
