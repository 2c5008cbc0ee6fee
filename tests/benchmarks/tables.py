"""A table of a million rows, and 300,000 texts: read, read again, trained on, and that by the whole command."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.measuring import Clock, Contestant, Measurement, compete

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

ROWS, COLUMNS, TEXTS, WORDS = 1_000_000, 20, 300_000, 20

LAYERS = '[{kind="dense",units=32,activation="relu"},{kind="dense",units=1,activation="sigmoid"}]'
EPOCHS, BATCH = 2, 512

TIMED_EPOCHS = 5


def table() -> Path:
    """A made file of numbers and a target of two classes; made once in a home of the benchmarks."""
    import polars as pl

    path = Path(os.environ["WORKBENCH_HOME"]) / "table.csv"
    if not path.exists():
        random = np.random.default_rng(0)
        columns = {f"c{number}": random.normal(size=ROWS).round(4) for number in range(COLUMNS - 3)}
        columns |= {"big": random.integers(0, 100_000, ROWS), "small": random.integers(0, 10, ROWS)}
        score = columns["c0"] + columns["c1"] * columns["c2"] + random.normal(size=ROWS)
        pl.DataFrame(columns | {"y": (score > 0).astype(int)}).write_csv(path)
    return path


def texts() -> Path:
    """A made file of texts of two classes."""
    path = Path(os.environ["WORKBENCH_HOME"]) / "texts.csv"
    if not path.exists():
        random = np.random.default_rng(0)
        words = np.array([f"w{number}" for number in range(30_000)])
        kinds = random.integers(0, 2, TEXTS)
        ids = np.minimum(random.zipf(1.2, (TEXTS, WORDS)) - 1, len(words) - 1)
        ids[:, 0] = 100 + 100 * kinds + random.integers(0, 100, TEXTS)
        lines = (f"{' '.join(words[row])},{'ab'[kind]}\n" for row, kind in zip(ids, kinds.tolist(), strict=True))
        path.write_text("text,label\n" + "".join(lines))
    return path


def read() -> Mapping[str, float]:
    """Processor seconds of the first reading."""
    from engine.datasets.readers.formats import read
    from engine.datasets.readers.table import Options
    from engine.system.drain import drain

    path, began = table(), time.process_time()
    drain(read(path, Options()))
    return {"seconds": time.process_time() - began}


def polars_read() -> Mapping[str, float]:
    """Processor seconds of polars' own reading."""
    import polars as pl

    path, began = table(), time.process_time()
    pl.read_csv(path)
    return {"seconds": time.process_time() - began}


def again() -> Mapping[str, float]:
    """Seconds from the cache, and the process's peak memory, in sizes of the encoded matrix, before TensorFlow."""
    from engine import datasets, features
    from engine.experiment.model import Data
    from engine.system.drain import drain

    data, began = Data(dataset=str(table())), time.perf_counter()
    loaded = drain(datasets.load(data, 7))
    seconds = time.perf_counter() - began
    fitted = drain(features.fit(loaded, data, loaded.split.train))
    matrix = drain(fitted.encode_all(loaded))
    assert isinstance(matrix, np.ndarray)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1000
    return {"seconds": seconds, "times the matrix": peak / matrix.nbytes}


def experiment() -> Experiment:
    """The network that learns the table, for a few epochs."""
    from engine.experiment.layers import Dense
    from engine.experiment.model import Data, Experiment, Training

    layers = (Dense(units=32, activation="relu"), Dense(units=1, activation="sigmoid"))
    training = Training(batch_size=BATCH, epochs=TIMED_EPOCHS, metrics=("accuracy",))
    return Experiment(name="Table", data=Data(dataset=str(table())), layers=layers, training=training)


def epoch() -> Mapping[str, float]:
    """Seconds of an epoch after the first, with validation, each kept in the store."""
    from engine.events import Ended, EpochEnded, Status
    from engine.runs import RunStore
    from engine.training.run import Run

    clock = Clock()
    for event in RunStore().record(Run(experiment())):
        if isinstance(event, EpochEnded):
            clock.epoch_ended()
        assert not isinstance(event, Ended) or event.status is Status.FINISHED, event
    return clock.medians()


def keras_epoch() -> Mapping[str, float]:
    """The same by bare ``fit`` on the same arrays."""
    import keras

    from tests.benchmarks import rivals

    chosen, clock = experiment(), Clock()
    dataset, samples = rivals.encoded(chosen)
    parts = [(samples[part], dataset.targets[part]) for part in (dataset.split.train, dataset.split.validation)]
    (x, y), held_out = parts
    rivals.model(chosen, x.shape[1]).fit(
        x, y, epochs=TIMED_EPOCHS, batch_size=BATCH, validation_data=held_out, verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: clock.epoch_ended())],
    )  # fmt: skip
    return clock.medians()


