"""A network's outputs on one split, with the targets: the input of all evaluations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.prediction.decision import THRESHOLD, Decision, scale_outputs


@dataclass(frozen=True, eq=False)
class SplitOutputs:
    """The outputs for the samples ``indices`` of a data set's ``split`` ("train", "validation" or "test").

    ``indices`` is int64 of shape (samples,), ``targets`` class numbers or values of the same shape. ``outputs``
    has shape (samples, outputs), with one sigmoid output, one output per class, or one value: float32, or float64
    for values. ``labels`` are the classes' names, empty for regression. ``threshold`` decides between two classes.
    """

    split: str
    indices: NDArray[np.int64]
    targets: NDArray[Any]
    outputs: NDArray[np.floating[Any]]
    labels: tuple[str, ...] = ()
    threshold: float = THRESHOLD

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def regression(self) -> bool:
        """Whether a value rather than a class is predicted."""
        return not self.labels

    @property
    def binary(self) -> bool:
        """Whether one output distinguishes two classes."""
        return bool(self.labels) and self.outputs.shape[1] == 1

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """The probability of each class: float64 of shape (samples, classes); each row sums to 1."""
        outputs = self.outputs.astype(np.float64)
        if self.binary:
            return np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
        return np.asarray(outputs / np.maximum(outputs.sum(axis=1, keepdims=True), 1e-12))

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The predicted class of each sample: int64 of shape (samples,)."""
        if self.outputs.shape[1] == 1:
            return (self.outputs[:, 0] > self.threshold).astype(np.int64)
        return np.asarray(self.outputs.argmax(axis=1), np.int64)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each sample's class is predicted correctly: bool of shape (samples,)."""
        return np.asarray(self.predicted == self.targets, bool)

    @cached_property
    def desired(self) -> NDArray[np.float64]:
        """The target of each output: float64 of the outputs' shape, one-hot for several outputs."""
        targets = np.asarray(self.targets, np.float64)[:, None]
        width = self.outputs.shape[1]
        return targets if width == 1 else (targets == np.arange(width)).astype(np.float64)

    @property
    def errors(self) -> NDArray[np.float64]:
        """The outputs minus their targets: float64 of shape (samples, outputs)."""
        return self.outputs.astype(np.float64) - self.desired

    def decided(self, decision: Decision) -> SplitOutputs:
        """Return the outputs with a decision's temperature and threshold; regression outputs are unchanged."""
        if decision.plain or self.regression:
            return self
        outputs = scale_outputs(self.outputs, decision.temperature)
        return replace(self, outputs=outputs, threshold=decision.threshold if self.binary else THRESHOLD)

    def take(self, chosen: NDArray[Any]) -> SplitOutputs:
        """Return the outputs for some of the samples, by position or mask."""
        return replace(
            self, indices=self.indices[chosen], targets=self.targets[chosen], outputs=self.outputs[chosen]
        )
