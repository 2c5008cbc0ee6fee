"""Experiments are scikit-learn estimators like any other, on every kind of samples."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import polars
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_classification
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import engine
from engine.datasets.dataset import Split
from engine.datasets.ragged import Ragged
from engine.errors import TrainingError
from engine.estimators import input_kinds, sklearn_estimators
from engine.experiment.layers import Dense, Dropout, Embedding, GlobalAveragePooling1D
from engine.experiment.model import Data, EarlyStopping, Experiment
from engine.experiment.setting_paths import with_settings
from engine.features import fit
from engine.prediction.predictor import Predictor
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import tiny

FLOAT32 = "a network computes in float32: rows predicted apart differ in the seventh digit from rows together"
BATCHES = "batches are drawn by the number of samples: a sample of weight 2 and two samples fall into other ones"
EXPECTED = {
    "check_methods_subset_invariance": FLOAT32,
    "check_methods_sample_order_invariance": FLOAT32,
    "check_sample_weight_equivalence_on_dense_data": BATCHES,
    "check_sample_weight_equivalence_on_sparse_data": BATCHES,
}

BINARY = tiny.experiment(epochs=12, learning_rate=0.02)
EMBEDDED = tiny.experiment(
    Embedding(output_dim=4),
    GlobalAveragePooling1D(),
    Dense(units=1, activation="sigmoid"),
    data={"encoding": "sequence"},
    epochs=40,
    learning_rate=0.05,
)
GOOD = ["a wonderful film with brilliant acting", "brilliant and moving", "a wonderful story", "moving film"]
BAD = ["a dull film with wooden acting", "wooden and boring", "a dull story", "boring film"]


def reviews() -> tuple[Ragged, np.ndarray]:
    dataset = tiny.text(count=120)
    assert isinstance(dataset.samples, Ragged)
    return dataset.samples, dataset.targets


@pytest.mark.parametrize("kind", ["ExperimentClassifier", "ExperimentRegressor"])
def test_the_checks_of_scikit_learn_pass_but_for_a_short_list(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = sklearn_estimators._small
    quick = {"training.epochs": 20, "training.batch_size": 64, "training.learning_rate": 0.05}

    def smallest(classes: int) -> Experiment:
        experiment = small(classes)
        return with_settings(experiment.model_copy(update={"layers": experiment.layers[-1:]}), quick)

    monkeypatch.setattr(sklearn_estimators, "_small", smallest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(getattr(engine, kind)(), expected_failed_checks=EXPECTED, on_skip=None)


def test_importing_the_engine_imports_neither_scikit_learn_nor_tensorflow() -> None:
    program = "import sys, engine; assert not {'sklearn', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="Nonsense"):
        engine.Nonsense  # noqa: B018


def test_settings_are_parameters_by_their_paths() -> None:
    estimator = engine.ExperimentClassifier(BINARY)
    assert estimator.get_params()["layers.0.units"] == 4
    assert set(estimator.get_params(deep=False)) == {"experiment"}
    estimator.set_params(**{"layers.0.units": 8, "training.epochs+training.batch_size": 5})
    changed = estimator.experiment
    assert isinstance(changed, Experiment)
    assert changed.layers[0].units == 8  # type: ignore[union-attr]
    assert (changed.training.epochs, changed.training.batch_size) == (5, 5)
    assert clone(estimator).get_params() == estimator.get_params()
    assert clone(estimator).experiment == changed
    for wrong in ({"layers.9.units": 1}, {"layers.0.units": "many"}, {"nonsense": 1}):
        with pytest.raises(ValueError, match="invalid parameter for ExperimentClassifier"):
            estimator.set_params(**wrong)
    with pytest.raises(ValueError, match="there is no experiment yet"):
        engine.ExperimentClassifier().set_params(**{"seed": 1})


def test_a_presets_name_stands_for_it() -> None:
    estimator = engine.ExperimentClassifier("imdb")
    assert estimator.get_params()["data.vocabulary"] == 10_000
    estimator.set_params(**{"layers.0.units": 2})
    assert estimator.experiment.layers[0].units == 2


def test_a_regressor_on_columns_equals_a_run_of_its_own() -> None:
    dataset = tiny.columns()
    experiment = tiny.experiment(Dense(units=4, activation="relu"), Dense(units=1), loss="mse", metrics=("mae",))
    samples, targets = np.asarray(dataset.samples), dataset.targets
    estimator = engine.ExperimentRegressor(experiment).fit(samples, targets)
    everything = np.arange(len(targets))
    run = Run(experiment, replace(dataset, split=Split(everything, everything[:0], everything[:0])))
    list(run)
    features = drain(fit(dataset, experiment.data, everything))
    own = Predictor(experiment, features, run.network.weights()).outputs(samples)[:, 0]
    assert estimator.predict(samples) == pytest.approx(own, abs=1e-5)
    assert estimator.history_["loss"] == pytest.approx([ended.logs["loss"] for ended in run.epochs], abs=1e-5)
    assert estimator.n_iter_ == 3


def test_grid_search_over_settings_and_cross_validation_on_columns() -> None:
    samples, classes = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[classes]
    experiment = tiny.experiment(
        Dense(units=8, activation="relu"),
        Dense(units=3, activation="softmax"),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        learning_rate=0.02,
    )
    grid = {"training.epochs": [1, 20], "layers.0.units": [8]}
    found = GridSearchCV(engine.ExperimentClassifier(experiment), grid, cv=2).fit(samples, names)
    assert found.best_params_ == {"training.epochs": 20, "layers.0.units": 8}
    assert found.best_score_ > 0.9
    assert found.best_estimator_.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    probabilities = found.predict_proba(samples[:5])
    assert probabilities.shape == (5, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert found.predict(samples[:5]).tolist() == ["setosa"] * 5


def test_a_regressor_in_a_pipeline_and_cross_val_score() -> None:
    samples, targets = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(), engine.ExperimentRegressor(tiny.experiment(Dense(units=1), loss="mse"))
    )
    pipeline.set_params(
        **{"experimentregressor__training.metrics": (), "experimentregressor__training.epochs": 60}
    )
    pipeline.set_params(**{"experimentregressor__training.learning_rate": 0.1})
    assert cross_val_score(pipeline, samples, targets / 100, cv=2).mean() > 0.3


def test_sparse_matrices_and_arrays_of_flags_give_the_same() -> None:
    samples, classes = make_classification(80, 12, n_informative=6, random_state=1)
    flags = (samples > 0).astype(float)
    by_array = engine.ExperimentClassifier(BINARY).fit(flags, classes)
    by_matrix = engine.ExperimentClassifier(BINARY).fit(sparse.csr_matrix(flags), classes)
    assert by_array.kind_ == by_matrix.kind_ == "bags"
    assert by_array.predict_proba(flags) == pytest.approx(by_matrix.predict_proba(sparse.csr_array(flags)))
    assert by_matrix.score(flags, classes) > 0.8
    weighted = sparse.csr_matrix(np.where(samples > 0, samples, 0))
    assert engine.ExperimentClassifier(BINARY).fit(weighted, classes).score(weighted, classes) > 0.8


def test_columns_of_flags_are_not_scaled_beside_others() -> None:
    samples = np.c_[[0, 0, 0, 1.0], [10, 20, 30, 40.0]]
    fitted = engine.ExperimentRegressor().fit(samples, [1, 2, 3, 4.0])
    assert fitted.kind_ == "columns"
    assert fitted.features_.center.tolist() == [0, 25]
    assert fitted.predict(sparse.csr_matrix(samples)) == pytest.approx(fitted.predict(samples))


def test_flags_are_scaled_where_another_scaling_than_the_standard_one_is_chosen() -> None:
    flags = np.repeat([[0.0], [1.0]], [10, 30], axis=0)
    dataset = replace(tiny.columns(40), samples=flags, columns=("flag",))
    found = input_kinds.fit(dataset, "columns", Data(dataset="boston", scaling="power"), 1)
    wanted = PowerTransformer().fit(flags[dataset.split.train]).transform(flags)
    assert np.asarray(found.encode(flags)) == pytest.approx(wanted, abs=1e-6)


def test_values_that_are_infinite_in_float32_are_refused() -> None:
    indices = np.arange(24.0).reshape(12, 2)
    large = indices * 1e38
    with pytest.raises(ValueError, match=r"X holds a value beyond 3\.4e38"):
        engine.ExperimentRegressor().fit(large, indices[:, 0])
    with pytest.raises(ValueError, match=r"X holds a value beyond 3\.4e38"):
        engine.ExperimentRegressor().fit(sparse.csr_matrix(large), indices[:, 0])
    with pytest.raises(ValueError, match=r"y holds a value beyond 3\.4e38"):
        engine.ExperimentRegressor().fit(indices, large[:, 1])
    with pytest.raises(ValueError, match=r"X holds a value beyond 3\.4e38"):
        engine.ExperimentRegressor().fit(indices, indices[:, 0]).predict(large)


def test_a_polars_series_of_texts_and_of_classes() -> None:
    texts, classes = (GOOD + BAD) * 4, ([1] * 4 + [0] * 4) * 4
    fitted = engine.ExperimentClassifier(BINARY).fit(polars.Series(texts), polars.Series(classes))
    assert fitted.kind_ == "texts"
    assert fitted.predict(polars.Series(GOOD)).tolist() == fitted.predict(GOOD).tolist()


@pytest.mark.parametrize("experiment", [BINARY, EMBEDDED], ids=["bag", "embedding"])
def test_sequences_of_ids_and_pickling(experiment: Experiment) -> None:
    samples, classes = reviews()
    sequences = [samples[index].tolist() for index in range(len(samples))]
    fitted = engine.ExperimentClassifier(experiment).fit(sequences, classes)
    assert fitted.kind_ == "ids"
    assert fitted.score(sequences, classes) > 0.8
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict_proba(sequences[:9]) == pytest.approx(fitted.predict_proba(sequences[:9]))
    arrays = np.empty(3, object)
    arrays[:] = [samples[index] for index in range(3)]
    assert fitted.predict(arrays).tolist() == fitted.predict(sequences[:3]).tolist()
    assert fitted.predict([[1, 5, 6]]).shape == (1,)
    assert fitted.predict([[1, 5], [1, 7]]).tolist() == fitted.predict(np.array([[1, 5], [1, 7]])).tolist()
    for nothing in ([], np.array([]), np.empty((0, 5))):
        assert fitted.predict_proba(nothing).shape == (0, 2)
        assert fitted.predict(nothing).dtype == classes.dtype
    for wrong in ([1, 5, 6], ["a text"], [[0.5, 1]], np.zeros((2, 3)), [[1, -5]]):
        with pytest.raises(ValueError, match="sample 0 is not a sequence of ids"):
            fitted.predict(wrong)
    for wrong in ("a text", np.arange(3), sparse.csr_matrix(np.eye(3)), 7):
        with pytest.raises(ValueError, match="fitted on ids: predict on ids too"):
            fitted.predict(wrong)


def test_whole_numbers_in_an_array_are_ids_where_an_embedding_reads_them() -> None:
    samples, classes = reviews()
    padded = np.zeros((len(samples), 24), int)
    for index in range(len(samples)):
        padded[index, : len(samples[index])] = samples[index][:24]
    fitted = engine.ExperimentClassifier(EMBEDDED).fit(padded, classes)
    assert fitted.kind_ == "ids"
    assert fitted.predict(padded).shape == (len(samples),)
    ragged = [sample[:24] for sample in samples]
    np.testing.assert_allclose(fitted.predict_proba(padded), fitted.predict_proba(ragged), atol=1e-6)


@pytest.mark.parametrize("experiment", [BINARY, EMBEDDED], ids=["bag", "embedding"])
def test_texts(experiment: Experiment) -> None:
    texts, labels = (GOOD + BAD) * 6, (["good"] * 4 + ["bad"] * 4) * 6
    fitted = engine.ExperimentClassifier(experiment).fit(texts, labels)
    assert fitted.predict(["what a brilliant, moving film", "dull & wooden; boring"]).tolist() == ["good", "bad"]
    assert cross_val_score(engine.ExperimentClassifier(experiment), texts, labels, cv=2).mean() > 0.9
    assert fitted.predict_proba([]).shape == (0, 2)
    assert fitted.predict([]).tolist() == fitted.predict(np.array([])).tolist() == []
    for wrong in (np.zeros((2, 3)), "one text", [[1, 5, 6]], ["a text", 3], {"a text": 1}):
        with pytest.raises(ValueError, match="fitted on texts: predict on texts too"):
            fitted.predict(wrong)


def test_texts_through_a_pipeline_of_scikit_learns_own_counts() -> None:
    texts, labels = (GOOD + BAD) * 6, ([1] * 4 + [0] * 4) * 6
    pipeline = make_pipeline(CountVectorizer(), engine.ExperimentClassifier(BINARY)).fit(texts, labels)
    assert pipeline.predict(["brilliant", "wooden"]).tolist() == [1, 0]


def test_early_stopping_holds_samples_out_and_keeps_the_best_epoch() -> None:
    samples, classes = make_classification(120, 8, random_state=2)
    stopping = BINARY.model_copy(
        update={
            "data": BINARY.data.model_copy(update={"validation": 0.25}),
            "training": BINARY.training.model_copy(
                update={"early_stopping": EarlyStopping(patience=2), "epochs": 300, "learning_rate": 0.05}
            ),
        }
    )
    fitted = engine.ExperimentClassifier(stopping).fit(samples, classes)
    assert fitted.n_iter_ < 300
    assert len(fitted.history_["val_loss"]) == fitted.n_iter_
    everything = engine.ExperimentClassifier(BINARY).fit(samples, classes)
    assert "val_loss" not in everything.history_


def test_a_persons_random_numbers_stay_as_they_were() -> None:
    samples, targets = load_diabetes(return_X_y=True)
    random.seed(1), np.random.seed(1)
    expected = random.random(), np.random.random()
    random.seed(1), np.random.seed(1)
    engine.ExperimentRegressor().fit(samples[:50], targets[:50]).predict(samples)
    assert (random.random(), np.random.random()) == expected


@pytest.mark.parametrize(
    ("samples", "classes", "says"),
    [
        ([[1, 2], [3]], [0, 1, 1], "inconsistent numbers of samples"),
        ([[1, -2], [3]], [0, 1], "sample 0 is not a sequence of ids"),
        ([[1.5], [3, 2]], [0, 1], "sample 0 is not a sequence of ids"),
        (["text", 3], [0, 1], "some samples are texts"),
        (["text", "other"], [1, 1], "all samples are of one class"),
        ([[1.0, np.nan], [2, 3]], [0, 1], "NaN"),
    ],
)
def test_bad_samples_are_refused(samples: Any, classes: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        engine.ExperimentClassifier(BINARY).fit(samples, classes)


def test_a_network_that_does_not_fit_the_classes_says_so() -> None:
    with pytest.raises(TrainingError, match="the data has 3 classes: give it 3"):
        engine.ExperimentClassifier(BINARY).fit(*load_iris(return_X_y=True))
    with pytest.raises(TrainingError, match="lower learning rate"):
        engine.ExperimentRegressor(
            tiny.experiment(Dense(units=1), Dropout(rate=0.1), loss="mse", optimizer="sgd", learning_rate=1000.0)
        ).fit(*load_diabetes(return_X_y=True))


def test_samples_of_little_weight_are_learnt_less() -> None:
    samples, classes = make_classification(
        120, 6, n_informative=4, random_state=2
    )  # the second class hardly counts
    rare = engine.ExperimentClassifier().fit(samples, classes, sample_weight=np.where(classes == 1, 0.001, 1.0))
    even = engine.ExperimentClassifier().fit(samples, classes, sample_weight=np.ones(len(samples)))
    assert rare.predict(samples).mean() < even.predict(samples).mean() - 0.1
    assert even.score(samples, classes) == engine.ExperimentClassifier().fit(samples, classes).score(
        samples, classes
    )
    for wrong in (-np.ones(120), np.full(120, np.nan), np.ones(119)):
        with pytest.raises(ValueError, match=r"sample_weight|inconsistent"):
            engine.ExperimentClassifier().fit(samples, classes, sample_weight=wrong)


def test_class_weights_of_the_experiment_apply() -> None:
    samples, classes = make_classification(150, 6, n_informative=4, weights=[0.9], random_state=2)
    plain = engine.ExperimentClassifier(BINARY).fit(samples, classes)
    balanced = engine.ExperimentClassifier(with_settings(BINARY, {"data.class_weight": "balanced"}))
    assert balanced.fit(samples, classes).predict(samples).sum() > plain.predict(samples).sum()
