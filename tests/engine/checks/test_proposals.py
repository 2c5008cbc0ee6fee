"""The proposed experiment on people's tables, against scikit-learn's linear models on the same split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine import datasets, events
from engine.checks.proposals import propose_for
from engine.datasets.dataset import Dataset
from engine.experiment.model import Data
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import people_tables

MARGIN = 0.02
"""How far below the linear model's accuracy, or share of the variance, the proposal may stay."""


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("name", people_tables.TABLES)
def test_the_proposal_is_as_good_as_a_linear_model(tmp_path: Path, name: str, seed: int) -> None:
    path = people_tables.write(name, tmp_path)
    data = Data(dataset=str(path), target=people_tables.TARGETS.get(name))
    dataset = drain(datasets.load(data, seed))
    assert reached(dataset, data, seed) >= linear(dataset) - MARGIN


def reached(dataset: Dataset, data: Data, seed: int) -> float:
    """The test samples' accuracy, or the share of their variance that is explained, with the proposal."""
    proposed = propose_for(dataset, data).model_copy(update={"seed": seed})
    [tested] = [event for event in Run(proposed, dataset, test=True) if isinstance(event, events.Tested)]
    if dataset.labels:
        return tested.scores["accuracy"]
    return 1 - tested.scores["loss"] / float(dataset.targets[dataset.split.test].var())


def linear(dataset: Dataset) -> float:
    """The same of LogisticRegression or Ridge on the numbers and categories."""
    numbers, categories = columns(dataset, "number"), columns(dataset, "category")
    frame = polars.DataFrame(numbers | categories)
    transformer = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(numbers)),
            ("categories", OneHotEncoder(handle_unknown="ignore"), list(categories)),
        ]
    )
    model = make_pipeline(transformer, LogisticRegression(max_iter=2000) if dataset.labels else Ridge())
    train, test = dataset.split.train, dataset.split.test
    model.fit(frame[train], dataset.targets[train])
    return float(model.score(frame[test], dataset.targets[test]))


def columns(dataset: Dataset, role: str) -> dict[str, Any]:
    """The values of the columns of a role: missing numbers as NaN, missing categories as one of their own."""
    assert dataset.table is not None
    found = {}
    for one in dataset.table.roles:
        column = dataset.table.table.column(one.name)
        if one.role == role == "number":
            found[one.name] = np.where(column.missing, np.nan, column.values.astype(np.float64))
        elif one.role == role:
            found[one.name] = [text or "missing" for text in column.texts()]
    return found
