"""A run's parts in words, safe to print wherever they came from."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experiment.model import Experiment
from engine.runs import RunRecord


def printable(text: str) -> str:
    """``text`` on one line, white space as spaces, whatever could act on a terminal or editor replaced."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


def data_words(record: RunRecord) -> str:
    """Where the samples came from, and how many there were in each split."""
    facts, data = record.data, record.experiment.data
    if facts is None:
        return printable(data.dataset)
    counts = f"{facts.train:,} training, {facts.validation:,} validation and {facts.test:,} test samples"
    return f"{printable(facts.dataset)} ({printable(facts.source)}), {counts}"


def encoding_words(experiment: Experiment) -> str:
    """How a sample of text or columns is encoded."""
    from engine.checks.shapes import reading

    data = experiment.data
    form, _ = reading(experiment)
    if form == "columns":
        return f"{data.scaling} scaling of columns"
    length = f", {data.length} long" if form == "sequence" else ""
    return f"{data.encoding}{length}, {data.vocabulary:,} words"


def training_words(experiment: Experiment) -> str:
    """Loss, optimiser, epochs and batches."""
    training = experiment.training
    return (
        f"{training.loss}, {training.optimizer} {training.learning_rate:g}, "
        f"{training.epochs:,} epochs in batches of {training.batch_size:,}"
    )


def scores_line(scores: Mapping[str, float]) -> str:
    """Scores by name: ``loss 0.2873, accuracy 0.8845``."""
    return ", ".join(f"{name} {value:.4g}" for name, value in scores.items())
