"""Predictions on rows as a person reads them, and each word's part in them.

Importing this module does not import TensorFlow; the first prediction does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, Rows
from engine.datasets.ragged import Ragged
from engine.experiment.model import Experiment
from engine.features.encoding import Features
from engine.system.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from engine.network.build import Network

COURSE_REVIEWS = ("please give this one a miss", "this film is where the batman franchise")
"""How the two reviews begin that the course looks at."""

BATCH_ROWS = 512
"""Rows predicted in one call."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A held-out row to watch: its number in the data set, its true class or figure, and how it reads.

    ``ids`` are the row's word ids (int32) or its columns (float32), as the data set has them; ``decoded`` is
    the text as the network reads it, ``?`` for words it does not know; ``original`` the source's own text,
    where it has it. ``course`` marks the reviews that the course looks at.
    """

    row: int
    label: str
    target: float
    ids: NDArray[Any]
    decoded: str
    original: str | None = None
    course: bool = False


@dataclass(frozen=True, slots=True)
class Prediction:
    """A network's answer for one row: its outputs, the label it stands for, and the figure behind it.

    ``value`` is the probability of the second class for one sigmoid output, the predicted class's probability
    for several outputs, and the predicted figure for regression, where ``label`` is empty.
    """

    outputs: tuple[float, ...]
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class WordEffect:
    """How much higher the prediction is for having this word (every occurrence of it), by leaving it out."""

    word: str
    effect: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A prediction, the row as the network reads it, word by word, and each distinct word's effect.

    ``effects`` are sorted by strength, the strongest first; for columns, a word is a column's name.
    """

    prediction: Prediction
    words: tuple[str, ...]
    effects: tuple[WordEffect, ...]


class Predictor:
    """A network with a copy of a run's weights, to be asked from any thread while the run goes on."""

    def __init__(self, experiment: Experiment, features: Features, weights: Sequence[NDArray[Any]]) -> None:
        self.experiment = experiment
        self.features = features
        self._weights: Sequence[NDArray[Any]] | None = weights
        self._network: Network | None = None
        self._lock = threading.Lock()

    def update(self, weights: Sequence[NDArray[Any]]) -> None:
        """Answer with these weights from now on."""
        with self._lock:
            self._weights = weights

    def outputs(self, rows: Rows) -> NDArray[np.float32]:
        """The network's outputs for rows as a data set has them: float32 of shape (rows, outputs)."""
        return self.answers(self.features.encode(rows))

    def answers(self, encoded: Rows) -> NDArray[np.float32]:
        """The network's outputs for rows that are encoded already: float32 of shape (rows, outputs)."""
        return self._answers([encoded])

    def predict(self, samples: Sequence[Sample]) -> tuple[Prediction, ...]:
        """The answers for these samples."""
        if not samples:
            return ()
        return tuple(self._prediction(row) for row in self.outputs(_rows([s.ids for s in samples])))

    def explain(self, ids: NDArray[Any]) -> Explanation:
        """The answer for one row, and each word's part in it: the prediction less that without the word.

        Exact: every distinct word the network can see is left out in turn (all of its occurrences), in
        large batches (leave-one-out occlusion, Zeiler and Fergus 2014; Li, Monroe and Jurafsky 2016). A column is
        left out by giving it its mean over the training rows.
        """
        words, parts = self.features.without(ids)
        outputs = self._answers(parts)
        prediction = self._prediction(outputs[0])
        place = int(outputs[0].argmax()) if len(outputs[0]) > 1 else 0
        effects = (outputs[0, place] - outputs[1:, place]).tolist()
        named = [WordEffect(word, effect) for word, effect in zip(words, effects, strict=True)]
        named.sort(key=lambda part: -abs(part.effect))
        return Explanation(prediction, tuple(self.features.words(ids)), tuple(named))

    def explain_text(self, text: str) -> Explanation:
        """As :meth:`explain`, for a text of one's own."""
        return self.explain(self.features.ids(text))

    def _answers(self, several: Iterable[Rows]) -> NDArray[np.float32]:
        """The outputs for encoded rows in several parts, all of them with the same weights."""
        with self._lock:
            network = self._ready()
            parts = [
                self._answer(network, _slice(encoded, place))
                for encoded in several
                for place in range(0, len(encoded), BATCH_ROWS)
            ]
        return np.concatenate(parts) if parts else np.empty((0, network.outputs), np.float32)

    def _answer(self, network: Network, encoded: Rows) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = self._call(network.reader.feed(encoded), len(encoded)).numpy()
        return answer

    def _prediction(self, outputs: NDArray[np.float32]) -> Prediction:
        return interpret(tuple(outputs.tolist()), self.features.labels)

    def _ready(self) -> Network:
        if self._network is None:
            start_tensorflow()
            import tensorflow as tf

            from engine.network.build import build

            self._network = build(self.experiment, self.features)
            signature = [self._network.reader.signature, tf.TensorSpec([], tf.int64)]
            self._call = tf.function(self._forward, signature, autograph=False)
        if self._weights is not None:
            self._network.set_weights(self._weights)
            self._weights = None
        return self._network

    def _forward(self, feed: Any, rows: Any) -> Any:
        assert self._network is not None
        inputs = self._network.reader.inputs(feed, rows - rows, rows)
        return self._network.model(inputs, training=False)


