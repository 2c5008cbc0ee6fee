"""The command, called in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Workbench = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    @property
    def message(self) -> str:
        """The one message on standard error of a command that refused."""
        assert self.out == ""
        assert self.err.startswith("error: ")
        assert "Traceback" not in self.err
        return self.err.removeprefix("error: ").rstrip("\n")


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command in a process of its own, its streams piped."""
    settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "workbench", *arguments]
    return subprocess.Popen(command, text=True, env=os.environ.copy(), **{**settings, **options})


def wait_for(process: subprocess.Popen[str], beginning: str) -> None:
    """Read a process's standard output up to a line that begins so."""
    assert process.stdout is not None
    while not (line := process.stdout.readline()).lstrip().startswith(beginning):
        assert line, finish(process)


def finish(process: subprocess.Popen[str], given: str | None = None) -> Result:
    """Wait for a process and collect what it wrote."""
    out, err = process.communicate(given, timeout=120)
    return Result(process.returncode, out, err)
