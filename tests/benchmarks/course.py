"""``python -m tests.benchmarks.course [--json]``: the course's experiments, by the command, beside its values.

Every figure comes from the ``workbench`` command on the published data, which ``WORKBENCH_DATA`` names or Keras's
cache holds. Some minutes on two cores. Exit status 1 where a bar is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.measuring import fresh_home

GRID = ("training.epochs=1,5,10", "layers.0.units+layers.1.units=32,64,256")
"""The course's grid: nine cells, 27 fits on three folds; in batches of 128, where one epoch is enough."""


@dataclass(frozen=True)
class Row:
    """A value of the course's, as measured here; ``bar`` is what it has to reach in words, ``met`` if it does."""

    work: str
    measured: str
    bar: str
    course: str
    met: bool


def workbench(*arguments: str) -> dict[str, Any]:
    """What a command of the workbench writes as JSON."""
    began = time.monotonic()
    command = [sys.executable, "-m", "workbench", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}")
    print(f"workbench {' '.join(arguments)}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows() -> Iterator[Row]:
    """Every row of the table, measured in turn."""
    baseline = workbench("train", "imdb")
    yield at_least("imdb, retrained: test accuracy", retrained(baseline)["accuracy"], 0.875, "0.859")
    yield from overfitting(last_loss(baseline))
    yield from reuters()
    yield from boston()
    yield from grid()


def retrained(run: dict[str, Any]) -> dict[str, float]:
    """The test samples' values of a network retrained for a run's best epoch's count."""
    found: dict[str, float] = workbench("retrain", run["run"])["test"]
    return found


def last_loss(run: dict[str, Any]) -> float:
    """The validation loss after the last epoch; penalties are not in it."""
    return float(run["history"]["val_loss"][-1])


def overfitting(reference: float) -> Iterator[Row]:
    """Smaller and regularised networks overfit less than the baseline."""
    for name in ("imdb-small", "imdb-l2", "imdb-dropout"):
        found = last_loss(workbench("train", name))
        work = f"{name}: validation loss after 20 epochs"
        yield Row(work, f"{found:.3f}", f"below imdb's {reference:.3f}", "shown as curves", found < reference)


def reuters() -> Iterator[Row]:
    """Topics, and what a bottleneck costs."""
    run = workbench("train", "reuters")
    best = max(run["history"]["val_accuracy"])
    yield at_least("reuters: best validation accuracy", best, 0.80, "0.811")
    yield at_least("reuters, retrained: test accuracy", retrained(run)["accuracy"], 0.775, "0.764")
    narrow = max(workbench("train", "reuters-bottleneck")["history"]["val_accuracy"])
    bar = f"at most {best - 0.06:.3f}, 0.06 below reuters"
    yield Row("reuters-bottleneck: best validation accuracy", f"{narrow:.3f}", bar, "0.73", narrow <= best - 0.06)


def boston() -> Iterator[Row]:
    """House prices, in thousands of dollars."""
    folds = workbench("crossval", "boston", "--folds", "4")
    yield at_most("boston, 4 folds: mean absolute error", folds["mean_score"]["mae"], 2.6, "2.50")
    test = retrained(workbench("train", "boston"))
    yield at_most("boston, retrained: test mean absolute error", test["mae"], 3.0, "2.83")


def grid() -> Iterator[Row]:
    """The course's grid search: more epochs fit the training folds better and others no better."""
    options = [option for axis in GRID for option in ("--grid", axis)]
    found = workbench("search", "imdb", *options, "--folds", "3", "--set", "training.batch_size=128")
    by_epochs: dict[int, list[dict[str, Any]]] = {}
    for result in found["results"]:
        by_epochs.setdefault(result["params"]["training.epochs"], []).append(result)
    test = mean([result["mean_test_score"] for result in by_epochs[1]])
    train = [mean([result["mean_train_score"] for result in by_epochs[epochs]]) for epochs in sorted(by_epochs)]
    yield at_least("grid, 1 epoch: mean test accuracy", test, 0.87, "0.89")
    words = ", ".join(f"{score:.3f}" for score in train)
    met = train == sorted(train) and train[-1] >= 0.97
    yield Row("grid, 1, 5, 10 epochs: mean training accuracy", words, "rising to at least 0.97", "0.99", met)
    fits = f"{found['epochs_trained']} epochs"
    yield Row(
        "grid: epochs trained for its 27 fits", fits, "at most 90 epochs", "144", found["epochs_trained"] <= 90
    )


def at_least(work: str, found: float, bar: float, course: str) -> Row:
    """A row whose value is to be no lower."""
    return Row(work, f"{found:.3f}", f"at least {bar:.3f}", course, found >= bar)


def at_most(work: str, found: float, bar: float, course: str) -> Row:
    """A row whose value is to be no higher."""
    return Row(work, f"{found:.2f}", f"at most {bar:.2f}", course, found <= bar)


def mean(values: Sequence[float]) -> float:
    """The mean of some values."""
    return sum(values) / len(values)


def table(found: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| experiment | measured | has to be | the course |", "|---|---|---|---|"]
    lines += [
        f"| {row.work} | {row.measured}{'' if row.met else ' (missed)'} | {row.bar} | {row.course} |"
        for row in found
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure every row and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.course", description=__doc__)
    parser.add_argument("--json", action="store_true", help="write one JSON object on standard output")
    options = parser.parse_args()
    with fresh_home():
        found = list(rows())
    print(
        json.dumps({"processors": os.cpu_count(), "rows": [asdict(row) for row in found]})
        if options.json
        else table(found)
    )
    return int(not all(row.met for row in found))


if __name__ == "__main__":
    sys.exit(main())
