"""Notifications of commands that train: what is told, in which ways, and that nothing is on unasked."""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DataError, StoreError
from engine.evaluation.sanity.ladder import Ladder, Rung
from engine.events import Ended, Event, Preparing, Progress, Recorded, Started, Status
from engine.experiment import toml_file
from tests.engine.fake_runs import FakeRun, replace_run
from tests.workbench import fake
from tests.workbench.commanding import Workbench
from tests.workbench.commands.test_selection import Fake
from workbench.commands import notifications
from workbench.config import file

TRAIN = ("train", "digits", "--set", "training.epochs=3")
ENDS = ["finished", "stopped", "failed", "selection"]


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        return True

    @property
    def told(self) -> list[str]:
        """The texts of the notifications."""
        return [text.partition("\a")[0] for text in self.getvalue().split("\x1b]9;workbench: ")[1:]]


class Interrupted(FakeRun):
    """A run in whose second epoch ctrl+c is pressed."""

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            if isinstance(event, Progress) and event.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)
            yield event


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What is written to the terminal, outside tmux and GNU screen; nothing is trained."""
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    monkeypatch.setattr(notifications, "messages", lambda: terminal)
    replace_run(monkeypatch, FakeRun)
    return terminal


def configure(**ways: Any) -> None:
    """Write a config.toml with these notifications."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in ways.items()]
    file.location().parent.mkdir(parents=True, exist_ok=True)
    file.location().write_text("\n".join(["[notifications]", *lines, ""]))


def flat() -> Iterator[Any]:
    """A run whose training loss stands still, and whose validation loss rises."""
    yield Recorded("7")
    yield Started(fake.FACTS, 100, 9, 1, 0.1)
    for number in range(1, 10):
        yield fake.epoch(number, best=3, loss=0.5 - 0.0001 * number)
    yield Ended(Status.FINISHED, 3, 1.0)


def test_nothing_is_told_unasked(workbench: Workbench, sent: Terminal) -> None:
    stream = flat()
    assert notifications.notified(stream, toml_file.load("digits")) is stream
    assert workbench(*TRAIN).status == 0
    assert sent.getvalue() == ""


def test_a_run_that_plateaus_overfits_and_ends_is_told_once_each(sent: Terminal) -> None:
    configure(bell=True, desktop="osc9", title=True)
    events = list(notifications.notified(flat(), toml_file.load("digits")))
    assert events == list(flat())
    for words, told in zip(
        ("has a plateau since", "overfits since", "finished, val_loss"), sent.told, strict=True
    ):
        assert words in told
    assert sent.getvalue().count("\x1b]2;workbench: run 7") == 3
    assert sent.getvalue().count("\a") == 9


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        (FakeRun, 0, "run 1 finished, val_loss "),
        (partial(FakeRun, fails=1), 1, "run 1 failed: "),
        (Interrupted, 130, "run 1 stopped, val_loss "),
    ],
)
def test_the_end_of_a_run_is_told(
    workbench: Workbench,
    sent: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    kind: Callable[..., FakeRun],
    status: int,
    words: str,
) -> None:
    configure(desktop="osc9", events=ENDS)
    replace_run(monkeypatch, kind)
    assert workbench(*TRAIN).status == status
    (told,) = sent.told
    assert told.startswith(words)


def test_a_run_that_can_no_longer_be_recorded_is_told(sent: Terminal) -> None:
    def full() -> Iterator[Any]:
        yield Recorded("7")
        raise StoreError("the disk is full")

    configure(desktop="osc9")
    with pytest.raises(StoreError):
        list(notifications.notified(full(), toml_file.load("digits")))
    (told,) = sent.told
    assert told.startswith("run 7 failed: the disk is full, ")


def test_retraining_and_each_seed_are_told_and_a_run_that_ended_before_is_not(
    workbench: Workbench, sent: Terminal
) -> None:
    configure(desktop="osc9", events=ENDS)
    workbench(*TRAIN, "--repeat", "2")
    workbench("retrain", "1", "--json")
    workbench("follow", "1")
    assert [told.partition(",")[0] for told in sent.told] == [f"run {number} finished" for number in (1, 2, 3)]


