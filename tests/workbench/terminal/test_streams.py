"""The command started without some of its standard streams: they are empty, or lead nowhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.workbench.commanding import Result
from workbench.terminal import streams


def workbench(command: str) -> Result:
    """Run a command by a shell, which can close descriptors."""
    line = f"{sys.executable} -m workbench {command}"
    found = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    return Result(found.returncode, found.stdout, found.stderr)


@pytest.mark.parametrize(("closed", "heard"), [(">&-", False), ("2>&-", True), ("<&- >&- 2>&-", False)])
def test_a_closed_output_is_nobodys(closed: str, heard: bool) -> None:
    result = workbench(f"runs {closed}")
    assert (result.status, bool(result.out), result.err) == (0, heard, "")
    assert not streams.log_path().read_text()
    assert workbench(f"nosuch word {closed}").status == 2


def test_a_message_is_no_result_where_standard_error_is_closed() -> None:
    assert workbench("show 1 2>&-") == Result(2, "", "")


def test_a_closed_input_is_empty() -> None:
    trained = workbench("train - <&-")
    assert trained.status == 2
    assert trained.message.startswith("standard input: it is empty")
    predicted = workbench("predict 1 - <&-")
    assert predicted.status == 2
    assert "1" in predicted.message


def test_without_descriptors_the_screen_points_to_train() -> None:
    result = workbench("imdb <&-")
    assert result.status == 2
    assert "workbench train" in result.message


def test_machine_and_terminal_are_examined_without_descriptors() -> None:
    assert workbench("doctor <&- >&- 2>&-").status in (0, 2)
    assert not streams.log_path().read_text()
