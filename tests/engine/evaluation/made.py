"""Made-up outputs of networks, with a known quality."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.split_outputs import SplitOutputs


def binary(samples: int = 400, seed: int = 0, strength: float = 1.5, split: str = "validation") -> SplitOutputs:
    """Two classes; the higher ``strength``, the better the probabilities tell them apart."""
    random = np.random.default_rng(seed)
    targets = (random.random(samples) < 0.4).astype(np.int64)
    logits = strength * (2 * targets - 1) + random.normal(0, 1.5, samples)
    outputs = (1 / (1 + np.exp(-logits))).astype(np.float32)[:, None]
    return SplitOutputs(split, np.arange(samples, dtype=np.int64), targets, outputs, ("negative", "positive"))


def several(samples: int = 400, classes: int = 3, seed: int = 0) -> SplitOutputs:
    """Several classes, right two times out of three or so."""
    random = np.random.default_rng(seed)
    targets = random.integers(classes, size=samples)
    logits = 1.5 * np.eye(classes)[targets] + random.normal(0, 1, (samples, classes))
    powers = np.exp(logits)
    outputs = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    labels = tuple("abcdefgh"[:classes])
    return SplitOutputs("validation", np.arange(samples, dtype=np.int64), targets, outputs, labels)


def values(samples: int = 200, seed: int = 0, noise: float = 2.0) -> SplitOutputs:
    """A value to predict, and predictions that miss it by normal errors."""
    random = np.random.default_rng(seed)
    targets: NDArray[Any] = random.normal(20, 8, samples).astype(np.float32)
    outputs = (targets + random.normal(0, noise, samples)).astype(np.float32)[:, None]
    return SplitOutputs("validation", np.arange(samples, dtype=np.int64), targets, outputs)