def test_a_dumb_terminal_gets_the_bell_alone_and_a_pipe_nothing(
    workbench: Workbench, sent: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(bell=True, desktop="osc777", title=True, events=ENDS)
    monkeypatch.setenv("TERM", "dumb")
    workbench(*TRAIN)
    assert sent.getvalue() == "\a"
    monkeypatch.setattr(sent, "isatty", lambda: False)
    workbench(*TRAIN)
    assert sent.getvalue() == "\a"


def test_a_command_of_ones_own_reads_the_run_as_json(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target, waits = tmp_path / "told", list[Callable[[], None]]()
    monkeypatch.setattr(notifications.atexit, "register", waits.append)
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    configure(on_end=shlex.join([sys.executable, "-c", code, str(target)]), events=ENDS)
    assert workbench(*TRAIN).status == 0
    for wait in waits:
        wait()
    expected = {"event": "finished", "kind": "train", "run": "1", "status": "finished", "epochs": 3}
    assert expected.items() <= json.loads(target.read_text()).items()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("crossval", "boston"), "the cross-validation finished, "),
        (("search", "boston", "--grid", "training.epochs=1,2"), "the search finished, "),
    ],
)
def test_the_end_of_a_selection_is_told(
    workbench: Workbench, sent: Terminal, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: str
) -> None:
    configure(desktop="osc9")
    selections = Fake()
    for name in ("cross_validate", "search"):
        monkeypatch.setattr(f"engine.selection.search.{name}", getattr(selections, name))
    assert workbench(*command).status == 0
    (told,) = sent.told
    assert told.startswith(words)


def test_a_selection_that_fails_is_told_with_its_reason(
    workbench: Workbench, sent: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(desktop="osc9")
    selections = Fake()
    selections.fails = True
    monkeypatch.setattr("engine.selection.search.cross_validate", selections.cross_validate)
    assert workbench("crossval", "boston").status == 1
    (told,) = sent.told
    assert told.startswith("the cross-validation failed: ")
    assert "infinite" in told


def test_who_follows_a_run_is_told_and_its_process_starts_the_command(
    sent: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[str]()
    monkeypatch.setattr("workbench.notifications.sender.run", lambda command, _: started.append(command) or 0)
    configure(desktop="osc9", on_end="sh", events=ENDS)
    list(notifications.followed(flat(), toml_file.load("digits"), "train"))
    (told,) = sent.told
    assert told.startswith("run 7 finished")
    assert started == []


def curve(*_: Any, **__: Any) -> Any:
    """A learning curve that is left."""
    yield Preparing("training")
    raise KeyboardInterrupt


def ladder(*_: Any) -> Any:
    """A ladder with a rung that does not hold."""
    wrong = Rung("one_batch", False, 0.7, 0.1, "it is not learnt")
    yield wrong
    return Ladder((Rung("loss_at_start", True, 1.0, 1.0, "fine"), wrong), None)


def broken(*_: Any) -> Any:
    """A ladder that cannot be climbed."""
    raise DataError("the file has gone")
    yield


@pytest.mark.parametrize(
    ("command", "work", "status", "words"),
    [
        (("learning-curve", "digits"), curve, 130, "the learning curve stopped, Handwritten digits"),
        (("check", "digits", "--deep"), ladder, 0, "the sanity checks finished: ✗ overfit one batch 0.700"),
        (("check", "digits", "--deep", "--json"), ladder, 0, "the sanity checks finished: ✗ overfit one batch"),
        (("check", "digits", "--deep"), broken, 2, "the sanity checks failed: the file has gone, Handwritten"),
    ],
)
def test_the_end_of_a_learning_curve_and_of_sanity_checks_is_told(
    workbench: Workbench,
    sent: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    work: Callable[..., Any],
    status: int,
    words: str,
) -> None:
    configure(desktop="osc9")
    monkeypatch.setattr("engine.evaluation.learning_curve.learning_curve", work)
    monkeypatch.setattr("engine.evaluation.sanity.ladder.climb", work)
    assert workbench(*command).status == status
    (told,) = sent.told
    assert told.startswith(words)
