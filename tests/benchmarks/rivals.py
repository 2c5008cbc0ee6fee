"""The others: the same networks on the same rows, as people train them today."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.events import STARTING_TENSORFLOW, Ended, Preparing, Status
from engine.experiment.model import Experiment
from engine.system.drain import drain
from engine.system.tensorflow_start import start_tensorflow
from engine.training.run import Run


def encoded(experiment: Experiment) -> tuple[Dataset, Any]:
    """The rows that everybody trains on: a data set, and its rows as the workbench encodes them."""
    dataset = drain(datasets.load(experiment.data, experiment.seed))
    fitted = drain(features.fit(dataset, experiment.data, dataset.split.train))
    return dataset, drain(fitted.encode_all(dataset))


def dense(samples: Any, indices: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """The given rows as float32 of shape (rows, width): multi-hot, as the notebook makes them."""
    if not isinstance(samples, Ragged):
        return samples[indices]  # type: ignore[no-any-return]
    taken = samples.take(indices)
    made = np.zeros((len(indices), width), np.float32)
    made[np.repeat(np.arange(len(indices)), taken.lengths), taken.values] = 1
    return made


def csr(samples: Ragged, indices: NDArray[np.int64], width: int) -> Any:
    """The given rows as a sparse matrix."""
    from scipy.sparse import csr_matrix

    taken = samples.take(indices)
    shape = (len(indices), width)
    return csr_matrix((np.ones(len(taken.values), np.float32), taken.values, taken.offsets), shape=shape)


def workbench(experiment: Experiment) -> Mapping[str, float]:
    """Train as the workbench does; seconds from encoded rows to the end, TensorFlow being imported."""
    _start()
    began, prepared = time.perf_counter(), 0.0
    for event in Run(experiment):
        if isinstance(event, Preparing) and event.stage == STARTING_TENSORFLOW:
            prepared = time.perf_counter()
        if isinstance(event, Ended):
            assert event.status is Status.FINISHED, event.reason
    return {"seconds": time.perf_counter() - (prepared or began)}


def _start() -> None:
    """Import TensorFlow as a run does, and what trains on it."""
    start_tensorflow()
    import engine.network.build
    import engine.network.compiled_steps  # noqa: F401


def stored(experiment: Experiment) -> Mapping[str, float]:
    """The same, every epoch and its model kept in the run store."""
    from engine.runs import RunStore

    _start()
    prepared = 0.0
    for event in RunStore().record(Run(experiment)):
        if isinstance(event, Preparing) and event.stage == STARTING_TENSORFLOW:
            prepared = time.perf_counter()
    return {"seconds": time.perf_counter() - prepared}


def model(experiment: Experiment, width: int, sparse: bool = False) -> Any:
    """The experiment's Dense stack in bare Keras, compiled."""
    import keras

    keras.utils.set_random_seed(experiment.seed)
    layers = [keras.layers.Dense(spec.units, spec.activation) for spec in experiment.stack if spec.kind == "dense"]
    built = keras.Sequential([keras.Input((width,), sparse=sparse), *layers])
    training = experiment.training
    optimizer = keras.optimizers.get(
        {"class_name": training.optimizer, "config": {"learning_rate": training.learning_rate}}
    )
    built.compile(optimizer=optimizer, loss=training.loss, metrics=list(training.metrics))
    return built


def keras_dense(experiment: Experiment, width: int) -> Mapping[str, float]:
    """Bare ``fit`` on dense arrays, with validation: the notebook's way."""
    import keras  # noqa: F401

    dataset, samples = encoded(experiment)
    split, targets = dataset.split, targets_of(dataset, experiment)
    x, y = dense(samples, split.train, width), targets[split.train]
    held_out = dense(samples, split.validation, width), targets[split.validation]
    training = experiment.training
    began = time.perf_counter()
    model(experiment, width).fit(
        x, y, epochs=training.epochs, batch_size=training.batch_size, validation_data=held_out, verbose=0
    )
    return {"seconds": time.perf_counter() - began}


