"""Tells a person who looks elsewhere: the terminal's bell, title and notifications, and a command of their own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from textual.app import App

from engine.system.json_values import json_value
from engine.system.plain_text import plain
from engine.system.suggest import shown
from workbench.config.model import Notifications
from workbench.terminal import escapes, streams, textual_private
from workbench.tui.work import Work

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from workbench.tui.sessions.news import News, Watch

HEADING = "workbench"

POLL = 0.5
"""Seconds between two polls of the work that goes on."""

_ENDS = ("finished", "stopped", "failed", "selection")


class Notifier:
    """Watches the work of an app, and tells what happens in the ways that are configured."""

    def __init__(self, app: App[int], settings: Notifications) -> None:
        self._app = app
        self._settings = settings
        self._watches: list[Watch] = []
        self._timer: Timer | None = None

    @property
    def on(self) -> bool:
        """Whether any way is configured."""
        ways = self._settings
        return bool(ways.bell or ways.title or ways.on_end or ways.desktop != "off")

    def watch(self, work: Work, widget: Widget) -> None:
        """Tell what happens to this work from now on."""
        if not self.on:
            return
        from workbench.tui.sessions.news import Watch

        self._watches.append(Watch(work))
        if self._timer is None:  # a timer of a widget: those of an app race its end
            self._timer = widget.set_interval(POLL, self.poll)

    def poll(self) -> None:
        """Tell what has happened since the last call."""
        for watch in self._watches:
            for news in watch.poll():
                self.tell(news)
        self._watches = [watch for watch in self._watches if not watch.over]

    def tell(self, news: News) -> None:
        """Tell one piece of news, where it is wanted."""
        ways = self._settings
        if news.event not in ways.events or (news.event in _ENDS and news.seconds < ways.least_seconds):
            return
        self._signal(news.words)
        if ways.on_end:
            arguments = (ways.on_end, news.facts)
            threading.Thread(target=self._start, args=arguments, daemon=True, name="notification").start()

    def _signal(self, words: str) -> None:
        """Write to the terminal, between the updates of the screen."""
        driver, ways = textual_private.driver(self._app), self._settings
        if driver is None:
            return
        if ways.bell:
            driver.write(escapes.BELL)
        if ways.desktop != "off":
            driver.write(escapes.notification(ways.desktop, HEADING, words))
        if ways.title:
            set_title = getattr(driver, "set_title", None)  # no other driver has a title
            if set_title:
                set_title(f"{HEADING}: {words}")

    def _start(self, command: str, facts: Mapping[str, Any]) -> None:
        """Run the person's command to its end, and say where it fails; the body of a thread."""
        try:
            status = run(command, facts)
        except OSError as error:
            self._warn(f"on_end: {shown(command)} cannot be started: {error.strerror or error}")
            return
        if status:
            self._warn(f"on_end: {shown(command)} ended with status {status}; its output is in the log")

    def _warn(self, text: str) -> None:
        if self._app.is_running:
            self._app.call_later(self._app.notify, plain(text), severity="warning", markup=False)


def run(command: str, facts: Mapping[str, Any]) -> int:
    """Run a command without a shell, a JSON object on its standard input, its output to the log.

    Returns its exit status; raises OSError where it cannot be started.
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
    """The log, to add to; nowhere, where it cannot be written."""
    try:
        streams.log_path().parent.mkdir(parents=True, exist_ok=True)
        return streams.log_path().open("ab")
    except OSError:
        return open(os.devnull, "wb")
