"""The ``workbench`` command: runs subcommands and sets the exit status.

Exit status: 0 success; 2 bad input or a missing thing, with one message on standard error; 1 a run that failed, or
a bug, whose traceback is in the log; 130 interrupted; 141 if the reader of standard output is gone.
"""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from engine.errors import EngineError
from workbench import configure
from workbench.command_list import COMPLETION, OPEN, names
from workbench.commands.output import warn
from workbench.terminal import streams
from workbench.terminal.signals import (
    INTERRUPTED,
    CommandStoppedError,
    interrupt,
    keep_interrupts,
    leave_at_once,
    stoppable,
)

BROKEN_PIPE = 141

UNCONFIGURED = (OPEN, "config", "doctor", "--help", "--version", "--install-completion", "--show-completion")
"""Commands that work despite mistakes in config.toml."""


def routed(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with a command in front: ``workbench imdb`` opens the screen on imdb."""
    known = (*names(), OPEN, "--version", "--help", "--install-completion", "--show-completion")
    return list(arguments) if arguments and arguments[0] in known else [OPEN, *arguments]


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; any failure is one message on standard error."""
    try:
        words = routed(arguments)
        if words[0] not in UNCONFIGURED and "--help" not in arguments:
            configure.apply()
        status = _run(words)
        streams.results().flush()
        if status == INTERRUPTED:  # Typer's own handling of KeyboardInterrupt
            return _interrupted("interrupted")
    except EngineError as error:
        warn(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        return _interrupted("interrupted")
    except CommandStoppedError as error:
        return _interrupted(str(error))
    except SystemExit:  # Typer's own handling of a broken pipe
        return _unread(BROKEN_PIPE)
    except OSError as error:
        return _bad_output(error)
    except Exception as error:
        return _interrupted("interrupted") if _from_interrupt(error) else _bug(error)
    return status if isinstance(status, int) else 0


def _run(words: Sequence[str]) -> object:
    """Run the command; without Typer, whose import takes 25 ms, if only an experiment is named."""
    command, *arguments = words
    if command == OPEN and COMPLETION not in os.environ and _at_most_a_name(arguments):
        from workbench.opening import open_screen

        return open_screen("".join(arguments), call)
    from workbench import typer_app

    return typer_app.run(words, call)


def _at_most_a_name(arguments: Sequence[str]) -> bool:
    return not arguments or (len(arguments) == 1 and not arguments[0].startswith("-"))


def main() -> None:
    """Run the command and end the process."""
    keep_interrupts()
    streams.complete()
    _leave(_interruptible(sys.argv[1:]))


def _interruptible(arguments: Sequence[str]) -> int:
    """Run a command; Ctrl-C at any time ends it with one line and status 130."""
    try:
        if routed(arguments)[0] == OPEN:  # the screen handles the terminal and the signals itself
            signal.signal(signal.SIGINT, interrupt)
            return call(arguments)
        with stoppable():
            streams.protect()
            return call(arguments)
    except KeyboardInterrupt:
        leave_at_once()
    finally:
        signal.signal(signal.SIGINT, leave_at_once)
    return INTERRUPTED


def _leave(status: int) -> None:
    """End the process at once.

    A normal exit of Python would first take a second to destroy TensorFlow, and restore the default handling of
    Ctrl-C, which kills the process.
    """
    atexit._run_exitfuncs()
    for stream in (streams.results(), streams.messages()):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def _interrupted(message: str) -> int:
    warn(message)
    return INTERRUPTED


def _bad_output(error: OSError) -> int:
    if error.errno in (errno.EIO, errno.EPIPE):  # the terminal or the reader is gone
        return _unread(INTERRUPTED if error.errno == errno.EIO else BROKEN_PIPE)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        warn(f"error: cannot write {error.filename or 'standard output'}: {os.strerror(error.errno)}")
        return _unread(2)
    return _bug(error)


def _unread(status: int) -> int:
    streams.silence_output()
    return status


def _from_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl-C caused an error: Python 3.11 raises another if a class statement is interrupted."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _bug(error: Exception) -> int:
    if isinstance(error, MemoryError):
        warn("error: not enough memory")
        return 1
    log = streams.log_exception(error)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    warn(f"error: unexpected {what}" + (f"; in full in {log}" if log else ""))
    return 1
