"""Plain mode: a prompt that reads commands and prints text, for screen readers and terminals that cannot draw.

A line is one of :data:`WORDS`, or any ``workbench`` command without the word ``workbench``. No cursor movement and
no colours: the output is the same as that of the commands.
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
"""Runs a command with these arguments, prints any error, and returns its exit status."""

PROMPT = "workbench> "

LONGEST = 1_000_000
"""The most bytes of a line that are read."""

TYPED = 4095
"""The most bytes of a line that a terminal passes on (Linux, canonical mode); it drops the rest."""

AS_FILE = "it is ignored; predict RUN --file FILE reads a long text"

WORDS: Mapping[str, str] = {
    "open": "open NAME: switch to another experiment: a preset, a TOML file or your own data",
    "settings": "settings [PART]: the experiment's settings by their paths, or those with PART in the path",
    "set": "set PATH=VALUE: change a setting, as in set training.epochs=5",
    "undo": "undo: undo the last set",
    "train": "train: train the experiment, a line for each epoch; ctrl+c stops it and keeps what is trained",
    "runs": "runs [QUERY]: list the runs, or those that match, as in runs val_loss < .3",
    "show": "show RUN: a run's data, curves and settings",
    "compare": "compare RUN RUN: compare runs",
    "predict": "predict [RUN] [TEXT]: predict a review or a sample with a run, by default the latest",
    "help": "help: this list",
    "quit": "quit: leave",
}
"""The commands of plain mode and what they do; other lines are ``workbench`` commands: ``resume 3``, ``data
list``.
"""

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
"""The screen's keys, each with the command that does the same."""


def converse(named: str, call: Call, commands: Sequence[str]) -> int:
    """Read and run lines until ``quit`` or the end of the input; return the exit status.

    ``named`` is the experiment to begin with, ``call`` runs one of the ``commands``.
    """
    os.environ.update(TERM="dumb", NO_COLOR="1")
    talk = Conversation(named, call, commands)
    say(f"{talk.experiment.name}. Type help for a list of commands, train to train, quit to leave.")
    with turns() as turn:
        while _take_line(talk, turn):
            pass
    return 0


def _take_line(talk: Conversation, turn: Turns) -> bool:
    """Read and run one line; return whether to read another."""
    try:
        with turn:  # so that Ctrl-C during output does not end the conversation and lose its changes
            line = ask(PROMPT)
            return line is not None and talk.take(line)
    except KeyboardInterrupt:
        say("\nnothing is running: quit leaves")
    except EngineError as error:
        warn(f"error: {error}")
    return True


def ask(prompt: str) -> str | None:
    """Read a line from a terminal or a pipe; None at the end of the input. Raises EngineError if it is cut off."""
    print(prompt, end="", file=results(), flush=True)
    line, terminal = sys.stdin.buffer.readline(LONGEST), sys.stdin.isatty()
    if not terminal:  # nothing has echoed the line and its line feed
        say()
    if terminal and len(line) > TYPED:
        raise EngineError(f"a terminal passes on the first {TYPED:,} bytes of a line: {AS_FILE}")
    if len(line) == LONGEST and not line.endswith(b"\n"):
        while (more := sys.stdin.buffer.readline(LONGEST)) and not more.endswith(b"\n"):
            pass
        raise EngineError(f"a line has more than {LONGEST:,} bytes: {AS_FILE}")
    return _decoded(line).strip() if line else None


def _decoded(line: bytes) -> str:
    """Decode a line as UTF-8, or else in the locale's encoding."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        with suppress(UnicodeDecodeError):
            return line.decode(encoding())
        wrong = f"byte {error.start + 1:,} is 0x{line[error.start]:02x}"
        raise EngineError(f"the line is not UTF-8 ({wrong}): it is ignored") from None


class Conversation:
    """The experiment being worked on: the name it was opened by, and the settings changed since."""

    def __init__(self, named: str, call: Call, commands: Sequence[str]) -> None:
        self._named = named
        self._call = call
        self._commands = commands
        self._changes: list[str] = []
        self._experiment = experiment(named)

    @property
    def experiment(self) -> Experiment:
        """The experiment with its changes applied."""
        return self._experiment

    def take(self, line: str) -> bool:
        """Run one line; return False for ``quit``. Raises EngineError if it cannot be done."""
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
        say(f"undone: {last}")

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
    """Return the latest run that has completed an epoch."""
    found = [run for run in store().summaries() if run.epochs_done]
    if not found:
        raise EngineError("there is no run to predict with: train one first")
    return found[0].id


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise EngineError(f"{shown(line)} cannot be split into words: {error}") from None
