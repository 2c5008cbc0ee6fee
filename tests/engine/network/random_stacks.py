"""Random stacks of layers, trained by this project and by bare Keras, and how far the two lie apart."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
from numpy.typing import NDArray

from engine.checks.shapes import outline
from engine.datasets.dataset import Dataset, Split, take
from engine.datasets.ragged import Ragged
from engine.events import Started
from engine.experiment import layers as catalogue
from engine.experiment.model import Experiment
from engine.exporting.keras_model import saved_model
from engine.exporting.keras_script import layer_line
from engine.network.batches import shuffled
from engine.network.build import seed_dropout
from engine.network.input_adapters import pad
from engine.prediction.predictor import Predictor
from engine.training.run import Run
from tests.engine import tiny

TOLERANCE = 1e-5
"""The largest difference from Keras, relative to numbers above 1."""

DEEPEST = 4
"""Layers below the output, at most."""

FORMS = ("sequence",) * 6 + ("multi-hot", "columns")
"""How samples are read: masks, and so most of what can go wrong, belong to sequences."""

PROPORTIONAL = "sgd"
"""The optimiser of stacks in which some gradients are zero but for rounding, of which others make a full step."""

SAMPLES, PREDICTED = 50, 6
"""Samples, and how many of them are not trained on, but predicted alone and together."""


def random_experiment(seed: int) -> Experiment:
    """An experiment whose stack Keras can build: up to four layers of the catalogue and an output layer."""
    chance = random.Random(seed)
    while True:
        experiment = _drawn(chance, seed)
        if outline(experiment, *_columns(experiment)).problem is None:
            return experiment


def _drawn(chance: random.Random, seed: int) -> Experiment:
    form = chance.choice(FORMS)
    kinds = [chance.choice(list(catalogue.KINDS)) for _ in range(chance.randint(1, DEEPEST))]
    if form == "sequence":
        kinds[0] = "embedding"
    below = [_layer(chance, kind) for kind in kinds]
    output = catalogue.Dense(units=1, activation="sigmoid")
    data = {"encoding": "multi-hot", "length": 12} if form == "columns" else {"encoding": form, "length": 12}
    optimizer = chance.choice(("rmsprop", "adam", "sgd", "nadam"))
    if any(kind.endswith("normalization") or kind in ("lstm", "gru", "bidirectional") for kind in kinds):
        optimizer = PROPORTIONAL
    training: dict[str, Any] = {
        "optimizer": optimizer,
        "learning_rate": 0.1 if optimizer == PROPORTIONAL else 0.01,
        "epochs": 1,
        "batch_size": 20,
    }
    if form == "columns":
        data["dataset"] = "own.csv"
    return tiny.experiment(*below, output, data=data, **training).model_copy(update={"seed": seed})


def _layer(chance: random.Random, kind: str) -> Any:
    """A layer of this kind with settings drawn from those that it can have, of small sizes."""
    fields = catalogue.KINDS[kind].model_fields
    small = {"units": 3, "filters": 3, "output_dim": 4, "kernel_size": 2, "pool_size": 2}
    values: dict[str, Any] = {name: chance.randint(1, most) for name, most in small.items() if name in fields}
    for name in fields.keys() & {"activation", "padding", "layer"}:
        values[name] = chance.choice(get_args(fields[name].annotation))
    for name in fields.keys() & {"mask_zero", "return_sequences", "use_bias"}:
        values[name] = chance.random() < 0.7
    if "l2" in fields and chance.random() < 0.2:
        values |= {"l1": 0.001, "l2": 0.01}
    return catalogue.KINDS[kind](**values)


def _columns(experiment: Experiment) -> tuple[int, ...]:
    return (5,) if experiment.data.dataset == "own.csv" else ()


def _data(experiment: Experiment) -> Dataset:
    """A few samples to train on and to test, none for validation; the shortest texts, all padded, are tested."""
    made = tiny.columns(SAMPLES, "binary", classes=2) if _columns(experiment) else tiny.text(SAMPLES)
    order = np.arange(SAMPLES)
    if isinstance(made.samples, Ragged):
        order = np.argsort(made.samples.lengths, kind="stable")
    return replace(made, split=Split(order[PREDICTED:], order[:0], order[:PREDICTED]))


def differences(experiment: Experiment) -> Mapping[str, float]:
    """The largest difference between this project and bare Keras, in each of what is compared.

    ``weights`` after an epoch of the same batches, ``together`` and ``alone`` the predictions of some samples, in
    one batch and one by one, ``export`` those of the exported model.
    """
    dataset = _data(experiment)
    run = Run(experiment, dataset=dataset)
    events = iter(run)
    for event in events:
        if isinstance(event, Started):
            break
    first = run.network.weights()
    list(events)
    assert run.epochs, "the run failed"
    weights = run.network.weights()
    theirs = _trained_by_keras(run, first)
    chosen = dataset.split.test
    expected = np.asarray(theirs(dense(run, chosen), training=False))
    predictor = Predictor(experiment, run.features, theirs.get_weights())
    encoded = take(run.encoded, chosen)
    alone = [predictor.answers(take(run.encoded, chosen[[index]])) for index in range(len(chosen))]
    exported = _exported(experiment, run, theirs)
    return {
        "weights": max(_apart(mine, other) for mine, other in zip(weights, theirs.get_weights(), strict=True)),
        "together": _apart(predictor.answers(encoded), expected),
        "alone": _apart(np.concatenate(alone), expected),
        "export": _apart(np.asarray(exported(_raw(run, chosen), training=False)), expected),
    }


def _apart(mine: NDArray[Any], theirs: NDArray[Any]) -> float:
    return float(np.max(np.abs(mine - theirs) / np.maximum(np.abs(theirs), 1), initial=0))


def bare_keras(experiment: Experiment, shape: tuple[int | None, ...], dtype: str) -> keras.Model:
    """The experiment's model as its exported script builds it: with Keras alone."""
    names = {"keras": keras, "VOCABULARY": experiment.data.vocabulary}
    layers = [eval(layer_line(layer), names) for layer in experiment.stack]
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def _trained_by_keras(run: Run, first: Any) -> keras.Model:
    """Bare Keras trained on the batches that a run was trained on, from its first weights."""
    experiment = run.experiment
    model = bare_keras(experiment, *_input(run))
    model.set_weights(first)
    training = experiment.training
    optimizer = keras.optimizers.get(training.optimizer)
    optimizer.learning_rate = training.learning_rate
    model.compile(optimizer, loss=training.loss, run_eagerly=True)
    seed_dropout(model, experiment.seed, 1)
    assert run.dataset is not None
    lengths = run.network.adapter.lengths(run.encoded)
    order = shuffled(run.dataset.split.train, lengths, training.batch_size, experiment.seed, 1)
    for start in range(0, len(order), training.batch_size):
        batch = order[start : start + training.batch_size]
        model.train_on_batch(_as_drawn(run, batch), run.dataset.targets[batch])
    return model


