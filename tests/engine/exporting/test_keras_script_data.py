"""The lines of an exported script that read and split data: they give the very samples of the run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine.experiment.layers import Dense
from engine.experiment.model import Data, Experiment
from engine.exporting.keras_script_data import data_lines, imports
from engine.system.drain import drain

SEED = 11


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_samples_are_split_as_the_run_split_them(name: str) -> None:
    experiment = Experiment(data=Data(dataset=name, validation=0.3), layers=(Dense(units=1),), seed=SEED)
    loaded = drain(datasets.load(experiment.data, SEED))
    run: Any = SimpleNamespace(experiment=experiment, data=loaded.facts)
    lines = "\n".join(data_lines(run, "columns", None, 2, ("train", "val", "test")))
    reading = lines.partition("\nmean, scale")[0]
    made: dict[str, Any] = {"SEED": SEED}
    exec("\n".join([*imports(experiment, "columns"), reading]), made)
    split = loaded.split
    for part, indices in (("train", split.train), ("val", split.validation), ("test", split.test)):
        np.testing.assert_allclose(made[f"y_{part}"], loaded.targets[indices], rtol=1e-6)
        np.testing.assert_allclose(made[f"x_{part}"], np.asarray(loaded.samples)[indices], rtol=1e-6)
