"""A terminal that a killed screen left in its own modes is given back."""

from __future__ import annotations

import os
import pty
import select
import termios
import tty

from tests.workbench.commanding import finish, start


def test_doctor_resets_a_terminal_that_echoes_nothing_and_reports_the_mouse() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    tty.setraw(slave)
    assert termios.tcgetattr(slave)[3] != before[3]
    process = start("doctor", "--reset", stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    assert process.wait(60) == 0
    after = termios.tcgetattr(slave)
    assert (after[1] & termios.OPOST, after[3] & termios.ECHO) == (termios.OPOST, termios.ECHO)
    assert after[3] & (termios.ICANON | termios.ISIG) == termios.ICANON | termios.ISIG
    assert select.select([master], [], [], 10)[0]
    written = os.read(master, 4096)
    for mode in (b"1049l", b"1000l", b"1003l", b"1006l", b"2004l", b"25h"):
        assert b"\x1b[?" + mode in written
    os.close(master)
    os.close(slave)


def test_without_a_terminal_there_is_nothing_to_reset() -> None:
    refused = finish(start("doctor", "--reset", start_new_session=True))
    assert refused.status == 2
    assert refused.message == "there is no terminal to reset"
