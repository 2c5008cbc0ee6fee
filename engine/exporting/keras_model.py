"""A run's network as a ``.keras`` file that bare Keras loads in safe mode."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.experiment.model import Experiment
from engine.features.encoding import Features
from engine.system.tensorflow_start import start_tensorflow

README = "README.txt"
"""The member of the file that says what the model reads; Keras passes over it."""

SCALES = (1e-6, 1e18)
"""Standard deviations that ``keras.layers.Normalization`` can divide by in float32; beyond, another layer does."""


def saved_model(experiment: Experiment, features: Features, weights: Sequence[NDArray[Any]]) -> bytes:
    """The bytes of a ``.keras`` file with these weights.

    The model reads float32 columns as the data set has them and scales them itself, float32 bags of words, or
    int32 word ids padded in front. A text file inside says so, and what has to be done before.
    """
    start_tensorflow()
    import keras

    from engine.network.build import plain

    network = plain(experiment, features, weights)
    inputs = keras.Input(features.shape, dtype=network.inputs[0].dtype)
    model = keras.Sequential([inputs, *_scaling(features), *network.layers])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(README, "\n".join(readme(features)) + "\n")
        return path.read_bytes()


def readme(features: Features) -> list[str]:
    """What the exported model reads, line by line."""
    if features.form == "sequence":
        return [
            f"Input: int32 of shape (samples, {features.length}): word ids, padded in front with 0.",
            "0 is padding, 1 starts a text, 2 is an unknown word; the words are those of the run's vocabulary.",
        ]
    if features.form == "bag":
        return [
            f"Input: float32 of shape (samples, {features.size}): {features.encoding}, a column per word id.",
            "Columns 0 to 3 are padding, start of a text, unknown word and nothing.",
        ]
    scaled = "The model scales them itself." if list(_scaling(features)) else "They are not scaled."
    names = ", ".join(features.names)
    return [f"Input: float32 of shape (samples, {features.size}): the columns {names}.", scaled]


def _scaling(features: Features) -> Iterator[Any]:
    """The Keras layers that scale columns as the run did."""
    import keras

    if features.mean is None or features.scale is None or not (features.mean.any() or (features.scale != 1).any()):
        return
    scale = features.scale.astype(np.float64)
    divided = np.clip(scale, *SCALES)
    yield keras.layers.Normalization(mean=features.mean.tolist(), variance=(divided**2).tolist())
    if (divided != scale).any():
        yield keras.layers.Rescaling((divided / scale).tolist())
