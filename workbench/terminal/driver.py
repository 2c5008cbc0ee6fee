"""Textual's Linux driver, with acknowledgements from the terminal and input in any encoding."""

from __future__ import annotations

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from workbench.terminal.output import wire
from workbench.terminal.painted import TERMINAL

LAST_ANSWER = 0.5
"""The longest wait, in seconds, for a terminal's last answer before the terminal is given back."""


class TerminalDriver(LinuxDriver):
    """Reads the terminal's answers to what :class:`~workbench.terminal.output.Wire` asks."""

    def start_application_mode(self) -> None:
        """Take the terminal, which shows nothing of the screen yet; from now on its answers are read."""
        TERMINAL.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if line := wire():
            line.listen()

    def stop_application_mode(self) -> None:
        """Give the terminal back, once it has answered."""
        if line := wire():
            line.rest(LAST_ANSWER)
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """Take the terminal's answers; hand everything else to the app."""
        if isinstance(message, events.CursorPosition):
            if line := wire():
                line.acknowledge()
            return
        super().process_message(message)
