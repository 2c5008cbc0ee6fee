"""Predicts samples, and measures each word's effect on a prediction.

Importing this module does not import TensorFlow; the first prediction does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples
from engine.experiment.model import Experiment
from engine.features import Encoded, Features
from engine.prediction.answers import Prediction, interpret
from engine.prediction.decision import PLAIN, Decision, scale_outputs
from engine.prediction.samples import Sample
from engine.system.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from engine.network.build import Network

BATCH_SAMPLES = 512
"""Number of samples predicted in one call."""


@dataclass(frozen=True, slots=True)
class WordEffect:
    """The increase of the prediction by all occurrences of a word, measured by leaving them out."""

    word: str
    effect: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A prediction, the sample's words as the network reads them, and each distinct word's effect.

    ``effects`` are sorted by strength, strongest first; for columns, a word is a column's name. ``decision`` says
    how the outputs became a prediction.
    """

    prediction: Prediction
    words: tuple[str, ...]
    effects: tuple[WordEffect, ...]
    decision: Decision = PLAIN


class Predictor:
    """A network with a copy of a run's weights; it can be used from any thread while the run continues.

    Predictions and explanations apply ``decision``; outputs and answers are the network's own.
    """

    def __init__(
        self,
        experiment: Experiment,
        features: Features,
        weights: Sequence[NDArray[Any]],
        decision: Decision = PLAIN,
    ) -> None:
        self.experiment = experiment
        self.features = features
        self.decision = decision
        self._weights: Sequence[NDArray[Any]] | None = weights
        self._network: Network | None = None
        self._lock = threading.Lock()

    def update(self, weights: Sequence[NDArray[Any]]) -> None:
        """Use these weights from now on."""
        with self._lock:
            self._weights = weights

    def outputs(self, samples: RawSamples) -> NDArray[np.floating[Any]]:
        """Return the network's outputs for samples of a data set: shape (samples, outputs)."""
        return self.answers(self.features.encode(samples))

    def answers(self, encoded: Encoded) -> NDArray[np.floating[Any]]:
        """Return the network's outputs for encoded samples: shape (samples, outputs)."""
        return self._answers([encoded])

    def predict(self, samples: Sequence[Sample]) -> tuple[Prediction, ...]:
        """Return the predictions for these samples."""
        if not samples:
            return ()
        encoded = self.features.encode_samples([sample.ids for sample in samples])
        return tuple(self._prediction(sample) for sample in self.answers(encoded))

    def explain(self, ids: Any) -> Explanation:
        """Return a sample's prediction, and each word's effect: the prediction minus that without the word.

        Exact: every distinct word that the network can see is left out in turn (all of its occurrences), in large
        batches (leave-one-out occlusion, Zeiler and Fergus 2014; Li, Monroe and Jurafsky 2016). A column is left
        out by replacing it with its mean over the training samples.
        """
        words, parts = self.features.without(ids)
        outputs = self._answers(parts)
        prediction = self._prediction(outputs[0])
        outputs = scale_outputs(outputs, self.decision.temperature)
        output = int(outputs[0].argmax()) if len(outputs[0]) > 1 else 0
        effects = (outputs[0, output] - outputs[1:, output]).tolist()
        named = [WordEffect(word, effect) for word, effect in zip(words, effects, strict=True)]
        named.sort(key=lambda part: -abs(part.effect))
        return Explanation(prediction, tuple(self.features.words(ids)), tuple(named), self.decision)

    def explain_text(self, text: str) -> Explanation:
        """Like :meth:`explain`, for a user's own text."""
        return self.explain(self.features.ids(text))

    def _answers(self, several: Iterable[Encoded]) -> NDArray[np.floating[Any]]:
        """Return the outputs for encoded samples in several parts, all with the same weights."""
        with self._lock:
            network = self._ready()
            parts = [
                self._answer(network, _slice(encoded, start))
                for encoded in several
                for start in range(0, len(encoded), BATCH_SAMPLES)
            ]
        return np.concatenate(parts) if parts else np.empty((0, network.outputs), np.float32)

    def _answer(self, network: Network, encoded: Encoded) -> NDArray[np.floating[Any]]:
        answer: NDArray[np.float32] = self._call(network.adapter.feed(encoded), len(encoded)).numpy()
        return self.features.target.unscaled(answer)

    def _prediction(self, outputs: NDArray[np.floating[Any]]) -> Prediction:
        return interpret(tuple(outputs.tolist()), self.features.labels, self.decision)

    def _ready(self) -> Network:
        if self._network is None:
            start_tensorflow()
            import tensorflow as tf

            from engine.network.build import build

            self._network = build(self.experiment, self.features)
            signature = [self._network.adapter.signature, tf.TensorSpec([], tf.int64)]
            self._call = tf.function(self._forward, signature, autograph=False)
        if self._weights is not None:
            self._network.set_weights(self._weights)
            self._weights = None
        return self._network

    def _forward(self, feed: Any, samples: Any) -> Any:
        assert self._network is not None
        inputs = self._network.adapter.inputs(feed, samples - samples, samples)
        return self._network.model(inputs, training=False)


def _slice(samples: Encoded, start: int) -> Encoded:
    if isinstance(samples, np.ndarray):
        return samples[start : start + BATCH_SAMPLES]
    return samples.take(np.arange(start, min(start + BATCH_SAMPLES, len(samples))))
