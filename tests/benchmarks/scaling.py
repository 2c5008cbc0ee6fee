"""Rows once, 4 times and 16 times over: time per row, and memory beyond the file that the rows are mapped from."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from engine import datasets
from engine.datasets.dataset import Dataset, Split
from engine.datasets.ragged import Ragged
from engine.events import Ended, EpochEnded, Progress, Status
from engine.experiment.toml_file import load, with_settings
from engine.system.drain import drain
from engine.training.run import Run
from tests.benchmarks.measuring import Contestant, Measurement, compete

TIMES = (1, 4, 16)

PART = 10_000
"""Rows written to the file at a time."""


def repeated(dataset: Dataset, times: int, folder: Path) -> Dataset:
    """The data set with its training and its validation samples so many times over, mapped from a file.

    Both, for a row costs less to validate than to train on: their shares have to stay the same.
    """
    assert isinstance(dataset.samples, Ragged)
    split = dataset.split
    order = np.concatenate([np.tile(split.train, times), np.tile(split.validation, times), split.test[:5000]])
    offsets = np.concatenate([[0], np.cumsum(dataset.samples.lengths[order])])
    values = np.memmap(folder / "rows", np.int32, "w+", shape=(int(offsets[-1]),))
    for start in range(0, len(order), PART):
        taken = dataset.samples.take(order[start : start + PART]).values
        values[offsets[start] : offsets[start] + len(taken)] = taken
    values.flush()
    mapped = np.memmap(folder / "rows", np.int32, "r")
    numbers = np.arange(len(order))
    train, held_out = len(split.train) * times, len(split.validation) * times
    return replace(
        dataset,
        samples=Ragged(mapped, offsets),
        targets=dataset.targets[order],
        split=Split(numbers[:train], numbers[train : train + held_out], numbers[train + held_out :]),
        digest=f"{dataset.digest}-{times}",
    )


def train(times: int) -> Mapping[str, float]:
    """Three epochs; seconds per million rows in the later two, and the process's own memory in MB."""
    experiment = with_settings(load("imdb"), {"training.epochs": 3})
    with tempfile.TemporaryDirectory() as folder:
        dataset = repeated(drain(datasets.load(experiment.data, 7)), times, Path(folder))
        seconds, memory = zip(*_watched(Run(experiment, dataset)), strict=True)
    samples = len(dataset.split.train) + len(dataset.split.validation)
    return {"seconds per million rows": min(seconds) / samples * 1e6, "own memory": max(memory)}


def _watched(run: Run) -> Iterator[tuple[float, float]]:
    """Each later epoch's seconds, and the most memory that was the process's own meanwhile."""
    began, most = time.perf_counter(), 0.0
    for event in run:
        assert not isinstance(event, Ended) or event.status is Status.FINISHED, event
        if isinstance(event, Progress):
            most = max(most, own_memory())
        if isinstance(event, EpochEnded):
            ended = time.perf_counter()
            if event.epoch > 1:
                yield ended - began, most
            began = ended


def own_memory() -> float:
    """This process's memory without pages of mapped files, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("RssAnon:"))


CONTESTANTS: dict[str, Contestant] = {f"x{times}": partial(train, times) for times in TIMES}


def measurements(rounds: int) -> list[Measurement]:
    """How far the largest lies above the smallest."""
    found = compete("scaling", list(CONTESTANTS), rounds)
    made = []
    for name in ("seconds per million rows", "own memory"):
        values = {contestant: measure[name] for contestant, measure in found.items()}
        spread = max(values.values()) / values["x1"]
        made.append(
            Measurement(f"rows 1x, 4x, 16x: {name}", spread, "x the least", 1.15, more=False, behind=values)
        )
    return made
