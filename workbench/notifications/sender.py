"""Sends notifications as configured: terminal bell, title, desktop notification, the user's own command."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from engine.system.json_values import json_value
from engine.system.suggest import shown
from workbench.config.model import Notifications
from workbench.terminal import escapes, streams

if TYPE_CHECKING:
    from workbench.notifications.news import News

HEADING = "workbench"


class Terminal(Protocol):
    """A target for control sequences; a terminal with a title also has a method ``set_title``."""

    def write(self, data: str, /) -> object:
        """Send a control sequence."""


class Sender:
    """Sends notifications to a terminal, if there is one, and to the user's command; ``warn`` reports failures.

    Without ``commands``, only to the terminal.
    """

    def __init__(
        self,
        settings: Notifications,
        terminal: Callable[[], Terminal | None],
        warn: Callable[[str], None],
        commands: bool = True,
    ) -> None:
        self._settings = settings if commands else settings.model_copy(update={"on_end": ""})
        self._terminal = terminal
        self._warn = warn
        self._commands: list[threading.Thread] = []

    @property
    def on(self) -> bool:
        """Whether any notification is configured."""
        ways = self._settings
        return bool(ways.bell or ways.title or ways.on_end or ways.desktop != "off")

    def send(self, news: News) -> None:
        """Send a notification, unless its event is not configured or its run was too short."""
        ways = self._settings
        if news.event not in ways.events or (news.ends and news.seconds < ways.least_seconds):
            return
        self._signal(news.words)
        if ways.on_end:
            arguments = (ways.on_end, news.facts)
            thread = threading.Thread(target=self._start, args=arguments, daemon=True, name="notification")
            self._commands = [*(one for one in self._commands if one.is_alive()), thread]
            thread.start()

    def wait(self) -> None:
        """Wait until the user's commands have ended."""
        for thread in self._commands:
            thread.join()

    def _signal(self, words: str) -> None:
        """Write to the terminal, between the updates of the screen."""
        terminal, ways = self._terminal(), self._settings
        if terminal is None:
            return
        if ways.bell:
            terminal.write(escapes.BELL)
        if ways.desktop != "off":
            terminal.write(escapes.notification(ways.desktop, HEADING, words))
        if ways.title:
            set_title = getattr(terminal, "set_title", None)
            if set_title:
                set_title(f"{HEADING}: {words}")

    def _start(self, command: str, facts: Mapping[str, Any]) -> None:
        """Run the user's command to its end, and warn if it fails; the body of a thread."""
        try:
            status = run(command, facts)
        except OSError as error:
            self._warn(f"on_end: {shown(command)} cannot be started: {error.strerror or error}")
            return
        if status:
            self._warn(f"on_end: {shown(command)} ended with status {status}; its output is in the log")


def run(command: str, facts: Mapping[str, Any]) -> int:
    """Run a command without a shell: a JSON object on its standard input, its output to the log.

    Returns its exit status; raises OSError if it cannot be started.
    """
    with _log() as log:
        done = subprocess.run(
            shlex.split(command),
            input=json.dumps(json_value(dict(facts))).encode() + b"\n",
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    return done.returncode


def _log() -> BinaryIO:
    """Open the log for appending; the null device if it cannot be written."""
    try:
        streams.log_path().parent.mkdir(parents=True, exist_ok=True)
        return streams.log_path().open("ab")
    except OSError:
        return open(os.devnull, "wb")
