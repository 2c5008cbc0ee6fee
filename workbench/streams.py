"""Standard output and error kept for the command's own words.

TensorFlow's C++ code writes to descriptor 2 whatever its environment variables say, and Keras prints from
worker processes: both descriptors are pointed at the log, and the command writes to duplicates of the real ones.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from engine.files import home


class Lenient(io.TextIOWrapper):
    """Text that is dropped where it cannot be written: a message to a terminal that is gone ends no run."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()


def log_path() -> Path:
    """The file that everything goes to which is nobody's message: ``workbench.log`` in the home folder."""
    return home() / "workbench.log"


def protect() -> None:
    """Point descriptors 1 and 2 at the log; ``sys.stdout`` and ``sys.stderr`` go on as before.

    To be called before TensorFlow is imported. Where there is no log to write to, what would be logged is lost.
    """
    out, err = os.dup(1), os.dup(2)
    log = _open_log()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout = sys.__stdout__ = open(  # noqa: SIM115
        out, "w", encoding=_encoding(sys.stdout), errors="backslashreplace", closefd=False
    )
    sys.stderr = sys.__stderr__ = Lenient(
        io.FileIO(err, "w", closefd=False),
        encoding=_encoding(sys.stderr),
        errors="backslashreplace",
        line_buffering=True,
    )


def log_exception(error: BaseException) -> Path | None:
    """Write a bug's traceback to the log in full; returns the log's path, None where it cannot be written."""
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log_path(), encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s pid %(process)d %(message)s"))
    record = logging.LogRecord(
        "workbench", logging.ERROR, __file__, 0, " ".join(sys.argv), None, (type(error), error, error.__traceback__)
    )
    handler.emit(record)
    handler.close()
    return log_path()


def _open_log() -> int:
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        return os.open(log_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def _encoding(stream: TextIO) -> str:
    return getattr(stream, "encoding", None) or "utf-8"