def interpret(outputs: tuple[float, ...], labels: tuple[str, ...]) -> Prediction:
    """What a network's outputs for one row say, with the data set's labels (none for regression)."""
    if not labels:
        return Prediction(outputs, "", outputs[0])
    if len(outputs) == 1:
        return Prediction(outputs, labels[min(int(outputs[0] > 0.5), len(labels) - 1)], outputs[0])
    place = int(np.argmax(outputs))
    return Prediction(outputs, labels[place] if place < len(labels) else str(place), outputs[place])


def samples(dataset: Dataset, features: Features, count: int = 20) -> tuple[Sample, ...]:
    """The first held-out rows (test, else validation), led by the course's reviews where the data has them."""
    split = dataset.split
    held_out = split.test if len(split.test) else split.validation
    found = _course_rows(dataset, features, held_out)
    rest = [row for row in held_out[:count].tolist() if row not in found]
    rows = (found + rest)[:count]
    return tuple(sample(dataset, features, row, course=row in found) for row in rows)


def classes_of(outputs: NDArray[np.float32]) -> NDArray[np.int64]:
    """The predicted class of each row: int64 of shape (rows,), from one sigmoid output or one for each class."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.5).astype(np.int64)
    return np.asarray(outputs.argmax(axis=1), np.int64)


def sample(dataset: Dataset, features: Features, row: int, course: bool = False) -> Sample:
    """One row of a data set, ready to be shown and predicted."""
    target = float(dataset.targets[row])
    label = dataset.labels[int(target)] if dataset.labels else ""
    original = dataset.original(row) if dataset.original else None
    ids = np.array(dataset.rows[row])
    return Sample(row, label, target, ids, features.decode(ids), original, course)


def _course_rows(dataset: Dataset, features: Features, rows: NDArray[np.int64]) -> list[int]:
    """The rows that begin as the course's reviews do, whatever the source's order of rows."""
    if dataset.kind != "text" or not isinstance(dataset.rows, Ragged):
        return []
    found: list[int] = []
    for beginning in COURSE_REVIEWS:
        ids = features.ids(beginning)
        if 2 in ids[1:]:
            continue
        fits = rows[dataset.rows.lengths[rows] >= len(ids)]
        starts = dataset.rows.offsets[fits]
        same = (dataset.rows.values[starts[:, None] + np.arange(len(ids))] == ids).all(axis=1)
        found += fits[same][:1].tolist()
    return found


def _rows(rows: Sequence[NDArray[Any]]) -> Rows:
    return Ragged.of(rows) if rows[0].dtype.kind == "i" else np.stack(rows)


def _slice(rows: Rows, place: int) -> Rows:
    if isinstance(rows, np.ndarray):
        return rows[place : place + BATCH_ROWS]
    return rows.take(np.arange(place, min(place + BATCH_ROWS, len(rows))))
