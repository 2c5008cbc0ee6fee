"""Exported models: bare Keras reads samples as the data set has them, and gives the run's predictions."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.experiment.layers import Dense
from engine.exporting.keras_model import README, saved_model
from engine.prediction.predictor import Predictor
from engine.training.run import Run
from tests.engine import tiny

# Keras turns its variables into arrays in a way that NumPy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


def exported(dataset: Dataset, path: Path, **data: Any) -> tuple[Predictor, keras.Model]:
    """A run's predictor, and the model that bare Keras loads from its export."""
    layers = (Dense(units=4, activation="relu"), Dense(units=1))
    experiment = tiny.experiment(*layers, data=data, loss="mse", metrics=(), epochs=1)
    run = Run(experiment, dataset=dataset)
    list(run)
    weights = run.checkpoint().weights
    path.write_bytes(saved_model(experiment, run.features, weights))
    return Predictor(experiment, run.features, weights), keras.saving.load_model(path, safe_mode=True)


@pytest.mark.parametrize("scaling", ["standard", "robust", "none"])
@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e12])
def test_a_model_of_columns_reads_raw_samples(tmp_path: Path, scaling: str, unit: float) -> None:
    dataset = tiny.columns()
    assert isinstance(dataset.samples, np.ndarray)
    raw = dataset.samples.copy()
    raw[:, 0] *= 1 if scaling == "none" else unit
    raw[:, 2] = 7  # constant: divided by 1
    predictor, model = exported(replace(dataset, samples=raw), tmp_path / "model.keras", scaling=scaling)
    np.testing.assert_allclose(model.predict(raw[:9], verbose=0), predictor.outputs(raw[:9]), rtol=1e-5, atol=1e-5)
    scales = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    assert len(scales) == (scaling != "none")


def test_a_model_says_inside_what_it_reads(tmp_path: Path) -> None:
    for dataset, words in ((tiny.columns(), "the columns first, second"), (tiny.text(), "multi-hot, a column")):
        exported(dataset, tmp_path / "model.keras")
        with zipfile.ZipFile(tmp_path / "model.keras") as file:
            assert words in file.read(README).decode()
