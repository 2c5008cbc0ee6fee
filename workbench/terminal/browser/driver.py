"""Textual driver for an app that a web server shows in a browser, over pipes instead of a terminal."""

from __future__ import annotations

import asyncio
import signal
import threading
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from workbench.terminal import key_presses

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""The signals that Textual's driver handles, which are given back to the process's own handlers."""


class BrowserDriver(WebDriver):
    """Exits the app when the server goes away, sends one packet at a time, and handles no signals.

    The process needs no terminal: packets are written to standard output and read from standard input.
    """

    _sending = threading.RLock()

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._leave = partial(app.call_later, app.exit, 0)

    def write(self, data: str) -> None:
        """Send screen output; several threads may send packets at the same time."""
        with self._sending:
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Send a message to the server."""
        with self._sending:
            super().write_meta(data)

    def write_binary_encoded(self, data: tuple[str | bytes, ...]) -> None:
        """Send a part of a file."""
        with self._sending:
            super().write_binary_encoded(data)

    def process_message(self, message: Message) -> None:
        """Pass every message to the app, and note key presses."""
        if isinstance(message, events.Key):
            key_presses.note()
        super().process_message(message)

    def start_application_mode(self) -> None:
        """Start; the process keeps its own signal handlers, which save running work."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        super().start_application_mode()
        loop = asyncio.get_running_loop()
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Handle a message of the server; when the visitor has left, quit without asking."""
        if packet_type == "quit":
            self._leave()
        else:
            super().on_meta(packet_type, payload)

    def run_input_thread(self) -> None:
        """Handle what the server sends until it closes its end, then exit as if told to."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.on_meta("quit", {})

    def stop_application_mode(self) -> None:
        """Tell the server, if it is still there, that the app has ended."""
        try:
            super().stop_application_mode()
        except BrokenPipeError:
            return
