"""How outputs become an answer: the threshold between two classes and the temperature of the logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.prediction.answers import Prediction, interpret

THRESHOLD = 0.5
TINY = 1e-7


@dataclass(frozen=True, slots=True)
class Decision:
    """``threshold`` decides between two classes, chosen ``by`` "default", "f1", "cost" or "hand".

    ``temperature`` divides the logits: above 1 the probabilities are less sure, at 1 they are the network's own.
    """

    threshold: float = THRESHOLD
    by: str = "default"
    temperature: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether outputs are taken as they are."""
        return self.threshold == THRESHOLD and self.temperature == 1

    def predict(self, outputs: tuple[float, ...], labels: tuple[str, ...]) -> Prediction:
        """The answer that a network's own outputs for one sample stand for."""
        if self.plain or not labels:
            return interpret(outputs, labels)
        scaled = tuple(scale_outputs(np.array([outputs], np.float32), self.temperature)[0].tolist())
        found = interpret(scaled, labels)
        if len(outputs) > 1:
            return found
        return Prediction(scaled, labels[min(int(scaled[0] > self.threshold), len(labels) - 1)], scaled[0])


def scale_outputs(outputs: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Probabilities, float32 of shape (samples, outputs), with their logits divided by a temperature."""
    clipped = np.clip(outputs.astype(np.float64), TINY, 1 - TINY)
    if outputs.shape[1] == 1:
        logits = np.log(clipped / (1 - clipped)) / temperature
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
    logits = np.log(clipped) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
