"""Descriptions of parts of a run as plain text, without control characters."""

from __future__ import annotations

from collections.abc import Mapping

from engine.checks.shapes import reading
from engine.experiment.model import Experiment
from engine.runs import RunRecord
from engine.system.plain_text import plain


def data_words(record: RunRecord) -> str:
    """Describe the origin of the samples and the sizes of the splits."""
    facts, data = record.data, record.experiment.data
    if facts is None:
        return plain(data.dataset)
    counts = f"{facts.train:,} training, {facts.validation:,} validation and {facts.test:,} test samples"
    return f"{plain(facts.dataset)} ({plain(facts.source)}), {counts}"


def encoding_words(experiment: Experiment) -> str:
    """Describe the encoding of text or columns."""
    data = experiment.data
    form, _ = reading(experiment)
    if form == "columns":
        return f"{data.scaling} scaling of columns"
    length = f", {data.length} long" if form == "sequence" else ""
    return f"{data.encoding}{length}, {data.vocabulary:,} words"


def training_words(experiment: Experiment) -> str:
    """Describe loss, optimiser, epochs and batches."""
    training = experiment.training
    return (
        f"{training.loss}, {training.optimizer} {training.learning_rate:g}, "
        f"{training.epochs:,} epochs in batches of {training.batch_size:,}"
    )


def scores_line(scores: Mapping[str, float]) -> str:
    """Format scores by name: ``loss 0.2873, accuracy 0.8845``."""
    return ", ".join(f"{name} {value:.4g}" for name, value in scores.items())