def targets_of(dataset: Dataset, experiment: Experiment) -> NDArray[Any]:
    """Targets as bare Keras wants them for the experiment's loss."""
    if experiment.training.loss != "categorical_crossentropy":
        return dataset.targets
    return np.eye(len(dataset.labels), dtype=np.float32)[dataset.targets.astype(int)]


def keras_sparse(experiment: Experiment, width: int) -> Mapping[str, float]:
    """``fit`` with a sparse input and batches of sparse tensors."""
    import keras
    import tensorflow as tf

    dataset, samples = encoded(experiment)
    size = experiment.training.batch_size

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self, positions: NDArray[np.int64]) -> None:
            super().__init__()
            self.matrix = csr(samples, positions, width)
            self.targets = dataset.targets[positions]

        def __len__(self) -> int:
            return -(-self.matrix.shape[0] // size)

        def __getitem__(self, batch: int) -> tuple[Any, Any]:
            part = self.matrix[batch * size : (batch + 1) * size].tocoo()
            indices = np.stack([part.row, part.col], axis=1).astype(np.int64)
            return tf.SparseTensor(indices, part.data, part.shape), self.targets[batch * size : (batch + 1) * size]

    train, held_out = Batches(dataset.split.train), Batches(dataset.split.validation)
    began = time.perf_counter()
    model(experiment, width, sparse=True).fit(
        train, epochs=experiment.training.epochs, validation_data=held_out, verbose=0
    )
    return {"seconds": time.perf_counter() - began}


def sklearn_mlp(experiment: Experiment, width: int) -> Mapping[str, float]:
    """scikit-learn's ``MLPClassifier`` on a sparse matrix, without validation."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    dataset, samples = encoded(experiment)
    x, y = csr(samples, dataset.split.train, width), dataset.targets[dataset.split.train]
    training = experiment.training
    hidden = tuple(spec.units for spec in experiment.stack[:-1] if spec.kind == "dense")
    classifier = MLPClassifier(
        hidden, batch_size=training.batch_size, max_iter=training.epochs, n_iter_no_change=training.epochs + 1
    )
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.fit(x, y)
    assert classifier.n_iter_ == training.epochs
    return {"seconds": time.perf_counter() - began}


def torch_bag(experiment: Experiment, width: int) -> Mapping[str, float]:
    """PyTorch with an ``EmbeddingBag`` for the first layer, with validation."""
    import torch
    from torch import nn

    dataset, samples = encoded(experiment)
    split, size = dataset.split, experiment.training.batch_size
    first, second, _ = (spec.units for spec in experiment.stack if spec.kind == "dense")

    class Bag(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.EmbeddingBag(width, first, mode="sum")
            self.bias = nn.Parameter(torch.zeros(first))
            self.rest = nn.Sequential(nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1))

        def forward(self, values: Any, offsets: Any) -> Any:
            return self.rest(self.words(values, offsets) + self.bias)[:, 0]

    def batch(indices: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        taken = samples.take(indices)
        targets = torch.from_numpy(dataset.targets[indices].astype(np.float32))
        return (
            torch.from_numpy(taken.values.astype(np.int64)),
            torch.from_numpy(taken.offsets[:-1].copy()),
            targets,
        )

    network = Bag()
    optimizer = torch.optim.RMSprop(network.parameters(), lr=experiment.training.learning_rate)
    loss = nn.BCEWithLogitsLoss()
    began = time.perf_counter()
    for _ in range(experiment.training.epochs):
        order = np.random.default_rng().permutation(split.train)
        for index in range(0, len(order), size):
            values, offsets, targets = batch(order[index : index + size])
            optimizer.zero_grad()
            loss(network(values, offsets), targets).backward()
            optimizer.step()
        with torch.no_grad():
            for index in range(0, len(split.validation), 2048):
                values, offsets, targets = batch(split.validation[index : index + 2048])
                loss(network(values, offsets), targets)
    return {"seconds": time.perf_counter() - began}
