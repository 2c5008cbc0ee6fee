"""Kill training processes at random moments and resume their runs: no ended epoch may be missing, no difference.

``python -m tests.benchmarks.kills [COUNT] [--fresh]``. With ``--fresh`` each process has a home of its
own, where a second process lists, tags, deletes and trains; then no run number may be given twice either.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import closing, suppress

import numpy as np

from engine.events import Ended, EpochEnded, Status
from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunRecord, RunStore
from tests.benchmarks.measuring import fresh_home
from tests.engine.fake_runs import number_of

KILLS = 60
SECONDS = 0.1
"""The longest that a run is left alone after the epoch chosen for it: an epoch and its saving take less."""

EXPERIMENT = Experiment(
    name="To be killed",
    data=Data(dataset="digits"),
    layers=(Dense(units=16, activation="relu", l2=0.001), Dropout(), Dense(units=10, activation="softmax")),
    training=Training(
        loss="sparse_categorical_crossentropy", optimizer="adam", metrics=("accuracy",), batch_size=8, epochs=60
    ),
)

BUSTLE = Experiment(name="Bustle", training=Training(epochs=2))
"""What the second process trains."""


def train() -> None:
    """What the processes do: record the run, and tell its number and its epochs."""
    from engine.training.run import Run

    for event in RunStore().record(Run(EXPERIMENT)):
        told = getattr(event, "run", None) or (event.epoch if isinstance(event, EpochEnded) else None)
        if told is not None:
            print(told, flush=True)


def bustle() -> None:
    """What the second process does until its input ends; prints the numbers of the runs it trained."""
    from tests.engine.fake_runs import FakeRun

    chance = random.Random(os.environ["WORKBENCH_HOME"])
    os.set_blocking(0, False)
    while sys.stdin.buffer.read(1) is None:
        with closing(RunStore()) as store:
            match chance.choice(("list", "tag", "delete", "train")):
                case "train":
                    first, *_ = store.record(FakeRun(BUSTLE))
                    print(first.run, flush=True)
                case "tag":
                    [store.tag(run.id, ["seen"]) for run in store.summaries()]
                case "delete":
                    [store.delete(run.id) for run in store.summaries()[:1] if not run.owned]
                case _:
                    store.summaries()


def main(kills: int, fresh: bool) -> int:
    """Kill so many runs and resume them; prints a line for each, returns the exit status."""
    from engine.training.run import Run

    chance, failures, done = random.Random(1), 0, []
    with fresh_home(), closing(RunStore()) as reference:
        whole = number_of(reference.record(Run(EXPERIMENT)))
        expected = (reference.get(whole).history, reference.weights(whole, "last"))
        for kill in range(1, kills + 1):
            epoch, seconds = chance.randrange(EXPERIMENT.training.epochs - 10), chance.random() * SECONDS
            line, problem, epochs = _fresh(epoch, seconds, expected) if fresh else _again(epoch, seconds, expected)
            done.append(epochs)
            failures += problem is not None
            print(f"kill {kill:2}: {line}: {problem or 'sound'}", flush=True)
    print(f"{kills} kills, {failures} failures; epochs ended when killed: {sorted(done)}")
    return 1 if failures else 0


Expected = tuple[dict[str, list[float]], tuple[np.ndarray, ...]]


def _again(epoch: int, seconds: float, expected: Expected) -> tuple[str, str | None, int]:
    """Kill a run in the home where the others are; returns a line, what is wrong and the epochs stored."""
    run, told = _killed(epoch, seconds)
    with closing(RunStore()) as store:
        record = store.get(run)
        line = f"run {run}, {told} epochs told, {len(record.epochs)} stored"
        return line, _problem(store, record, told, expected), len(record.epochs)


def _fresh(epoch: int, seconds: float, expected: Expected) -> tuple[str, str | None, int]:
    """Kill the process that is the first one in a home, while another one bustles there."""
    with fresh_home():
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.kills", "--bustle"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            run, told = _killed(epoch, seconds)
            numbers = other.communicate()[0].split()
        with closing(RunStore()) as store:
            record = store.get(run)
            stored = len(record.epochs)
            line = f"run {run} of {len(numbers) + 1}, {told} epochs told, {stored} stored"
            return line, _given_twice(store, run, numbers) or _problem(store, record, told, expected), stored


def _given_twice(store: RunStore, run: str, numbers: list[str]) -> str | None:
    """Whether a number was given to two runs, or a finished run is not what it was."""
    if len({run, *numbers}) != len(numbers) + 1:
        return f"a number was given twice: {run} and {numbers}"
    changed = [one for one in numbers if store.get(one).epochs_done != BUSTLE.training.epochs]
    return f"runs {changed} are not those that were trained" if changed else None


def _killed(epoch: int, seconds: float) -> tuple[str, int]:
    """Start a run and kill it so long after an epoch (0: its first moment in the store); returns its number and
    the epochs it has told of."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.kills", "--train"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        for _ in range(epoch):
            process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        told = process.stdout.read().split("\n")[:-1]
    return run, int(told[-1]) if told else epoch


def _problem(store: RunStore, record: RunRecord, told: int, expected: Expected) -> str | None:
    """What is wrong with a killed run and its resumption; None where all is well."""
    if record.status is not Status.STOPPED and record.status is not Status.FINISHED:
        return f"the status is {record.status}"
    if not told <= len(record.epochs) <= told + 1:
        return "an ended epoch is missing"
    if damaged := store.check():
        return damaged[0]
    if record.status is Status.FINISHED:
        return "it had finished: the machine is too fast for this benchmark"
    *_, last = store.resume(record.id)
    if not isinstance(last, Ended) or last.status is not Status.FINISHED:
        return f"it could not be resumed: {last}"
    return _difference(store, record.id, expected)


def _difference(store: RunStore, run: str, expected: Expected) -> str | None:
    ours, (theirs, weights) = store.get(run).history, expected
    worst = max(float(np.abs(np.subtract(ours[name], theirs[name])).max()) for name in theirs)
    for one, other in zip(store.weights(run, "last"), weights, strict=True):
        worst = max(worst, float(np.abs(one - other).max()))
    return f"it differs by {worst}" if worst > 1e-6 else None


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with suppress(BrokenPipeError):
        if "--train" in sys.argv:
            train()
        elif "--bustle" in sys.argv:
            bustle()
        else:
            counts = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
            sys.exit(main(counts[0] if counts else KILLS, "--fresh" in sys.argv))