def _timed(command: Sequence[str]) -> Mapping[str, float]:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return {"seconds": time.perf_counter() - began}


def command(kind: str) -> Mapping[str, float]:
    """Seconds of ``workbench train`` on a file that was read before."""
    settings = [f"training.epochs={EPOCHS}", f"training.batch_size={BATCH}"]
    settings += [f"layers={LAYERS}"] if kind == "table" else []
    path = table() if kind == "table" else texts()
    asked = [part for setting in settings for part in ("--set", setting)]
    return _timed([sys.executable, "-m", "workbench", "train", str(path), *asked])


def rival(name: str) -> Mapping[str, float]:
    """Seconds of another program in a process of its own."""
    return _timed([sys.executable, "-m", "tests.benchmarks.contestant", "tables", name])


def pandas_keras() -> Mapping[str, float]:
    """pandas, scikit-learn's scaler and Keras ``fit``, with the same splits."""
    import keras
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    frame = pd.read_csv(table())
    x, y = frame.drop(columns="y").to_numpy(np.float32), frame["y"].to_numpy(np.float32)
    x, _, y, _ = train_test_split(x, y, test_size=0.2, random_state=7)
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.2, random_state=7)
    scaler = StandardScaler().fit(x)
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((x.shape[1],)), *layers])
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    held_out = scaler.transform(x_val), y_val
    model.fit(scaler.transform(x), y, batch_size=BATCH, epochs=EPOCHS, validation_data=held_out, verbose=0)
    return {}


def count_vectorizer() -> Mapping[str, float]:
    """CountVectorizer and MLPClassifier, without validation."""
    import warnings

    import pandas as pd
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier

    frame = pd.read_csv(texts())
    train, _, y, _ = train_test_split(frame["text"], frame["label"], test_size=0.36, random_state=7)
    x = CountVectorizer(max_features=10_000, binary=True).fit_transform(train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MLPClassifier((16, 16), batch_size=BATCH, max_iter=EPOCHS, random_state=7).fit(x, y)
    return {}


COMPETING = (
    "read",
    "polars",
    "again",
    "epoch",
    "Keras epoch",
    "command, table",
    "pandas + Keras",
    "command, texts",
    "CountVectorizer + MLP",
)

CONTESTANTS: dict[str, Contestant] = {
    "read": read,
    "polars": polars_read,
    "again": again,
    "epoch": epoch,
    "Keras epoch": keras_epoch,
    "command, table": partial(command, "table"),
    "pandas + Keras": partial(rival, "pandas_keras"),
    "command, texts": partial(command, "texts"),
    "CountVectorizer + MLP": partial(rival, "count_vectorizer"),
    "pandas_keras": pandas_keras,
    "count_vectorizer": count_vectorizer,
}


def measurements(rounds: int) -> list[Measurement]:
    """The files are made and read once before anything is measured."""
    for kind in ("table", "texts"):
        command(kind)
    found = compete("tables", COMPETING, rounds)
    return list(_measurements({name: values["seconds"] for name, values in found.items()}, found["again"]))


def _measurements(seconds: Mapping[str, float], again: Mapping[str, float]) -> Iterator[Measurement]:
    first = seconds["read"] / seconds["polars"]
    yield Measurement(
        "1,000,000 x 20 table, first reading, processor time against polars", first, "x", 1.5, more=False
    )
    yield Measurement("the table from the cache", again["seconds"], "s", 1, more=False)
    held = again["times the matrix"]
    yield Measurement("peak memory before TensorFlow", held, "x the float32 matrix", 4, more=False)
    ours, theirs = seconds["epoch"], seconds["Keras epoch"]
    yield Measurement(
        "an epoch of Dense 32-1 at batch 512, stored, against Keras fit", theirs / ours, "x faster", 5,
        behind={"workbench": ours, "Keras": theirs},
    )  # fmt: skip
    mlp = "CountVectorizer + MLP"
    pairs = (
        ("the table, 2 epochs, whole command, against pandas + Keras fit", "table", "pandas + Keras", 2.5, 3.5),
        (f"300,000 texts, 2 epochs, whole command, against {mlp}", "texts", mlp, 1, 2),
    )
    for work, kind, other, bar, aim in pairs:
        ours, theirs = seconds[f"command, {kind}"], seconds[other]
        yield Measurement(work, theirs / ours, "x faster", bar, aim, behind={"workbench": ours, other: theirs})
