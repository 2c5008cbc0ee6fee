"""The lines of an exported script that read and split data: they give the very samples of the run."""

from __future__ import annotations

from pathlib import Path
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


def write_tables(folder: Path) -> None:
    rows = range(60)
    houses = "".join(f"{n},{n * 1.5 + 0.25}\n" for n in rows)
    (folder / "houses.csv").write_text(f"size,price\n{houses}")
    reviews = "".join(f"a film with word{n},{'ab'[n % 2]}\n" for n in rows)
    (folder / "reviews.csv").write_text(f"text,label\n{reviews}")
    numbered = "".join(f"{n},{n * 3},{'ab'[n % 2]}\n" for n in rows)
    (folder / "numbered.csv").write_text(f",size,kind\n{numbered}")


@pytest.mark.parametrize("name", ["digits", "diabetes", "houses.csv", "reviews.csv", "numbered.csv"])
def test_samples_are_split_as_the_run_split_them(name: str, tmp_path: Path) -> None:
    write_tables(tmp_path)
    dataset = str(tmp_path / name) if name.endswith(".csv") else name
    experiment = Experiment(data=Data(dataset=dataset, validation=0.3), layers=(Dense(units=1),), seed=SEED)
    loaded = drain(datasets.load(experiment.data, SEED))
    form: Any = "columns" if loaded.kind == "columns" else "bag"
    run: Any = SimpleNamespace(experiment=experiment, data=loaded.facts)
    lines = "\n".join(data_lines(run, form, loaded.labels, 2, ("train", "val", "test")))
    reading = lines.partition("\nmean, scale")[0].partition("\ncounts = Counter")[0]
    made: dict[str, Any] = {"SEED": SEED}
    exec("\n".join([*imports(experiment, form), reading]), made)
    split = loaded.split
    for part, indices in (("train", split.train), ("val", split.validation), ("test", split.test)):
        np.testing.assert_allclose(made[f"y_{part}"], loaded.targets[indices], rtol=1e-6)
        if loaded.kind == "columns":
            np.testing.assert_allclose(made[f"x_{part}"], numbers(loaded.rows)[indices], rtol=1e-6)


def numbers(samples: Any) -> Any:
    """The columns of samples as one array, those of a table too."""
    if isinstance(samples, np.ndarray):
        return samples
    return np.stack([column.values for column in samples.columns], axis=1)
