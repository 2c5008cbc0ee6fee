"""Experiments as scikit-learn estimators, for GridSearchCV, cross_val_score and Pipeline.

Importing this module imports scikit-learn; TensorFlow is imported by fit and predict.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_y,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from engine.datasets.dataset import Dataset, Split, Task
from engine.errors import EngineError, TrainingError
from engine.estimators import input_kinds
from engine.events import Ended, Status
from engine.experiment.layers import Dense
from engine.experiment.model import Experiment, Training
from engine.experiment.setting_paths import settings_of, with_settings
from engine.experiment.toml_file import load
from engine.network.network_pool import Pool
from engine.prediction.predictor import Predictor
from engine.selection.results import history
from engine.training.run import Run

_POOL = Pool()
_NUMBERS = [np.float64, np.float32]


class _ExperimentEstimator(BaseEstimator, ABC):
    """Base class of the estimators.

    ``experiment`` is an Experiment, a preset's name, a file's path, or None for a small network with an output
    that fits the targets. Of its data section, the settings of encoding apply: ``scaling`` to 2-D arrays (columns
    that only contain 0 and 1 are unchanged), ``vocabulary``, ``encoding`` and ``length`` to texts and to sequences
    of word ids. Sparse matrices are not scaled. ``validation`` samples are only held out for early stopping and
    the plateau rule; otherwise all samples are used for training.

    Settings are parameters by path: ``set_params(**{"layers.0.units": 32})``, several settings together as
    ``"layers.0.units+layers.1.units"``.
    """

    def __init__(self, experiment: Experiment | str | None = None) -> None:
        self.experiment = experiment

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the experiment; with ``deep``, also every setting of it by path."""
        found = super().get_params(deep=False)
        if deep and isinstance(self.experiment, Experiment | str):
            found |= settings_of(_named(self.experiment))
        return dict(found)

    def set_params(self, **params: Any) -> Self:
        """Set the experiment, or settings by path; raises ValueError for unknown or invalid ones."""
        if "experiment" in params:
            self.experiment = params.pop("experiment")
        if params:
            if self.experiment is None:
                raise ValueError(f"{next(iter(params))} cannot be set: there is no experiment yet")
            changes = {path: value for paths, value in params.items() for path in paths.split("+")}
            try:
                self.experiment = with_settings(_named(self.experiment), changes)
            except EngineError as error:
                raise ValueError(f"invalid parameter for {type(self).__name__}: {error}") from error
        return self

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on all samples with ``sample_weight`` in the loss (None: equal weights).

        Raises ValueError for invalid samples, TrainingError if the network does not fit them.
        """
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        self.experiment_ = _small(0) if self.experiment is None else _named(self.experiment)
        samples = self._checked(X, y)
        targets, task, labels = self._targets(y)
        if self.experiment is None:
            self.experiment_ = _small(len(labels))
        return self._fit(samples, targets, task, labels, self._weights(sample_weight, samples))

    @abstractmethod
    def _targets(self, y: Any) -> tuple[NDArray[Any], Task, tuple[str, ...]]:
        """Check targets; return them as numbers, the task, and the labels of classes."""

    def __sklearn_tags__(self) -> Any:
        """Declare support for sparse matrices."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return everything except the network, which is rebuilt from the weights."""
        return {name: value for name, value in super().__getstate__().items() if name != "_predictor"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "weights_"):
            self._predictor = Predictor(self.experiment_, self.features_, self.weights_)

    def _weights(self, given: Any, X: Any) -> NDArray[np.float32] | None:  # noqa: N803
        """Return the validated sample weights; None if all are equal."""
        if given is None:
            return None
        weights = np.asarray(given, np.float64)
        if weights.ndim != 1:
            raise ValueError(
                f"sample_weight has {weights.ndim} dimensions: one weight for each sample is expected"
            )
        check_consistent_length(X, weights)
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError("sample_weight holds a weight that is negative or not finite")
        if not weights.any():
            raise ValueError("sample_weight is zero for every sample: there is nothing to learn from")
        return weights.astype(np.float32)

    def _fit(
        self,
        X: Any,  # noqa: N803
        targets: NDArray[Any],
        task: Task,
        labels: tuple[str, ...],
        weights: NDArray[np.float32] | None,
    ) -> Self:
        """Train on validated samples."""
        experiment = self.experiment_
        self._vocabulary = input_kinds.vocabulary_of(X, self.kind_, experiment.data)
        dataset = Dataset(
            name="given",
            title="The samples given",
            kind="text" if self.kind_ in ("ids", "texts") else "columns",
            task=task,
            samples=input_kinds.samples_of(X, self.kind_, self._vocabulary),
            targets=targets,
            split=_split(experiment, targets if labels else None, len(targets)),
            source="memory",
            digest="",
            labels=labels,
            columns=tuple(getattr(self, "feature_names_in_", map(str, range(getattr(self, "n_features_in_", 0))))),
            vocabulary=self._vocabulary,
            ranked=self.kind_ == "ids",
        )
        width = getattr(self, "n_features_in_", 0)
        self.features_ = input_kinds.fit(dataset, self.kind_, experiment.data, width)
        self._train(dataset, weights)
        self._predictor = Predictor(experiment, self.features_, self.weights_)
        return self

    def _train(self, dataset: Dataset, weights: NDArray[np.float32] | None) -> None:
        samples = self.features_.encode(dataset.samples)
        run = Run(self.experiment_, dataset, prepared=(self.features_, samples), sample_weight=weights, pool=_POOL)
        for event in run:
            if isinstance(event, Ended) and event.status is Status.FAILED:
                raise TrainingError(event.reason or "training failed")
        state = run.checkpoint()
        self.weights_ = state.best if self.experiment_.training.early_stopping else state.weights
        self.history_ = history(run.epochs)
        self.n_iter_ = len(run.epochs)
        run.release()

    def _checked(self, X: Any, y: Any) -> Any:  # noqa: N803
        """Detect the kind of samples, and validate them and their number."""
        kind = input_kinds.kind_of(X, self.experiment_)
        samples = X
        if kind == "columns":
            samples = validate_data(self, X, accept_sparse="csr", dtype=_NUMBERS)
            input_kinds.check_finite(samples, "X")
            kind = "bags" if input_kinds.is_bag(samples) else kind
        self.kind_ = kind
        check_consistent_length(samples, y)
        return samples

    def _outputs(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the network's outputs: float64 of shape (samples, outputs)."""
        check_is_fitted(self)
        found = X
        if self.kind_ in ("columns", "bags"):
            found = validate_data(self, X, accept_sparse="csr", dtype=_NUMBERS, reset=False)
            input_kinds.check_finite(found, "X")
        else:
            input_kinds.check_like(X, self.kind_)
        samples = self.features_.encode(input_kinds.samples_of(found, self.kind_, self._vocabulary))
        outputs: NDArray[np.float64] = self._predictor.answers(samples).astype(np.float64)
        return outputs


class ExperimentClassifier(ClassifierMixin, _ExperimentEstimator):
    """An experiment as a classifier of 2-D arrays, sparse matrices, sequences of word ids or texts."""

    __doc__ += "\n" + (_ExperimentEstimator.__doc__ or "").split("\n", 1)[1]

    def _targets(self, y: Any) -> tuple[NDArray[np.int64], Task, tuple[str, ...]]:
        classes = column_or_1d(y, warn=True)
        check_classification_targets(classes)
        self.classes_, targets = np.unique(classes, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"all samples are of one class, {self.classes_[0]!r}: a classifier needs two")
        task: Task = "binary" if len(self.classes_) == 2 else "classes"
        return targets.astype(np.int64), task, tuple(map(str, self.classes_))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each class: float64 of shape (samples, classes); each row sums to 1."""
        outputs = np.clip(self._outputs(X), 0, None)
        if outputs.shape[1] == 1:
            outputs = np.minimum(np.hstack([1 - outputs, outputs]), 1).clip(0)
        outputs = outputs[:, : len(self.classes_)]
        sums = outputs.sum(axis=1, keepdims=True)
        even: NDArray[np.float64] = np.full_like(outputs, 1 / len(self.classes_))
        np.divide(outputs, sums, out=even, where=sums > 0)
        return even

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the most probable class of each sample."""
        probabilities = self.predict_proba(X)
        predicted: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return predicted


class ExperimentRegressor(RegressorMixin, _ExperimentEstimator):
    """An experiment as a regressor on 2-D arrays, sparse matrices, sequences of word ids or texts."""

    __doc__ += "\n" + (_ExperimentEstimator.__doc__ or "").split("\n", 1)[1]

    def _targets(self, y: Any) -> tuple[NDArray[np.float32], Task, tuple[str, ...]]:
        numbers = _check_y(column_or_1d(y, warn=True), y_numeric=True)
        input_kinds.check_finite(numbers, "y")
        return numbers.astype(np.float32), "regression", ()

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the predicted number for each sample: float64 of shape (samples,)."""
        return self._outputs(X)[:, 0]


def _named(experiment: Experiment | str) -> Experiment:
    return load(experiment) if isinstance(experiment, str) else experiment


def _small(classes: int) -> Experiment:
    """Return an experiment for a few hundred samples of columns; ``classes`` is 0 for regression."""
    loss, output = "mse", Dense(units=1)
    if classes == 2:
        loss, output = "binary_crossentropy", Dense(units=1, activation="sigmoid")
    elif classes:
        loss, output = "sparse_categorical_crossentropy", Dense(units=classes, activation="softmax")
    settings = {"loss": loss, "optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 30}
    training = Training.model_validate(settings)
    return Experiment(name="small", layers=(Dense(units=32, activation="relu"), output), training=training)


def _split(experiment: Experiment, classes: NDArray[Any] | None, count: int) -> Split:
    """Use all samples for training, except those watched by early stopping and the plateau rule."""
    everything, none = np.arange(count), np.empty(0, np.int64)
    training, share = experiment.training, experiment.data.validation
    if share is None or not (training.early_stopping or training.reduce_on_plateau):
        return Split(everything, none, none)
    train, held_out = train_test_split(everything, test_size=share, random_state=experiment.seed, stratify=classes)
    return Split(train, held_out, none)
