"""A run's network as a ``.keras`` file that plain Keras loads in safe mode."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.experiment.model import Experiment
from engine.features import Features
from engine.features.table import TableFeatures
from engine.features.target import TargetScaling
from engine.features.text import TextFeatures
from engine.system.tensorflow_start import start_tensorflow

README = "README.txt"
"""Member of the file that describes the model's input; Keras ignores it."""

SCALES = (1e-6, 1e18)
"""Standard deviations that ``keras.layers.Normalization`` can divide by in float32; others need another layer."""


def saved_model(experiment: Experiment, features: Features, weights: Sequence[NDArray[Any]]) -> bytes:
    """Return the content of a ``.keras`` file with these weights.

    The model reads float32 columns of the data set and scales them itself, float32 bags of words, or int32 word
    ids padded in front. A text file inside describes this and the required preprocessing.
    """
    start_tensorflow()
    import keras

    from engine.network.build import plain

    network = plain(experiment, features, weights)
    inputs = keras.Input(features.shape, dtype=network.inputs[0].dtype)
    model = keras.Sequential([inputs, *_scaling(features), *network.layers, *_unscaling(features.target)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(README, "\n".join(readme(features)) + "\n")
        return path.read_bytes()


def readme(features: Features) -> list[str]:
    """Return the lines that describe the exported model's input."""
    return [*_input_lines(features), *features.export_notes]


def _input_lines(features: Features) -> list[str]:
    if isinstance(features, TextFeatures):
        if features.form == "sequence":
            return [
                f"Input: int32 of shape (samples, {features.shape[0]}): word ids, padded in front with 0.",
                "0 is padding, 1 starts a text, 2 is an unknown word; words are those of the run's vocabulary.",
            ]
        return [
            f"Input: float32 of shape (samples, {features.size}): {features.encoding}, a column per word id.",
            "Columns 0 to 3 are padding, start of a text, unknown word and nothing.",
        ]
    scaled = "The model scales them itself." if list(_scaling(features)) else "They are not scaled."
    names = features.outputs if isinstance(features, TableFeatures) else features.names
    return [f"Input: float32 of shape (samples, {features.size}): the columns {', '.join(names)}.", scaled]


def _scaling(features: Features) -> Iterator[Any]:
    """Yield the Keras layers that scale columns as in the run."""
    import keras

    if features.scaling is None:
        return
    center, scale = features.scaling
    if not (center.any() or (scale != 1).any()):
        return
    divided = np.clip(scale, *SCALES)
    yield keras.layers.Normalization(mean=center.tolist(), variance=(divided**2).tolist())
    if (divided != scale).any():
        yield keras.layers.Rescaling((divided / scale).tolist())


def _unscaling(target: TargetScaling) -> Iterator[Any]:
    """Yield the Keras layers that convert outputs to the regression target's own units."""
    import keras

    if target.identity:
        return
    yield keras.layers.Rescaling(target.scale, target.center)
    if target.log:
        yield keras.layers.Activation("exponential")
        yield keras.layers.Rescaling(1.0, -1.0)
