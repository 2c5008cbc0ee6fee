"""Contestants side by side: each in a fresh process, in turn, several times; values are ratios of medians."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

Contestant = Callable[[], Mapping[str, float]]
"""Does its work and says in values how it went; its peak memory is added."""

Medians = Mapping[str, Mapping[str, float]]
"""By contestant, the median of each of its values."""

ROUNDS = 3


class ContestError(Exception):
    """A contestant that could not do its work; the message holds what it wrote last."""


@dataclass(frozen=True)
class Measurement:
    """One line of the table: what was measured, and the bar it is held to.

    ``value`` has to be at least ``bar`` where ``more`` is better, else at most; ``aim`` is what lies beyond.
    ``behind`` holds the medians it was made of.
    """

    work: str
    value: float
    unit: str
    bar: float | None = None
    aim: float | None = None
    more: bool = True
    behind: Mapping[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.more else self.value <= self.bar

    def json(self) -> dict[str, object]:
        """The value as one object."""
        kept = {name: getattr(self, name) for name in ("work", "value", "unit", "bar", "aim", "met")}
        return kept | {"behind": dict(self.behind)}


class Clock:
    """Tells how long the epochs but the first took, on the wall and in processor time of all threads."""

    def __init__(self) -> None:
        self._times: list[tuple[float, float]] = []

    def epoch_ended(self) -> None:
        """Note the end of an epoch."""
        self._times.append((time.perf_counter(), time.process_time()))

    def medians(self) -> Mapping[str, float]:
        """Seconds an epoch."""
        wall, processor = zip(*self._times, strict=True)
        return {"seconds": _median_step(wall), "processor": _median_step(processor)}


@contextmanager
def fresh_home() -> Iterator[None]:
    """A workbench home of the benchmarks' own, in which data is indexed once and then found again.

    Modules are kept compiled, as they are once installed, also where the environment forbids it.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        os.environ["WORKBENCH_HOME"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def compete(topic: str, names: Sequence[str], rounds: int = ROUNDS) -> Medians:
    """Let contestants of a topic's module work in turn, ``rounds`` times; their medians."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            print(f"{topic}: {name}, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            results[name].append(in_process(topic, name))
    return {
        name: {measure: median(result[measure] for result in found) for measure in found[0]}
        for name, found in results.items()
    }


def _median_step(times: Sequence[float]) -> float:
    return median(after - before for before, after in pairwise(times))


def in_process(topic: str, name: str) -> dict[str, float]:
    """One contestant's values, from a process of its own.

    ``memory`` is its peak in MB, ``processor`` the seconds of processor time from its start to its end.
    """
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "tests.benchmarks.contestant", topic, name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        with process.stdout:
            written = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise ContestError(f"{topic}: {name} failed: {log.read()[-2000:].decode(errors='replace')}")
    found: dict[str, float] = json.loads(written.splitlines()[-1])
    processor = usage.ru_utime + usage.ru_stime
    return {"memory": usage.ru_maxrss / 1000, "processor": processor} | found


def data_folder() -> Path | None:
    """The folder with the published files, where there is one."""
    folder = os.environ.get("WORKBENCH_DATA")
    return Path(folder) if folder and (Path(folder) / "imdb.npz").exists() else None
