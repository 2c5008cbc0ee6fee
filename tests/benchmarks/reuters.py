"""The Reuters protocol: 20 epochs with validation, 10,000 words, 64-64-46, batches of 512."""

from __future__ import annotations

from engine.experiment.toml_file import load
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete, data_folder

CONTESTANTS: dict[str, Contestant] = {
    "workbench": lambda: rivals.workbench(load("reuters")),
    "Keras dense": lambda: rivals.keras_dense(load("reuters"), 10_000),
}


def measurements(rounds: int) -> list[Measurement]:
    """The time against bare Keras; nothing where Reuters is not on this machine."""
    if data_folder() is None:
        return []
    found = compete("reuters", list(CONTESTANTS), rounds)
    seconds = {name: measure["seconds"] for name, measure in found.items()}
    ratio = seconds["Keras dense"] / seconds["workbench"]
    return [Measurement("Reuters, 20 epochs, against Keras dense fit", ratio, "x faster", 4, 8, behind=seconds)]
