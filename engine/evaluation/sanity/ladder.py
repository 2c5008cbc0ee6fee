"""Runs the checks (rungs) of the sanity ladder in order; test samples are never read."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.evaluation.sanity import trials
from engine.evaluation.sanity.learning_rate_range import RateRange, rate_range
from engine.evaluation.sanity.trials import Bench
from engine.events import EpochEnded, Preparation, Preparing
from engine.experiment.model import Experiment, Training
from engine.network.network_pool import Pool
from engine.training.constant_baseline import baselines

BATCH = 32
"""Number of samples in the batch that a network has to memorise."""

BATCH_EPOCHS, BATCH_SECONDS = 3000, 8.0
LEARNT = 0.05
"""Share of the constant prediction's loss (or of 1) below which a batch counts as memorised."""

TRIAL_EPOCHS = 2
SHUFFLES = 3
"""Number of label shuffles: one may help by luck, a fault helps every time."""

NOTHING = 0.98
"""Share of the constant prediction's loss that validation must not fall below when there is nothing to learn."""

START = 0.3
"""Maximum relative deviation of the initial loss from its theoretical value."""

RATES = 100.0
"""Maximum ratio between the experiment's learning rate and the proposed one."""

SILENT = 1e-12
"""A learning rate at which nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One check: the measured and expected values, and why it holds or fails; ``curve`` has pairs (rate, loss)."""

    check: str
    ok: bool
    value: float | None
    expected: float | None
    why: str
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """The results of all checks; ``proposal`` is a learning rate to try."""

    rungs: tuple[Rung, ...]
    proposal: float | None

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(rung.ok for rung in self.rungs)

    def as_object(self) -> dict[str, Any]:
        """Return the ladder as the command's ``--json`` shows it."""
        return {"ladder": [asdict(rung) for rung in self.rungs], "proposed_learning_rate": self.proposal}


def climb(experiment: Experiment, dataset: Dataset | None = None) -> Generator[Preparing | Rung, None, Ladder]:
    """Run the checks in order; yields progress and each result. Leaving the loop stops it.

    Pass ``dataset`` to avoid loading the data. Only training and validation samples are read. Raises EngineError
    if the network cannot be built or the data cannot be read.
    """
    bench = yield from _bench(experiment, dataset)
    rungs = []
    for step in (_loss_at_start, _one_batch, _shuffled_labels, _zeroed_inputs):
        rung = yield from step(bench)
        rungs.append(rung)
        yield rung
    found = yield from rate_range(bench)
    rungs.append(_rate_rung(experiment.training, found))
    yield rungs[-1]
    return Ladder(tuple(rungs), found.proposal)


def _bench(experiment: Experiment, dataset: Dataset | None) -> Preparation[Bench]:
    if dataset is None:
        dataset = yield from datasets.load(experiment.data, experiment.seed)
    fitted = yield from features.fit(dataset, experiment.data, dataset.split.train)
    encoded = yield from fitted.encode_all(dataset)
    return Bench(experiment, trials.shortened(dataset), fitted, encoded, Pool())


def theoretical_loss(dataset: Dataset, training: Training, outputs: int) -> float:
    """Return the loss of an untrained network: ln 2, ln of the number of classes, or that of predicting 0.

    NaN for losses without such a value.
    """
    targets = np.asarray(dataset.targets[dataset.split.train], np.float64)
    known = {
        "binary_crossentropy": math.log(2),
        "categorical_crossentropy": math.log(max(outputs, 2)),
        "sparse_categorical_crossentropy": math.log(max(outputs, 2)),
    }
    if not dataset.labels:
        known = {"mse": float(np.square(targets).mean()), "mae": float(np.abs(targets).mean())}
    return known.get(training.loss, math.nan)


def _loss_at_start(bench: Bench) -> Preparation[Rung]:
    train = bench.dataset.split.train
    still = trials.with_training(bench.experiment, learning_rate=SILENT, epochs=1, metrics=())
    data = trials.with_split(bench.dataset, train[:BATCH], train)
    epochs = yield from bench.run("reading the loss at the start", still, data)
    output = bench.experiment.output
    expected = theoretical_loss(data, bench.experiment.training, output.units if output else 2)
    value = epochs[0].logs["val_loss"]
    if math.isnan(expected):
        return Rung("loss_at_start", math.isfinite(value), value, None, "there is no expected value for this loss")
    ok = abs(value - expected) <= START * abs(expected)
    why = (
        "an untrained network starts here"
        if ok
        else (
            "an untrained network should start near the expected loss: check the output's activation, the loss "
            "and the scale of the inputs"
        )
    )
    return Rung("loss_at_start", ok, value, expected, why)


