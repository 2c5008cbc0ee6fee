"""Plain mode over made-up runs: what a person types, and the lines that come back."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from contextlib import closing
from types import SimpleNamespace

import pytest

from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun, replace_run
from tests.workbench.commanding import finish, start
from tests.workbench.terminal.pseudo_terminal import Screen
from workbench import cli, command_list
from workbench.commands import plain

Talk = Callable[..., str]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Type lines into plain mode, and read all that it writes."""
    replace_run(monkeypatch, FakeRun)
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.setenv(name, "")

    def typed(*lines: str | bytes) -> str:
        given = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given), isatty=lambda: False))
        assert plain.converse("digits", cli.call, command_list.names()) == 0
        written = capsys.readouterr()
        return written.out + written.err

    return typed


def test_an_experiment_is_set_trained_listed_and_compared(talk: Talk) -> None:
    shown = talk("set training.epochs=2", "train", "r", "runs epochs = 2", "compare 1 2", "quit", "train")
    assert "training.epochs = 2" in shown
    assert "run 1 finished" in shown
    assert shown.count("\n    2   0.50") == 2
    assert "2  Handwritten digits · 2 epochs  finished" in shown
    assert "run 1" in shown
    assert "run 3" not in shown
    store = RunStore()
    assert [run.epochs_done for run in store.summaries()] == [2, 2]
    store.close()


def test_settings_are_shown_and_taken_back(talk: Talk) -> None:
    shown = talk("settings learning", "set training.learning_rate=0.5", "settings learning", "undo", "undo")
    assert shown.count("training.learning_rate = 0.001") == 1
    assert shown.count("training.learning_rate = 0.5") == 2
    assert "undone: training.learning_rate=0.5" in shown
    assert "error: nothing has been set" in shown


def test_what_is_left_out_is_asked_for(talk: Talk) -> None:
    shown = talk("open", "boston", "set", "training.epochs=3", "show", "", "predict", "? ", "q")
    assert "Preset or file: " in shown
    assert "Boston housing is open" in shown
    assert "Setting, as in training.epochs=5: \ntraining.epochs = 3" in shown
    assert "there is no run to predict with: train one first" in shown
    assert "resume, follow" in shown


def test_the_latest_run_predicts_what_is_typed(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    command = cli.call

    def call(arguments: list[str]) -> int:
        asked.append(arguments)
        return command(arguments) if arguments[0] == "train" else 0

    monkeypatch.setattr(cli, "call", call)
    talk("train", "predict a brilliant film", "predict 1 'it was", "t 1", "0.5")
    assert asked[1:] == [
        ["predict", "1", "--text=a brilliant film"],
        ["predict", "1", "--text='it was"],
        ["predict", "1", "--text=0.5"],
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("trian", "there is no 'trian': did you mean train?"),
        ("set training.epochs=x", "training.epochs"),
        ("set training.epochs", "it should be PATH=VALUE"),
        ("open nothing.toml", "nothing.toml"),
        ("runs val_los < 3", "did you mean 'val_loss'?"),
        ("show 'x", "No closing quotation"),
        ("open --plain", "'--plain': there is no such preset or file"),
        ("set -x", "it should be PATH=VALUE"),
        ("show 99", "there is no run '99'"),
        ("train --repeat x", "--repeat"),
        ("--help", "there is no '--help'"),
        (b"r\xe9sum\xe9", "the line is not UTF-8 (byte 2 is 0xe9): it is ignored"),
        (b"predict 1 caf\xe9", "the line is not UTF-8 (byte 14 is 0xe9)"),
        (b"predict 1 " + b"x" * plain.LONGEST, "a line has more than 1,000,000 bytes: it is ignored"),
        ("show \0", r"there is no run '\x00'"),
        ("open a\0b", "there is no such preset or file"),
        ("set training.epochs=\0", "expected a whole number"),
        ("\x1b[31mred", "there is no"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_ends_nothing(talk: Talk, line: str | bytes, answer: str) -> None:
    shown = talk(line, "settings seed")
    errors = [found for found in shown.splitlines() if found.startswith("error: ")]
    assert len(errors) == 1
    assert answer in errors[0]
    assert "seed = " in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("name", "answer"), [("iso8859-1", "résumé"), ("ascii", "not UTF-8"), ("utf-8", "not UTF-8")]
)
def test_a_line_that_is_not_utf_8_is_read_as_the_locale_says(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, name: str, answer: str
) -> None:
    monkeypatch.setattr(plain, "encoding", lambda: name)
    assert answer in talk(b"r\xe9sum\xe9")


@pytest.mark.parametrize("writes", ["say", "warn"])
def test_ctrl_c_while_an_answer_is_written_loses_no_change(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, writes: str
) -> None:
    answer, ask, before = getattr(plain, writes), plain.ask, signal.getsignal(signal.SIGINT)

    def interrupted(text: str = "") -> None:
        if "quit leaves" in text or "no_such" in text:
            signal.raise_signal(signal.SIGINT)
        answer(text)

    def asked(prompt: str) -> str | None:
        line = ask(prompt)
        if line == "interrupt":
            signal.raise_signal(signal.SIGINT)
        return line

    monkeypatch.setattr(plain, writes, interrupted)
    monkeypatch.setattr(plain, "ask", asked)
    shown = talk("set training.epochs=7", "interrupt", "set no_such=1", "settings epochs")
    assert "nothing is running" in shown
    assert shown.count("training.epochs = 7") == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_a_line_that_the_terminal_has_cut_is_not_used() -> None:
    with closing(Screen("--plain", "digits", rows=100, TERM="dumb")) as screen:
        screen.shows("workbench> ")
        screen.type("set name=" + "x" * 5000 + "\n")
        screen.shows("a terminal passes on the first 4,095 bytes of a line")
        screen.process.send_signal(signal.SIGINT)
        screen.shows("nothing is running")
        screen.type("set\n")
        screen.shows("Setting, as in")
        screen.type("\x04")
        screen.until(lambda: screen.sent.endswith(b": workbench> "))
        screen.type("\x04")
        assert screen.left() == 0


def test_commands_are_those_of_the_program(talk: Talk) -> None:
    shown = talk("train", "rename 1 Better", "tag 1 old", "runs tag:old", "delete 1", "runs")
    assert "Better" in shown
    assert "run 1 is deleted" in shown


def test_every_word_is_a_method_and_every_key_a_word() -> None:
    for word in plain.WORDS:
        assert word == "quit" or callable(getattr(plain.Conversation, f"_{word}"))
    assert set(plain.KEYS.values()) <= set(plain.WORDS)


def test_it_works_over_pipes_without_control_codes() -> None:
    done = finish(start("--plain", "digits", stdin=-1), "settings batch\nnothing\n")
    assert done.status == 0
    assert "training.batch_size = 32" in done.out
    assert done.err.startswith("error: there is no 'nothing'")
    assert "\x1b" not in done.out + done.err
