"""The IMDB protocol: 20 epochs with validation, 10,000 words, 16-16-1, batches of 512."""

from __future__ import annotations

from importlib.util import find_spec

from engine.experiment.toml_file import load
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Contestant, Measurement, compete

WIDTH = 10_000

CONTESTANTS: dict[str, Contestant] = {
    "workbench": lambda: rivals.workbench(load("imdb")),
    "workbench, stored": lambda: rivals.stored(load("imdb")),
    "Keras dense": lambda: rivals.keras_dense(load("imdb"), WIDTH),
    "Keras sparse": lambda: rivals.keras_sparse(load("imdb"), WIDTH),
    "scikit-learn": lambda: rivals.sklearn_mlp(load("imdb"), WIDTH),
    "PyTorch": lambda: rivals.torch_bag(load("imdb"), WIDTH),
}


def measurements(rounds: int) -> list[Measurement]:
    """Times and memory against the others."""
    names = [name for name in CONTESTANTS if name != "PyTorch" or find_spec("torch")]
    found = compete("imdb", names, rounds)
    seconds = {name: measure["seconds"] for name, measure in found.items()}
    memory = {name: measure["memory"] for name, measure in found.items()}
    ours, bare = seconds["workbench"], seconds["Keras dense"]
    made = [
        Measurement("IMDB, 20 epochs, against Keras dense fit", bare / ours, "x faster", 6, 10, behind=seconds),
        Measurement("the same, against Keras sparse fit", seconds["Keras sparse"] / ours, "x faster"),
        Measurement(
            "the same, against scikit-learn's MLPClassifier without validation",
            ours / seconds["scikit-learn"], "x its time", 1.8, 1, more=False,
        ),
        Measurement(
            "the same, every epoch kept in the store", bare / seconds["workbench, stored"], "x faster", 6, 10
        ),
        Measurement(
            "peak memory, against Keras dense fit", memory["workbench"] / memory["Keras dense"], "of its memory",
            0.28, 0.25, more=False, behind=memory,
        ),
    ]  # fmt: skip
    if "PyTorch" in seconds:
        made.append(
            Measurement("the same, against PyTorch's EmbeddingBag", ours / seconds["PyTorch"], "x its time")
        )
    return made
