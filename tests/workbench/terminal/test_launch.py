"""The terminal: refused where there is none, kept clean, given back; real processes on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.runs import RunStore
from tests.workbench.terminal.pseudo_terminal import Screen
from workbench.terminal import launch

TOML = """
name = "Quick"
[data]
dataset = "wine"
[[layers]]
kind = "dense"
units = 3
activation = "softmax"
[training]
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]
batch_size = 16
epochs = {epochs}
"""


def experiment(folder: Path, epochs: int) -> str:
    path = folder / "quick.toml"
    path.write_text(TOML.format(epochs=epochs))
    return str(path)


def test_a_real_run_is_started_seen_and_left(start: Callable[..., Screen], tmp_path: Path, home: Path) -> None:
    screen = start(experiment(tmp_path, 30))
    screen.shows("Quick", 30)
    screen.shows("178", 60)
    screen.type("r")
    screen.shows("finished", 90)
    screen.type("\t")
    screen.shows("best", 10)
    painted = screen.settled()
    screen.resize(100, 24)
    assert screen.settled() != painted
    screen.resize(80, 24)
    assert screen.settled() == painted
    screen.type("q")
    assert screen.left() == 0
    assert b"\x1b[?1049l" in screen.sent
    assert "oneDNN" not in screen.text
    assert b"TF_ENABLE" not in screen.sent
    (summary,) = RunStore().summaries()
    assert summary.status == "finished"
    assert (home / "workbench.log").exists()


def test_a_signal_saves_the_run_and_leaves_in_time(start: Callable[..., Screen], tmp_path: Path) -> None:
    screen = start(experiment(tmp_path, 90_000))
    screen.shows("Quick", 30)
    screen.type("r")
    screen.until(lambda: re.search(r"loss [\d.]+ val", screen.text), 90)
    began = time.monotonic()
    screen.process.send_signal(signal.SIGTERM)
    assert screen.left(20) == 128 + signal.SIGTERM
    assert time.monotonic() - began < 5
    (summary,) = RunStore().summaries()
    assert summary.status == "stopped"
    assert summary.epochs_done > 0
    assert summary.interrupted  # the next start asks whether to go on


def test_a_link_that_nobody_reads_stops_neither_the_run_nor_a_signal(
    start: Callable[..., Screen], tmp_path: Path
) -> None:
    screen = start(experiment(tmp_path, 90_000))
    screen.shows("Quick", 30)
    screen.type("r")
    screen.shows("samples/s", 90)
    store = RunStore()
    before = store.summaries()[0].epochs_done
    while store.summaries()[0].epochs_done < before + 50:
        time.sleep(0.05)
    screen.process.send_signal(signal.SIGHUP)
    assert screen.process.wait(20) == 128 + signal.SIGHUP
    assert RunStore().summaries()[0].status == "stopped"


def test_without_a_terminal_it_names_the_command_that_needs_none(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "workbench train" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dumb_terminal_is_offered_lines_of_text(start: Callable[..., Screen]) -> None:
    screen = start(TERM="dumb", NO_COLOR="1")
    screen.shows("Work in lines of text instead? [Y/n]")
    screen.type("\n")
    screen.shows("workbench> ")
    screen.type("settings batch\nq\n")
    assert screen.left() == 0
    assert "training.batch_size = 512" in screen.text
    assert b"\x1b" not in screen.sent


def test_a_dumb_terminal_without_lines_of_text_is_refused(start: Callable[..., Screen]) -> None:
    screen = start(TERM="dumb")
    screen.shows("[Y/n]")
    screen.type("n\n")
    assert screen.left() == 2
    assert "workbench train" in " ".join(screen.text.split())
    assert b"\x1b" not in screen.sent


def test_ctrl_c_in_lines_of_text_stops_the_run_and_nothing_else(
    start: Callable[..., Screen], tmp_path: Path
) -> None:
    screen = start("--plain", experiment(tmp_path, 90_000))
    screen.shows("workbench> ")
    screen.process.send_signal(signal.SIGINT)
    screen.shows("nothing is running: quit leaves")
    screen.type("r\n")
    screen.until(lambda: re.search(r"^ +\d+ +[\d.]+ ", screen.text, re.MULTILINE), 90)
    screen.process.send_signal(signal.SIGINT)
    screen.shows("`workbench resume 1` resumes it", 30)
    screen.type("q\n")
    assert screen.left() == 0
    assert b"\x1b" not in screen.sent
    (summary,) = RunStore().summaries()
    assert summary.status == "stopped"


def test_a_terminal_that_is_not_utf_8_gets_plain_characters(start: Callable[..., Screen]) -> None:
    screen = start(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", LANG="C", PYTHONIOENCODING="ascii")
    screen.shows("160,305", 30)
    assert all(byte < 128 for byte in screen.sent)
    assert "\\u" not in screen.text
    assert "+-" in screen.text
    screen.type("q")
    assert screen.left() == 0


def test_prepare_refuses_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", io.StringIO())
    with pytest.raises(EngineError, match="workbench train"):
        launch.prepare()


@pytest.mark.skipif(sys.platform != "linux", reason="a priority is that of a whole process")
def test_worker_threads_give_way_to_keys() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def of_a_worker() -> int:
        loop = asyncio.get_running_loop()
        launch.put_keys_first(loop)
        return await loop.run_in_executor(None, priority)

    turn = sys.getswitchinterval()
    try:
        assert asyncio.run(of_a_worker()) > priority()
        assert sys.getswitchinterval() == pytest.approx(launch.TURN)
    finally:
        sys.setswitchinterval(turn)
