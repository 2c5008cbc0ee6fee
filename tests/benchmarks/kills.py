"""Real training processes killed with SIGKILL at random moments: ``python -m tests.benchmarks.kills [KILLS]``.

After each kill the store must open, every epoch that the process had told of must be in it, and the resumed
run's curves and weights must equal an uninterrupted run's to 1e-6.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

import numpy as np

from engine.events import Ended, EpochEnded, Status
from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunRecord, RunStore

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


def train() -> None:
    """What the processes do: record the run, and tell its number and its epochs."""
    from engine.training.run import Run

    for event in RunStore().record(Run(EXPERIMENT)):
        told = getattr(event, "run", None) or (event.epoch if isinstance(event, EpochEnded) else None)
        if told is not None:
            print(told, flush=True)


def main(kills: int) -> int:
    """Kill so many runs and resume them; prints a line for each, returns the exit status."""
    from engine.training.run import Run

    store = RunStore()
    whole, *_ = store.record(Run(EXPERIMENT))
    chance, failures, done = random.Random(1), 0, []
    for kill in range(1, kills + 1):
        run, told = _killed(chance.randrange(EXPERIMENT.training.epochs - 10), chance.random() * SECONDS)
        record = store.get(run)
        done.append(len(record.epochs))
        problem = _problem(store, record, told, whole.run)
        failures += problem is not None
        print(f"kill {kill:2}: run {run}, {told} epochs told, {len(record.epochs)} stored: {problem or 'sound'}")
    print(f"{kills} kills, {failures} failures; epochs ended when killed: {sorted(done)}")
    return 1 if failures else 0


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


def _problem(store: RunStore, record: RunRecord, told: int, whole: str) -> str | None:
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
    return _difference(store, record.id, whole)


def _difference(store: RunStore, run: str, whole: str) -> str | None:
    ours, theirs = store.get(run).history, store.get(whole).history
    worst = max(float(np.abs(np.subtract(ours[name], theirs[name])).max()) for name in theirs)
    for one, other in zip(store.weights(run, "last"), store.weights(whole, "last"), strict=True):
        worst = max(worst, float(np.abs(one - other).max()))
    return f"it differs by {worst}" if worst > 1e-6 else None


if __name__ == "__main__":
    if "--train" in sys.argv:
        with suppress(BrokenPipeError):
            train()
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["WORKBENCH_HOME"] = folder
            os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
            sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS))