def _input(run: Run) -> tuple[tuple[int | None, ...], str]:
    if run.features.form != "sequence":
        return run.features.shape, "float32"
    return run.network.adapter.shape, "int32"


def _as_drawn(run: Run, batch: NDArray[np.int64]) -> NDArray[Any]:
    """A batch as Keras trains on it; as short as the run's, where dropout draws a number for every step."""
    samples = dense(run, batch)
    drops = any(layer.kind == "dropout" for layer in run.experiment.stack)
    lengths = run.network.adapter.lengths(run.encoded)
    return samples if lengths is None or not drops else samples[:, -int(lengths[batch].max()) :]


def dense(run: Run, chosen: NDArray[np.int64]) -> NDArray[Any]:
    """Samples as a bare Keras model reads them."""
    encoded = take(run.encoded, chosen)
    if isinstance(encoded, np.ndarray):
        return encoded
    if run.features.form == "sequence":
        return pad(encoded, run.features.shape[0])
    bags = np.zeros((len(chosen), run.features.shape[0]), np.float32)
    bags[np.repeat(np.arange(len(chosen)), encoded.lengths), encoded.values] = 1
    return bags


def _raw(run: Run, chosen: NDArray[np.int64]) -> NDArray[Any]:
    """Samples as an exported model reads them: columns as the data set has them."""
    assert run.dataset is not None
    return np.asarray(run.dataset.samples[chosen]) if run.features.form == "columns" else dense(run, chosen)


def _exported(experiment: Experiment, run: Run, trained: keras.Model) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(saved_model(experiment, run.features, trained.get_weights()))
        return keras.saving.load_model(path, safe_mode=True)


def written(experiment: Experiment) -> str:
    """The stack in Keras's words."""
    return " > ".join(layer_line(layer).removeprefix("keras.layers.") for layer in experiment.stack)
