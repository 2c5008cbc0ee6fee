"""The linear baseline: its outputs, its cache, and how it reads each form of features."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn import metrics
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from engine import datasets
from engine.datasets.ragged import Ragged
from engine.evaluation import linear_baseline as baselines
from engine.evaluation import linear_model
from engine.evaluation.linear_baseline import LinearBaseline, cached, linear_baseline
from engine.evaluation.metric_values import metric_values
from engine.experiment.model import Data, Experiment, Training
from engine.system.drain import drain
from tests.engine import tiny
from tests.engine.evaluation import made

IMDB = Experiment(training=Training(metrics=("accuracy",)))


def test_bags_and_sequences_become_sparse_rows_of_what_occurs() -> None:
    bag = linear_model.design_matrix(Ragged.of([[4, 5], [5]]), 7)
    assert bag.toarray().tolist() == [[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 1, 0]]
    sequence = linear_model.design_matrix(Ragged.of([[0, 0, 5, 4, 5], [6]]), 7)
    assert sequence.toarray().tolist() == [[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 1]]
    counts = Ragged(np.array([4, 5], np.int32), np.array([0, 2], np.int64), np.array([2.0, 3.0], np.float32))
    assert linear_model.design_matrix(counts, 6).toarray().tolist() == [[0, 0, 0, 0, 2, 3]]


def test_columns_are_fitted_as_ridge_regression_does() -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(60, 3)).astype(np.float32) * [1, 10, 100]
    targets = (columns @ [1, 0.1, 0.01] + random.normal(size=60)).astype(np.float32)
    found = drain(linear_model.fit(columns, targets, 0)).outputs(columns)[:, 0]
    scaled = StandardScaler().fit_transform(columns)
    known = [Ridge(alpha=alpha * 60).fit(scaled, targets).predict(scaled) for alpha in linear_model.ALPHAS]
    assert any(found == pytest.approx(one, rel=1e-4) for one in known)


def test_values_keep_their_digits() -> None:
    columns = np.linspace(-1, 1, 60, dtype=np.float32)[:, None]
    found = drain(linear_model.fit(columns, 1_700_000_000 + columns[:, 0].astype(float), 0)).outputs(columns)
    assert np.ptp(found) == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("classes", [2, 4])
def test_text_is_told_apart(classes: int) -> None:
    dataset = tiny.text(600, classes=classes)
    experiment = Experiment(data=Data(vocabulary=60))
    found = drain(linear_baseline(experiment, dataset)).outputs
    assert found.outputs.shape[1] == (1 if classes == 2 else classes)
    assert found.correct.mean() > 1.2 / classes
    assert (found.indices == dataset.split.validation).all()


@pytest.mark.parametrize("classes", [2, 0])
def test_few_sparse_samples_are_fitted_to_the_end(classes: int) -> None:
    first = np.arange(60) % 2 + 1
    pairs = csr_matrix(np.column_stack([first, np.zeros(60), np.arange(60) % 4]).astype(np.float32))
    targets = first - 1 if classes else 100.0 * first
    model = drain(linear_model.fit(pairs[:40], targets[:40], classes))
    assert np.abs(model.outputs(pairs[40:])[:, 0] - targets[40:]).max() < (0.1 if classes else 2)


def test_a_class_that_training_lacks_has_probability_0() -> None:
    model = drain(linear_model.fit(np.eye(6, dtype=np.float32), np.array([0, 0, 0, 2, 2, 2]), 3))
    assert model.outputs(np.eye(6, dtype=np.float32))[:, 1].max() == 0
    alone = drain(linear_model.fit(np.eye(4, dtype=np.float32), np.zeros(4, np.int64), 2))
    assert alone.outputs(np.eye(4, dtype=np.float32)).max() == 0


def test_is_fitted_once_for_the_same_data_and_features(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = tiny.columns(task="classes")
    experiment = Experiment(training=Training(loss="sparse_categorical_crossentropy", metrics=("accuracy",)))
    assert cached(experiment, dataset.digest) is None
    found = drain(linear_baseline(experiment, dataset))
    monkeypatch.setattr(baselines, "_fitted", None)
    again = drain(linear_baseline(experiment, dataset))
    assert again.values(experiment.training) == found.values(experiment.training)
    assert set(found.values(experiment.training)) == {"val_loss", "val_accuracy"}
    assert again.outputs.labels == dataset.labels
    assert cached(experiment.model_copy(update={"seed": 8}), dataset.digest) is None
    assert cached(experiment, "other data") is None


def test_values_are_scikit_learns() -> None:
    found = made.binary()
    values = metric_values(found, ("accuracy", "precision", "recall", "f1", "auc", "binary_crossentropy"))
    assert values["accuracy"] == metrics.accuracy_score(found.targets, found.predicted)
    assert values["precision"] == metrics.precision_score(found.targets, found.predicted)
    assert values["recall"] == metrics.recall_score(found.targets, found.predicted)
    assert values["auc"] == metrics.roc_auc_score(found.targets, found.outputs[:, 0])
    assert values["binary_crossentropy"] == pytest.approx(metrics.log_loss(found.targets, found.outputs[:, 0]))
    training = Training(loss="binary_crossentropy", metrics=("precision", "recall"))
    assert LinearBaseline(found).values(training)["val_f1"] == pytest.approx(values["f1"])
    numbers = made.values()
    errors = metric_values(numbers, ("mae", "mse", "rmse"))
    assert errors["mae"] == pytest.approx(metrics.mean_absolute_error(numbers.targets, numbers.outputs))
    assert errors["rmse"] == pytest.approx(metrics.root_mean_squared_error(numbers.targets, numbers.outputs))
    assert metric_values(numbers.take(np.arange(0)), ("mae",)) == {}


def test_imdb_reaches_87_percent_in_two_seconds(real_data: Path, warm_home: Path) -> None:
    dataset = drain(datasets.load(IMDB.data, IMDB.seed))
    drain(linear_baseline(IMDB, tiny.text()))  # imports scikit-learn
    began = time.process_time()
    found = drain(linear_baseline(IMDB, dataset))
    assert found.values(IMDB.training)["val_accuracy"] > 0.87
    assert time.process_time() - began < 6  # encoding for the first time included
