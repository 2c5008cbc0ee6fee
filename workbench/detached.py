"""Runs that outlive the session: trained by a process of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, cast

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.experiment import Experiment

_going: list[subprocess.Popen[str]] = []
"""Kept, so that Python does not complain of processes that are meant to go on."""


def start(experiment: Experiment, *, test: bool = False, repeat: int = 1) -> str:
    """Train an experiment in a session of its own; returns the run's number once its first epoch starts.

    Raises EngineError where it failed before.
    """
    from engine.experiment_file import dumps

    options = ["--test"] if test else []
    return _launch(["train", "-", "--repeat", str(repeat), *options], dumps(experiment))


def resume(run: str) -> str:
    """Go on with a stopped run in a session of its own; see :func:`start`."""
    return _launch(["resume", run])


def _launch(arguments: Sequence[str], given: str = "") -> str:
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *arguments, "--announce"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        encoding="utf-8",
    )
    _going.append(process)
    pipes = cast("tuple[IO[str], IO[str], IO[str]]", (process.stdin, process.stdout, process.stderr))
    into, out, errors = pipes
    with into:
        into.write(given)
    run, started = out.readline().strip(), out.readline()
    if not started:
        raise EngineError(errors.read().strip().removeprefix("error: ") or f"run {run} did not start")
    return run
