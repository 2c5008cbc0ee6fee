"""Sends notifications of the runs and selections that the screen has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from engine.system.plain_text import plain
from workbench.config.model import Notifications
from workbench.notifications.sender import Sender
from workbench.terminal import textual_private
from workbench.tui.background_work import Work

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from workbench.tui.sessions.watch import Watch

POLL = 0.5
"""Seconds between two polls of the running work."""


class Notifier:
    """Polls the work of an app, and sends notifications as configured."""

    def __init__(self, app: App[int], settings: Notifications) -> None:
        self._app = app
        self._sender = Sender(settings, lambda: textual_private.driver(app), self._warn)
        self._watches: list[Watch] = []
        self._timer: Timer | None = None

    @property
    def on(self) -> bool:
        """Whether any notification is configured."""
        return self._sender.on

    def watch(self, work: Work, widget: Widget) -> None:
        """Start to send notifications of this work."""
        if not self.on:
            return
        from workbench.tui.sessions.watch import Watch

        self._watches.append(Watch(work))
        if self._timer is None:  # a widget's timer, because those of an app are racy at its exit
            self._timer = widget.set_interval(POLL, self.poll)

    def poll(self) -> None:
        """Send the notifications since the last call."""
        for watch in self._watches:
            for news in watch.poll():
                self._sender.send(news)
        self._watches = [watch for watch in self._watches if not watch.over]

    def _warn(self, text: str) -> None:
        if self._app.is_running:
            self._app.call_later(self._app.notify, plain(text), severity="warning", markup=False)
