"""The stream to the terminal: counts bytes, measures delays, and replaces characters it cannot show."""

from __future__ import annotations

import sys
import time
from collections import deque

from workbench.terminal import streams

WINDOW = 5.0
"""Seconds over which the number of sent bytes is averaged."""

SLOWEST = 5.0
"""The longest time between two updates of a run, in seconds, however slow the connection."""

ASK = "\x1b[6n"
"""Queries the cursor position: the terminal answers once it has drawn everything sent before."""

ASK_BYTES = 256
"""Bytes sent before the next query: fewer do not fill even the slowest connection."""

UNANSWERED = 15.0
"""Seconds after which a terminal that has not answered is no longer queried or waited for."""

_PLAIN = {
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝", "+"),
    **dict.fromkeys("─━═╌┄┈▔▁▂▃", "-"),
    **dict.fromkeys("│┃║┊┆╎▏▎▌▐▕▊▋", "|"),
    **dict.fromkeys("▄▅▆", "="),
    **dict.fromkeys("▓█▉▇", "#"),
    **dict.fromkeys("░▒", "."),
    **dict(zip("▸●✓✗■↕⏎·×–…“”→←↑↓▼▲•’", '>ovx#~<-x-.""><^vv^*\'', strict=True)),
    **dict(zip("±≈★∙⌫▶‖›▾▴◆○□△◇\N{NO-BREAK SPACE}", "~~*.<>|>v^%0=A& ", strict=True)),
}


class Ascii(dict[int, str]):
    """Replaces characters that an ASCII terminal lacks with others of the same width; braille becomes dots."""

    def __missing__(self, code: int) -> str:
        if 0x2800 <= code <= 0x28FF:
            return " " if code == 0x2800 else "." if code & 0b00111111 else "_"
        return chr(code) if code < 128 else _PLAIN.get(chr(code), "?" * cell_width(chr(code)))


def cell_width(character: str) -> int:
    """Return the number of terminal cells that a character takes: 0, 1 or 2."""
    from rich.cells import cell_len

    return cell_len(character)


class Wire(streams.Lenient):
    """A text stream to the terminal that counts its bytes and tracks whether the terminal keeps up.

    Characters that a terminal without UTF-8 cannot show are replaced by plain ones of the same width. Between
    :meth:`listen` and :meth:`rest`, the terminal is asked to acknowledge what it has drawn.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        super().__init__(descriptor, encoding, "replace")
        self._plain = None if "utf" in encoding.lower() else Ascii()
        self._sent: deque[tuple[float, int]] = deque()
        self._unasked = 0
        self._asked: float | None = None
        self._asks = False
        self._answers = False
        self.total = 0
        self.seconds = 0.0

    def write(self, text: str) -> int:
        began = time.monotonic()
        size = len(text.encode("utf-8", "replace"))
        self._unasked += size
        if self._asks and self._asked is None and self._unasked >= ASK_BYTES:
            self._unasked, self._asked = 0, began
            text, size = text + ASK, size + len(ASK)
        sent = super().write(text.translate(self._plain) if self._plain is not None else text)
        super().flush()
        self._count(began, size)
        return sent

    def _count(self, began: float, size: int) -> None:
        now = time.monotonic()
        self.total += size
        self._sent.append((now, size))
        while self._sent and self._sent[0][0] < now - WINDOW:
            self._sent.popleft()
        self._took(5 * (now - began))

    def _took(self, seconds: float) -> None:
        self.seconds = 0.7 * self.seconds + 0.3 * seconds

    @property
    def rate(self) -> float:
        """Bytes per second, averaged over :data:`WINDOW`."""
        since = time.monotonic() - WINDOW
        return sum(size for when, size in list(self._sent) if when >= since) / WINDOW

    def listen(self) -> None:
        """Start to query the terminal for acknowledgements; its answers must be read from now on."""
        self._asks, self._asked, self._unasked = True, None, 0

    def rest(self, seconds: float) -> None:
        """Stop querying; wait for an outstanding answer, so that the shell does not receive it."""
        self._asks = False
        end = time.monotonic() + seconds
        while self._answers and self._asked is not None and time.monotonic() < end:
            time.sleep(0.01)

    def acknowledge(self) -> None:
        """Note that the terminal has drawn everything up to the last query."""
        if (asked := self._asked) is not None:
            self._asked, self._answers = None, True
            self._took(time.monotonic() - asked)

    @property
    def behind(self) -> bool:
        """Whether the terminal has not yet drawn what it was sent; False if it does not answer."""
        asked = self._asked
        if asked is not None and time.monotonic() - asked > UNANSWERED:
            self._asks, self._asked = False, None
        return self._asked is not None


def wire() -> Wire | None:
    """Return the stream to the terminal; None before the terminal is prepared, and in tests."""
    return sys.__stderr__ if isinstance(sys.__stderr__, Wire) else None


def behind() -> bool:
    """Return whether the terminal has not yet drawn what it was sent."""
    line = wire()
    return line is not None and line.behind


def pace(fast: float, slow: float) -> float:
    """Return the seconds to wait before the next update of a run: more if the terminal draws slowly."""
    line = wire()
    return max(fast, slow, min(2 * line.seconds, SLOWEST) if line else 0.0)
