"""Textual's Linux driver, with acknowledgements from the terminal and input in any encoding."""

from __future__ import annotations

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from workbench.terminal import escapes, key_presses
from workbench.terminal.output import wire
from workbench.terminal.screen_cells import TERMINAL

LAST_ANSWER = 0.5
"""Seconds to wait at most for the terminal's last answer before it is restored."""


class TerminalDriver(LinuxDriver):
    """Reads the answers to the queries of :class:`~workbench.terminal.output.Wire`; can set the title."""

    _titled = False

    def set_title(self, text: str) -> None:
        """Set the terminal's title; the previous one is restored with the terminal."""
        if not self._titled:
            self.write(escapes.SAVE_TITLE)
        self._titled = True
        self.write(escapes.title(text))

    def start_application_mode(self) -> None:
        """Take over the terminal, whose contents are now unknown; from now on its answers are read."""
        TERMINAL.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if line := wire():
            line.listen()

    def stop_application_mode(self) -> None:
        """Restore the terminal once it has answered, and erase the alternate screen."""
        if self._titled:
            self.write(escapes.RESTORE_TITLE)
            self._titled = False
        if line := wire():
            line.rest(LAST_ANSWER)
        self.write(escapes.ERASE)
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """Handle the terminal's answers; pass every other message to the app, and note key presses."""
        if isinstance(message, events.CursorPosition):
            if line := wire():
                line.acknowledge()
            return
        if isinstance(message, events.Key):
            key_presses.note()
        super().process_message(message)
