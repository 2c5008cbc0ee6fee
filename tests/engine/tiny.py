"""Small data sets made up on the spot, in the shape of every source, for tests of what stands above them."""

from __future__ import annotations

import numpy as np

from engine.datasets.dataset import Dataset, Split, Task
from engine.datasets.ragged import Ragged
from engine.datasets.text import Vocabulary
from engine.experiment.layers import Dense, Layer
from engine.experiment.model import Data, Experiment, Training

WORDS = 60
"""Distinct words of the made-up reviews."""


def text(count: int = 90, seed: int = 3, classes: int = 2) -> Dataset:
    """Reviews of 1 to 40 ids; a class's own words come up more often in it."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, classes, count)
    reviews = []
    for target in targets:
        common = generator.integers(3, WORDS + 3, generator.integers(1, 30))
        own = 3 + target * 5 + generator.integers(0, 5, generator.integers(0, 11))
        reviews.append(np.concatenate([[1], common, own]))
    return Dataset(
        name="tiny",
        title="Tiny reviews",
        kind="text",
        task="binary" if classes == 2 else "classes",
        samples=Ragged.of(reviews),
        targets=targets,
        split=_split(count),
        source="made up",
        digest="tiny-text",
        labels=("neg", "pos") if classes == 2 else tuple(f"topic {number}" for number in range(classes)),
        vocabulary=Vocabulary(tuple(f"word{number}" for number in range(WORDS))),
        ranked=True,
    )


def columns(count: int = 90, task: Task = "regression", classes: int = 3, seed: int = 5) -> Dataset:
    """Five columns of unlike scales; the target is a noisy sum of them, or its quantile as a class."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(count, 5)) * [1, 10, 0.1, 5, 2] + [0, 50, 1, 0, -3]
    score = values @ [1, 0.1, 10, 0.2, 0.5] + generator.normal(size=count) * 0.1
    ranks = score.argsort().argsort() * classes // count
    return Dataset(
        name="tiny",
        title="Tiny columns",
        kind="columns",
        task=task,
        samples=values.astype(np.float32),
        targets=score.astype(np.float32) if task == "regression" else ranks.astype(np.int64),
        split=_split(count),
        source="made up",
        digest=f"tiny-{task}",
        labels=() if task == "regression" else tuple("abcdefgh"[:classes]),
        columns=("first", "second", "third", "fourth", "fifth"),
    )


def experiment(*layers: Layer, data: dict[str, object] | None = None, **training: object) -> Experiment:
    """An experiment of a few quick epochs on such data."""
    settings = {"batch_size": 16, "epochs": 3, "metrics": ("accuracy",)} | training
    return Experiment(
        name="tiny",
        data=Data(**({"vocabulary": WORDS, "length": 24} | (data or {}))),  # type: ignore[arg-type]
        layers=layers or (Dense(units=4, activation="relu"), Dense(units=1, activation="sigmoid")),
        training=Training(**settings),  # type: ignore[arg-type]
    )


def _split(count: int) -> Split:
    order = np.random.default_rng(1).permutation(count).astype(np.int64)
    return Split(order[: count * 6 // 10], order[count * 6 // 10 : count * 8 // 10], order[count * 8 // 10 :])
