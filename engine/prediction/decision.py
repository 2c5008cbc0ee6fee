"""The conversion of outputs to predictions: the threshold between two classes and the temperature of the logits.

The screen imports this module before there is a run, so NumPy is only loaded to apply a temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THRESHOLD = 0.5
TINY = 1e-7


@dataclass(frozen=True, slots=True)
class Decision:
    """A ``threshold`` between two classes, chosen ``by`` "default", "f1", "cost" or "hand", and a ``temperature``.

    The temperature divides the logits: above 1 probabilities become less confident; 1 leaves them unchanged.
    """

    threshold: float = THRESHOLD
    by: str = "default"
    temperature: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether outputs are used unchanged."""
        return self.threshold == THRESHOLD and self.temperature == 1

    @property
    def words(self) -> str:
        """Differences from the default, such as "threshold 0.420 (by f1), temperature 1.30"; may be empty."""
        parts = [f"threshold {self.threshold:.3f} (by {self.by})"] if self.threshold != THRESHOLD else []
        return ", ".join([*parts, *([f"temperature {self.temperature:.2f}"] if self.temperature != 1 else [])])

    def scaled(self, outputs: tuple[float, ...]) -> tuple[float, ...]:
        """Return the outputs for one sample at this temperature."""
        if self.temperature == 1:
            return outputs
        import numpy as np

        return tuple(scale_outputs(np.array([outputs], np.float32), self.temperature)[0].tolist())


PLAIN = Decision()


def scale_outputs(outputs: NDArray[np.floating[Any]], temperature: float) -> NDArray[np.float32]:
    """Divide the logits of probabilities, float32 of shape (samples, outputs), by a temperature."""
    if temperature == 1:
        return outputs
    import numpy as np

    clipped = np.clip(outputs.astype(np.float64), TINY, 1 - TINY)
    if outputs.shape[1] == 1:
        logits = np.log(clipped / (1 - clipped)) / temperature
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
    logits = np.log(clipped) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
