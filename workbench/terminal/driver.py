"""Textual's Linux driver, with acknowledgements from the terminal and input in any encoding."""

from __future__ import annotations

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from workbench.terminal import escapes, key_presses
from workbench.terminal.output import wire
from workbench.terminal.screen_cells import TERMINAL

LAST_ANSWER = 0.5
"""The longest wait, in seconds, for a terminal's last answer before the terminal is given back."""


class TerminalDriver(LinuxDriver):
    """Reads the terminal's answers to what :class:`~workbench.terminal.output.Wire` asks, and sets its title."""

    _titled = False

    def set_title(self, text: str) -> None:
        """Show a title until the terminal is given back, with the title that it had."""
        if not self._titled:
            self.write(escapes.SAVE_TITLE)
        self._titled = True
        self.write(escapes.title(text))

    def start_application_mode(self) -> None:
        """Take the terminal, which shows nothing of the screen yet; from now on its answers are read."""
        TERMINAL.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if line := wire():
            line.listen()

    def stop_application_mode(self) -> None:
        """Give the terminal back, its alternate screen erased, once it has answered."""
        if self._titled:
            self.write(escapes.RESTORE_TITLE)
            self._titled = False
        if line := wire():
            line.rest(LAST_ANSWER)
        self.write(escapes.ERASE)
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """Take the terminal's answers; hand everything else to the app, and note when keys come."""
        if isinstance(message, events.CursorPosition):
            if line := wire():
                line.acknowledge()
            return
        if isinstance(message, events.Key):
            key_presses.note()
        super().process_message(message)
