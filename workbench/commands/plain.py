"""Plain mode: the workbench as a conversation in lines of text, for screen readers and terminals that cannot draw.

A line is one of :data:`WORDS`, or any command of the program without ``workbench`` before it. Nothing moves the
cursor, and there are no colours: what is written is what the commands write.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from engine.errors import EngineError
from engine.experiment.flat_settings import flat
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import value_of
from engine.system.suggest import nearest, shown
from workbench.commands.inputs import experiment, store
from workbench.commands.output import say, say_lines, warn
from workbench.terminal.capabilities import encoding
from workbench.terminal.signals import Turns, turns
from workbench.terminal.streams import results
from workbench.text.command_line import written

Call = Callable[[Sequence[str]], int]
"""Runs a command of the program with these arguments, and writes what goes wrong; returns its exit status."""

PROMPT = "workbench> "

LONGEST = 1_000_000
"""Bytes of a line."""

TYPED = 4095
"""Bytes of a line that a terminal passes on; it drops the others."""

AS_FILE = "nothing is done with it; predict RUN --file FILE reads a long text"

WORDS: Mapping[str, str] = {
    "open": "open NAME: take another experiment: a preset, a TOML file or data of your own",
    "settings": "settings [PART]: the experiment's settings by their paths, or those with PART in the path",
    "set": "set PATH=VALUE: change a setting, as in set training.epochs=5",
    "undo": "undo: take the last set back",
    "train": "train: train the experiment, a line for each epoch; ctrl+c stops it and keeps what is trained",
    "runs": "runs [QUERY]: list the runs, or those that match, as in runs val_loss < .3",
    "show": "show RUN: a run's data, curves and settings",
    "compare": "compare RUN RUN: compare runs",
    "predict": "predict [RUN] [TEXT]: predict a review or a sample with a run, by default the latest",
    "help": "help: this list",
    "quit": "quit: leave",
}
"""What a person can type, and what it does; other lines are commands, as in ``resume 3`` or ``data list``."""

KEYS: Mapping[str, str] = {
    "o": "open",
    "u": "undo",
    "r": "train",
    "2": "runs",
    "v": "compare",
    "t": "predict",
    "?": "help",
    "q": "quit",
}
"""The screen's keys, which do the same here."""


def converse(named: str, call: Call, commands: Sequence[str]) -> int:
    """Take lines until ``quit`` or the end of the input; returns the exit status.

    ``named`` is the experiment to begin with, ``call`` runs one of the ``commands``.
    """
    os.environ.update(TERM="dumb", NO_COLOR="1")
    talk = Conversation(named, call, commands)
    say(f"{talk.experiment.name}. Type help for what can be typed, train to train, quit to leave.")
    with turns() as turn:
        while _goes_on(talk, turn):
            pass
    return 0


def _goes_on(talk: Conversation, turn: Turns) -> bool:
    """Takes a line, and answers it; whether there is another."""
    try:
        with turn:  # Ctrl-C while an answer is written would end the conversation, and lose its changes
            line = ask(PROMPT)
            return line is not None and talk.take(line)
    except KeyboardInterrupt:
        say("\nnothing is running: quit leaves")
    except EngineError as error:
        warn(f"error: {error}")
    return True


def ask(prompt: str) -> str | None:
    """A line that a person types or a pipe holds; None at the end of the input. EngineError if it is cut."""
    print(prompt, end="", file=results(), flush=True)
    line, terminal = sys.stdin.buffer.readline(LONGEST), sys.stdin.isatty()
    if not terminal:  # no terminal has shown the line that was typed, and its end
        say()
    if terminal and len(line) > TYPED:
        raise EngineError(f"a terminal passes on the first {TYPED:,} bytes of a line: {AS_FILE}")
    if len(line) == LONGEST and not line.endswith(b"\n"):
        while (more := sys.stdin.buffer.readline(LONGEST)) and not more.endswith(b"\n"):
            pass
        raise EngineError(f"a line has more than {LONGEST:,} bytes: {AS_FILE}")
    return _decoded(line).strip() if line else None


