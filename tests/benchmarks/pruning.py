"""A search with and without pruning, by the command: 16 settings of the course's network on 4 folds of IMDB."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial

from tests.benchmarks.measuring import Contestant, Measurement, Medians, compete

GRID = ("layers.0.units+layers.1.units=4,16,64,128", "training.learning_rate=0.0001,0.0003,0.001,0.003")
FOLDS, EPOCHS = 4, 4


def searched(*options: str) -> Mapping[str, float]:
    """Seconds of ``workbench search``, its best mean score, that setting's index in the grid, and the epochs."""
    grid = [part for axis in GRID for part in ("--grid", axis)]
    rest = ["--folds", str(FOLDS), "--set", f"training.epochs={EPOCHS}", "--fresh", "--json", *options]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "search", "imdb", *grid, *rest], check=True, stdout=subprocess.PIPE
    )
    seconds = time.perf_counter() - began
    found = json.loads(done.stdout)
    index = next(index for index, one in enumerate(found["results"]) if one["params"] == found["best"]["params"])
    best = found["best"]["mean_test_score"]
    return {"seconds": seconds, "best": best, "setting": index, "epochs": found["epochs_trained"]}


CONTESTANTS: dict[str, Contestant] = {"whole": searched, "pruned": partial(searched, "--prune")}


def measurements(rounds: int) -> list[Measurement]:
    """The time saved, and the score given up: both train the same folds, so equal settings have equal scores."""
    return list(_measurements(compete("pruning", list(CONTESTANTS), rounds)))


def _measurements(found: Medians) -> Iterator[Measurement]:
    whole, pruned = found["whole"], found["pruned"]
    behind = {f"{name}, {measure}": value for name, values in found.items() for measure, value in values.items()}
    work = "search with pruning, 16 settings on 4 folds of IMDB, whole command, against without"
    yield Measurement(work, whole["seconds"] / pruned["seconds"], "x faster", 1.6, 2, behind=behind)
    lost = whole["best"] - pruned["best"]
    yield Measurement("accuracy that pruning gives up in it", lost, "of 1", 0.005, 0, more=False, behind=behind)
