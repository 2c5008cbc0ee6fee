"""Describes parts of an experiment in short lines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine import datasets
from engine.checks.shapes import Shape
from engine.events import DataFacts, Preparing
from engine.experiment.model import Data, Training
from workbench.text.numbers import duration

if TYPE_CHECKING:
    from engine.training.cost_estimate import Estimate


def shape(sizes: Shape | None) -> str:
    """Format the output shape of one sample: ``16``, ``256×16``."""
    return "×".join(f"{size:,}" for size in sizes) if sizes else "?"


def dataset_title(name: str) -> str:
    """Return a data set's title, or the last part of the path of a user's own data."""
    entry = datasets.entry(name)
    return entry.title if entry else name.rstrip("/").rpartition("/")[2]


def data_lines(data: Data, facts: DataFacts | None, kind: str = "", columns: int | None = None) -> tuple[str, str]:
    """Describe the samples and how they are read; ``kind`` and ``columns`` are of a user's own file once it is
    read.
    """
    first = dataset_title(data.dataset)
    if facts:
        source = facts.source.rpartition("/")[2]
        first += f" · {facts.train + facts.validation + facts.test:,} {source if source != first else 'samples'}"
    elif data.rows:
        first += f" · {data.rows:,} samples"
    entry = datasets.entry(data.dataset)
    if (kind or _kind(data)) == "columns":
        count = entry.columns if entry else columns
        words = [f"{count:,} columns" if count else "a table", "scaled" if data.scaling != "none" else "unscaled"]
        return first, " · ".join([*words, *([f"predicts {data.target}"] if data.target else [])])
    second = f"{data.vocabulary:,} words · {data.encoding}"
    return first, second + (f" {data.length}" if data.encoding == "sequence" else "")


def _kind(data: Data) -> str:
    """Return text or columns, as the settings say: a user's own file is a table unless they say otherwise."""
    entry = datasets.entry(data.dataset)
    if entry:
        return entry.kind
    return "text" if data.text is not None or os.path.isdir(data.dataset) else "columns"


def split_line(facts: DataFacts) -> str:
    """Format the numbers of training, validation and test samples."""
    return f"{facts.train:,} train · {facts.validation:,} val · {facts.test:,} test"


def samples_line(facts: DataFacts) -> str:
    """Like :func:`split_line` in full words, as the commands print it."""
    return f"{facts.train:,} train, {facts.validation:,} validation, {facts.test:,} test samples"


def loss_line(training: Training) -> str:
    """Name the loss and the metrics."""
    loss = training.loss.replace("_", " ") if len(training.loss) > 5 else training.loss.upper()
    return " · ".join([loss, *training.metrics])


def training_lines(training: Training, seed: int) -> tuple[str, ...]:
    """Describe the optimizer and its settings in two lines."""
    momentum = f" momentum {training.momentum:g}" if training.momentum else ""
    lines = [
        f"{training.optimizer} {training.learning_rate:g}{momentum} · {training.epochs} × {training.batch_size}"
    ]
    more = []
    if training.early_stopping:
        more.append(f"stops after {training.early_stopping.patience} worse")
    if training.reduce_on_plateau:
        more.append(f"rate × {training.reduce_on_plateau.factor:g} on a plateau")
    more.append(f"seed {seed}")
    return (*lines, " · ".join(more))


def ready_words(estimate: Estimate | None) -> str:
    """Say that an experiment can run, with the estimated time and memory if they are known."""
    if estimate is None:
        return "ready to run"
    return f"ready · about {duration(estimate.seconds, roughly=True)}, {estimate.memory / 1e9:.1f} GB"


def share_done(step: Preparing) -> str:
    """Name a stage of preparing, with the share done if it is known: ``reading 40%``."""
    return f"{step.stage} {step.done / step.total:.0%}" if step.total else step.stage


def count_done(step: Preparing) -> str:
    """Name a stage of preparing, with the count done: ``predicting · 200 of 5,000``."""
    return f"{step.stage} · {step.done:,} of {step.total:,}" if step.total else step.stage