def _decoded(line: bytes) -> str:
    """A line as text: UTF-8, or what the locale says."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        with suppress(UnicodeDecodeError):
            return line.decode(encoding())
        wrong = f"byte {error.start + 1:,} is 0x{line[error.start]:02x}"
        raise EngineError(f"the line is not UTF-8 ({wrong}): nothing is done with it") from None


class Conversation:
    """The experiment that is worked on: what it was opened as, and the settings changed since."""

    def __init__(self, named: str, call: Call, commands: Sequence[str]) -> None:
        self._named = named
        self._call = call
        self._commands = commands
        self._changes: list[str] = []
        self._experiment = experiment(named)

    @property
    def experiment(self) -> Experiment:
        """The experiment with its changes."""
        return self._experiment

    def take(self, line: str) -> bool:
        """Do what a line says; returns False for ``quit``. EngineError where it cannot be done."""
        word, _, rest = line.partition(" ")
        word, rest = KEYS.get(word, word), rest.strip()
        if word == "quit":
            return False
        if not word:
            return True
        as_command = word in self._commands and (rest.startswith("-") or (word == "train" and rest))
        if word in WORDS and not as_command:
            getattr(self, f"_{word}")(rest)
        elif word in self._commands:
            self._call(_split(line))
        else:
            near = nearest(word, [*WORDS, *self._commands])
            raise EngineError(f"there is no {word!r}: " + (f"did you mean {near}?" if near else "type help"))
        return True

    def _open(self, name: str) -> None:
        if not name:
            self._call(["presets"])
        if name := name or ask("Preset or file: ") or "":
            self._experiment = experiment(name)
            self._named, self._changes = name, []
            say(f"{self._experiment.name} is open")

    def _settings(self, part: str) -> None:
        found = flat(self._experiment.model_dump(exclude={"about"}))
        for path, value in found.items():
            if part in path and value not in (None, ()):
                say(f"{path} = {written(list(value) if isinstance(value, tuple) else value)}")

    def _set(self, change: str) -> None:
        if change := change or ask("Setting, as in training.epochs=5: ") or "":
            self._change([*self._changes, change])
            path = change.partition("=")[0].strip()
            say(f"{path} = {written(value_of(self._experiment, path))}")

    def _undo(self, _: str) -> None:
        if not self._changes:
            raise EngineError("nothing has been set")
        last = self._changes[-1]
        self._change(self._changes[:-1])
        say(f"taken back: {last}")

    def _change(self, changes: list[str]) -> None:
        self._experiment = experiment(self._named, changes)
        self._changes = changes

    def _train(self, _: str) -> None:
        say("preparing to train; ctrl+c stops, and keeps what is trained")
        changes = [f"--set={change}" for change in self._changes]
        self._call(["train", *changes, "--", self._named])

    def _runs(self, query: str) -> None:
        self._call(["runs", f"--where={query}"])

    def _show(self, run: str) -> None:
        if run := run or ask("Run: ") or "":
            self._call(["show", *_split(run)])

    def _compare(self, runs: str) -> None:
        if runs := runs or ask("Runs, as in 1 2: ") or "":
            self._call(["compare", *_split(runs)])

    def _predict(self, rest: str) -> None:
        first, _, text = rest.partition(" ")
        run, text = (first, text.strip()) if first.isdecimal() else (_latest(), rest)
        if text := text or ask(f"Text or values, for run {run}: ") or "":
            self._call(["predict", run, f"--text={text}"])

    def _help(self, _: str) -> None:
        say_lines(WORDS.values())
        say("keys: " + ", ".join(f"{key} {word}" for key, word in KEYS.items()))
        say(f"other commands: {', '.join(name for name in self._commands if name not in WORDS)}")


def _latest() -> str:
    """The run that was started last and has an epoch."""
    found = [run for run in store().summaries() if run.epochs_done]
    if not found:
        raise EngineError("there is no run to predict with: train one first")
    return found[0].id


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise EngineError(f"{shown(line)} cannot be split into words: {error}") from None
