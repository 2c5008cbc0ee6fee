"""Keeps standard output and error for the command's own text.

TensorFlow's C++ code writes to descriptor 2 regardless of its environment variables, Keras prints from worker
processes, and libraries warn on ``sys.stderr``: all of it goes to the log, and the command writes to duplicates of
the original descriptors.
"""

from __future__ import annotations

import io
import os
import select
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO

from engine.system.paths import home

LOG_BYTES = 5_000_000
"""The size in bytes beyond which the log is rotated; one old log is kept."""

_kept: dict[str, TextIO] = {}


class Dropping(io.RawIOBase):
    """Writes to a descriptor that it does not own, and drops what cannot be written.

    A terminal that is gone, or a descriptor that someone has closed, does not end a run.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:  # another program has made the terminal non-blocking
                select.select([], [self._descriptor], [])
            except OSError:
                return len(data)


class Lenient(io.TextIOWrapper):
    """Text stream to a descriptor; what cannot be written is dropped."""

    def __init__(self, descriptor: int, encoding: str, errors: str, *, line_buffering: bool = False) -> None:
        buffer = io.BufferedWriter(Dropping(descriptor))
        super().__init__(buffer, encoding=encoding, errors=errors, line_buffering=line_buffering)


def results() -> TextIO:
    """Return the standard output that the command was given."""
    return _kept.get("results", sys.stdout)


def messages() -> TextIO:
    """Return the standard error that the command was given; what cannot be written to it is dropped."""
    return _kept.get("messages", sys.stderr)


def complete() -> None:
    """Open the null device in place of missing standard input, output or error.

    Otherwise the next opened file would get their descriptor, and be written to.
    """
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest free descriptor
        os.set_inheritable(nowhere, True)
    os.close(nowhere)
    for descriptor, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            stream = open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            vars(sys).update({name: stream, f"__{name}__": stream})


def protect() -> None:
    """Point descriptors 1 and 2 and ``sys.stderr`` at the log; ``sys.stdout`` keeps writing to the original
    output.

    ``sys.__stdout__`` and ``sys.__stderr__``, which Textual's driver writes to, are the original streams. Call it
    once, before TensorFlow is imported. If no log can be opened, log output is lost.
    """
    out, err, log = os.dup(1), os.dup(2), _open_log()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    real = open(out, "w", encoding=sys.stdout.encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
    _kept["results"] = sys.stdout = real
    _kept["messages"] = Lenient(err, sys.stderr.encoding, "backslashreplace", line_buffering=True)
    vars(sys).update(__stdout__=results(), __stderr__=messages())


@contextmanager
def muted() -> Iterator[None]:
    """Send what libraries print to the log while the block runs."""
    with redirect_stdout(sys.stderr if _kept else sys.stdout):
        yield


def silence_output() -> None:
    """Discard further standard output, because its reader is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, results().fileno())
    os.close(nowhere)


def log_path() -> Path:
    """Return the log's path: ``workbench.log`` in the home folder."""
    return home() / "workbench.log"


def log_exception(error: BaseException) -> Path | None:
    """Write a bug's full traceback to the log; return the log's path, None if it cannot be written."""
    head = f"{time.strftime('%Y-%m-%d %H:%M:%S')} pid {os.getpid()}: {' '.join(sys.argv)}\n"
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        with log_path().open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(head + "".join(traceback.format_exception(error)))
    except OSError:
        return None
    return log_path()


def log_note(text: str) -> None:
    """Write a line to the log, with the time and the process id; do nothing if it cannot be written."""
    with suppress(OSError), log_path().open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} pid {os.getpid()}: {text}\n")


def bug(error: BaseException) -> str:
    """Describe a bug in one line for the user; its full traceback goes to the log."""
    return f"{type(error).__name__}: {error} (a bug; the log has all of it: {log_exception(error)})"


def _open_log() -> int:
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