def _one_batch(bench: Bench) -> Preparation[Rung]:
    batch = bench.dataset.split.train[:BATCH]
    experiment = trials.with_training(
        trials.unregularised(bench.experiment), epochs=BATCH_EPOCHS, batch_size=BATCH, metrics=()
    )
    aim = LEARNT * baselines(bench.dataset, bench.experiment.training).get("loss", 1.0)
    epochs = yield from bench.run(
        "overfitting one batch",
        experiment,
        trials.with_split(bench.dataset, batch, batch[:0]),
        enough=lambda ended: ended.logs["loss"] <= aim,
        seconds=BATCH_SECONDS,
    )
    value = min(ended.logs["loss"] for ended in epochs)
    ok = value <= aim
    steps = f"{len(epochs):,} steps on {len(batch)} samples"
    why = (
        f"memorised in {steps}"
        if ok
        else (
            f"not memorised in {steps}: the network is too small, its learning rate too low or high, or "
            "equal inputs have different targets"
        )
    )
    return Rung("one_batch", ok, value, 0.0, why)


def _shuffled_labels(bench: Bench) -> Preparation[Rung]:
    found = []
    for seed in range(SHUFFLES):
        data = trials.shuffled_targets(bench.dataset, seed)
        epochs = yield from _nothing_to_learn(bench, "learning shuffled labels", data, None)
        found.append(
            _nothing_rung(
                bench,
                "shuffled_labels",
                epochs,
                "nothing is learnt from random labels",
                "validation samples are predicted from randomly shuffled labels, each time: they are "
                "among the training samples, or the targets leak into the inputs",
            )
        )
    return next((rung for rung in found if rung.ok), found[0])


def _zeroed_inputs(bench: Bench) -> Preparation[Rung]:
    found = yield from _nothing_to_learn(
        bench, "learning from empty inputs", bench.dataset, trials.zeroed(bench.encoded)
    )
    return _nothing_rung(
        bench, "zeroed_inputs", found, "without inputs, only a constant can be predicted",
        "the network predicts without reading its inputs: the targets reach it another way",
    )  # fmt: skip


def _nothing_to_learn(bench: Bench, stage: str, data: Dataset, encoded: Any) -> Preparation[list[EpochEnded]]:
    experiment = trials.with_training(bench.experiment, epochs=TRIAL_EPOCHS)
    return (yield from bench.run(stage, experiment, data, encoded))


def _nothing_rung(bench: Bench, check: str, epochs: list[EpochEnded], good: str, bad: str) -> Rung:
    """Check that validation samples are predicted no better than by a constant, by loss or, for classes, accuracy.

    One of the two suffices: either may be better by luck, since the predictions of a network that learnt nothing
    are correlated.
    """
    known = baselines(bench.dataset, bench.experiment.training)
    value, expected = min(ended.logs["val_loss"] for ended in epochs), known.get("loss", math.nan)
    ok = not value < NOTHING * expected
    if "accuracy" in known and "val_accuracy" in epochs[-1].logs:
        value, expected = max(ended.logs["val_accuracy"] for ended in epochs), _most_common(bench.dataset)
        chance = 3 * math.sqrt(expected * (1 - expected) / len(bench.dataset.split.validation))
        ok = ok or value <= expected + chance
    return Rung(check, ok, value, None if math.isnan(expected) else expected, good if ok else bad)


def _most_common(dataset: Dataset) -> float:
    """Return the highest accuracy of a constant prediction on the validation samples."""
    counts = np.bincount(np.asarray(dataset.targets[dataset.split.validation], np.int64))
    return float(counts.max() / counts.sum())


def _rate_rung(training: Training, found: RateRange) -> Rung:
    curve = tuple(zip(found.rates, found.losses, strict=True))
    rate, proposal = training.learning_rate, found.proposal
    if proposal is None:
        return Rung("learning_rate", False, rate, None, "the loss fell at no learning rate from 1e-6 to 10", curve)
    ok = proposal / RATES <= rate <= proposal * RATES
    why = f"the loss is lowest at {proposal * 5:.2g} in a hundred steps of growing rates: try {proposal:.2g}"
    return Rung("learning_rate", ok, rate, proposal, why, curve)
