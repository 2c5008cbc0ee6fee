"""The loop of a worker process: it receives tasks through a pipe and sends messages and outcomes back."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Generator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine.selection.workers.work_folder import read_work
from engine.system.drain import drain


def main(descriptor: int, shared: str) -> None:
    """Work on task after task until the other end is closed, as when the parent process ends."""
    connection: Connection[Any, Any] = Connection(descriptor)
    work = read_work(Path(shared))
    try:
        while True:
            connection.send(_worked(connection, work(connection.recv())))
    except (EOFError, OSError):
        os._exit(1)


def _worked(connection: Connection[Any, Any], steps: Generator[Any, None, Any]) -> tuple[str, Any]:
    """Send each message of the work; return the final message, to be sent as well."""
    try:
        return "done", drain(steps, lambda message: connection.send(("said", message)))
    except OSError as error:
        if isinstance(error, BrokenPipeError | ConnectionError):
            raise
        return "raised", error
    except Exception as error:
        return "raised", _sendable(error)


def _sendable(error: Exception) -> Exception:
    """Return the exception or, if it cannot be pickled, one with the same message."""
    traceback.print_exception(error)  # standard error is the log
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
