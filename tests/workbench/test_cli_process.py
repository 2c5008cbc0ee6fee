"""The command in processes of its own: descriptors, signals, terminals, and runs that outlive their session."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.events import Status
from engine.runs import RunStore
from tests.fresh_process import printed
from tests.workbench.commanding import finish, start, wait_for
from workbench.config import file
from workbench.terminal import streams

ENDLESS = ("train", "digits", "--set", "training.epochs=100000")
"""A run that ends when it is told to."""

HEAVY = ("numpy", "tensorflow", "keras", "sklearn", "pandas", "scipy", "matplotlib", "textual", "sqlalchemy")
UNUSED = ("lark", "psutil", "engine.runs", "rich.progress", "aiohttp")
"""What only some commands import: a query, the system panel, the run store, a progress bar, the server."""


def test_a_light_command_imports_nothing_heavy() -> None:
    code = (
        "import sys; from workbench import cli; cli.call(['presets']); cli.call(['--help']);"
        f"print([name for name in {HEAVY + UNUSED!r} if name in sys.modules])"
    )
    assert printed(code).splitlines()[-1] == "[]"


def test_the_screen_is_opened_without_typer_and_the_modules_of_commands() -> None:
    code = (
        "import sys; from workbench import cli; cli.call(['imdb']);"
        "print([name for name in sys.modules if name.startswith('workbench.commands.')], 'typer' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "the screen needs a terminal" in found.stderr
    assert found.stdout.splitlines()[-1] == "['workbench.commands.output', 'workbench.commands.inputs'] False"


def test_runs_without_a_query_imports_no_parser() -> None:
    code = "import sys; from workbench import cli; cli.call(['runs']); print('lark' in sys.modules)"
    assert printed(code).splitlines()[-1] == "False"


def test_only_one_object_is_written_and_tensorflow_logs_to_the_log() -> None:
    result = finish(start("train", "digits", "--set", "training.epochs=1", "--json"))
    assert (result.status, result.err) == (0, "")
    assert result.json["status"] == "finished"
    assert "absl" in streams.log_path().read_text()


def test_a_run_is_stopped_and_gone_on_with(tmp_path: Path) -> None:
    process = start(*ENDLESS)
    wait_for(process, "2 ")
    told = time.monotonic()
    process.send_signal(signal.SIGTERM)
    result = finish(process)
    assert result.status == 130
    assert time.monotonic() - told < 2
    assert "`workbench resume 1` resumes it" in result.err
    stopped = RunStore().get("1")
    assert stopped.status is Status.STOPPED
    assert len(stopped.epochs) >= 2

    resumed = start("resume", "1")
    wait_for(resumed, f"{len(stopped.epochs) + 1} ")
    resumed.send_signal(signal.SIGINT)
    result = finish(resumed)
    assert result.status == 130
    assert "Traceback" not in result.err
    record = RunStore().get("1")
    assert record.epochs[: len(stopped.epochs)] == stopped.epochs
    assert len(record.epochs) > len(stopped.epochs)


@pytest.mark.parametrize("command", [ENDLESS, ("search", "digits", "--grid", "training.epochs=99999")])
def test_three_quick_interrupts_end_with_one_line_and_status_130(command: tuple[str, ...]) -> None:
    process = start(*command)
    assert process.stdout is not None
    process.stdout.readline()
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    result = finish(process)
    assert result.status == 130
    assert "Traceback" not in result.err
    assert 1 <= len(result.err.splitlines()) <= 2
    assert "interrupted" in result.err or "stopped" in result.err


@pytest.mark.parametrize("library", ["pydantic_core", "numpy"])
def test_an_interrupt_while_the_command_starts_is_one_line(library: str) -> None:
    process = start("train", "imdb")
    while library not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
    for _ in range(3):
        process.send_signal(signal.SIGINT)
    result = finish(process)
    assert (result.status, len(result.err.splitlines())) == (130, 1)


def test_a_terminal_shows_progress_and_its_loss_stops_the_run() -> None:
    master, slave = pty.openpty()
    process = start(*ENDLESS, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    seen = b""
    while seen.count(b"samples/s") < 2:
        ready, _, _ = select.select([master], [], [], 60)
        assert ready
        seen += os.read(master, 65536)
    assert b"epoch 1/100000" in seen
    assert b"absl" not in seen
    os.close(master)
    os.kill(process.pid, signal.SIGHUP)
    assert process.wait(10) == 130
    assert RunStore().get("1").status is Status.STOPPED


def test_a_detached_run_outlives_its_session_and_can_be_followed_and_stopped() -> None:
    started = finish(start(*ENDLESS, "--detach", "--json"))
    assert (started.status, started.json, started.err) == (0, {"run": "1", "status": "training"}, "")
    follower = start("follow", "1")
    wait_for(follower, "1 ")
    stopped = finish(start("stop", "1"))
    assert stopped.status == 0
    followed = finish(follower)
    assert followed.status == 130
    assert "`workbench resume 1` resumes it" in followed.err
    assert RunStore().get("1").status is Status.STOPPED


def test_a_detached_run_starts_the_command_of_the_configuration_once_at_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "told"
    os.mkfifo(fifo)
    told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    command = shlex.join(["sh", "-c", "cat >> $0", str(fifo)])
    file.location().parent.mkdir(parents=True, exist_ok=True)
    file.location().write_text(f"[notifications]\nevents = ['stopped']\non_end = {json.dumps(command)}\n")
    assert finish(start(*ENDLESS, "--detach")).status == 0
    follower = start("follow", "1")
    wait_for(follower, "1 ")
    assert finish(start("stop", "1")).status == 0
    assert finish(follower).status == 130
    assert select.select([told], [], [], 60)[0]
    (line,) = os.read(told, 65536).splitlines()
    os.close(told)
    assert {"event": "stopped", "run": "1", "kind": "train"}.items() <= json.loads(line).items()


def test_a_detached_run_that_cannot_start_says_why() -> None:
    missing = finish(start("train", "reuters", "--detach"))
    assert missing.status == 2
    assert missing.message.startswith("Reuters is not on this machine")


def test_a_reader_that_leaves_is_no_error() -> None:
    with start("presets") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_full_device_is_one_message() -> None:
    with open("/dev/full", "w") as full:
        result = finish(start("presets", stdout=full))
    assert result.status == 2
    assert result.err == "error: cannot write standard output: No space left on device\n"


def test_without_a_terminal_the_screen_points_to_train() -> None:
    result = finish(start("imdb"))
    assert result.status == 2
    assert "workbench train" in result.message


def test_text_is_read_and_written_without_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    given = 'base = "digits"\nname = "\u2603"\nmistake = 1\n'
    shown = finish(start("check", "-", stdin=subprocess.PIPE), given)
    assert (shown.status, shown.out) == (2, "")
    assert "standard input: line 3, mistake" in shown.message
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    listed = finish(start("--help"))
    assert listed.status == 0
