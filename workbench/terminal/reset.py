"""Restores a terminal that a killed screen has left in its own modes."""

from __future__ import annotations

import os
import sys
import termios

from engine.errors import EngineError

SEQUENCES = "".join(
    (
        "\x1b[?1049l",  # the normal screen, not the alternate one
        "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l",  # no mouse reports
        "\x1b[?1004l\x1b[?2004l\x1b[?2048l",  # no reports of focus, no bracketed paste, no reports of size
        "\x1b[?2026l",  # no synchronised output
        "\x1b[<u",  # the normal keyboard protocol
        "\x1b[?25h\x1b[?7h\x1b[0m\r",  # visible cursor, line wrap, default colours
    )
)
"""The sequences that undo every mode the screen sets."""


def reset() -> None:
    """Reset the terminal's modes and line discipline; raises EngineError if there is no terminal."""
    descriptor = _terminal()
    try:
        os.write(descriptor, SEQUENCES.encode())
        _sane(descriptor)
    except (OSError, termios.error) as error:
        raise EngineError(f"the terminal cannot be reset: {error}") from error
    finally:
        os.close(descriptor)


def _terminal() -> int:
    """Open a descriptor of the terminal: standard output or input, or the session's terminal."""
    for stream in (sys.__stdout__, sys.__stdin__, sys.__stderr__):
        if stream is not None and stream.isatty():
            return os.dup(stream.fileno())
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise EngineError("there is no terminal to reset") from error


def _sane(descriptor: int) -> None:
    """Turn on echo, line editing and signals from keys, as ``stty sane`` does."""
    modes = termios.tcgetattr(descriptor)
    modes[0] |= termios.BRKINT | termios.ICRNL | termios.IXON
    modes[1] |= termios.OPOST | termios.ONLCR
    modes[3] |= termios.ISIG | termios.ICANON | termios.ECHO | termios.ECHOE | termios.ECHOK | termios.IEXTEN
    termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)
