"""A training run as a generator of events: data, features and network are prepared, then the epochs follow.

Importing this module does not import TensorFlow; iterating over a run does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import datasets, features
from engine.datasets.dataset import Dataset, Split
from engine.datasets.undefined_metrics import undefined_metrics
from engine.datasets.word_vectors import Vectors, read
from engine.errors import EngineError, TrainingError
from engine.events import (
    STARTING_TENSORFLOW,
    DataFacts,
    Ended,
    EpochEnded,
    Event,
    Preparation,
    Preparing,
    Progress,
    Started,
    Status,
    Tested,
)
from engine.experiment.layers import Embedding
from engine.experiment.model import Experiment
from engine.experiment.score_names import with_f1
from engine.features import Encoded, Features
from engine.features.text import TextFeatures
from engine.network.network_pool import Pool
from engine.system.tensorflow_start import start_tensorflow, start_tensorflow_ahead
from engine.training.class_weights import class_weights
from engine.training.constant_baseline import baselines
from engine.training.early_stopping import WatchedLoss

if TYPE_CHECKING:
    from engine.network.batches import Group
    from engine.network.build import Network
    from engine.network.compiled_steps import Steps

Weights = tuple[NDArray[Any], ...]

CALL_SECONDS = 0.05
"""Seconds that one TensorFlow call should take: long relative to its overhead, short enough to stop and report."""

FIRST_BATCHES = 4
"""Number of batches in the first TensorFlow call, before their duration is known."""

LEAST_EVALUATED = 256
"""Minimum number of samples in one evaluation call."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run's state at the end of an epoch, from which it can be resumed as if it had not been interrupted.

    ``weights``, ``optimizer`` and ``best`` are the network's weights, the optimiser's variables and the best
    epoch's weights, each in Keras's order; ``epochs`` is the curve so far.
    """

    epoch: int
    weights: Weights
    optimizer: Weights
    epochs: tuple[EpochEnded, ...]
    best: Weights
    best_epoch: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """The features of a run, fitted on its training samples."""

    features: Features


@dataclass
class Run:
    """One training run; iterate over it once to train.

    ``dataset`` skips loading the data; ``prepared`` also skips fitting the features and encoding the samples.
    ``retrain`` trains on training and validation samples together. ``test`` scores the test samples once at the
    end with the weights of the best epoch (of the last when retraining). ``resume`` continues from a checkpoint.
    ``evaluate_training`` adds the training samples' metrics in evaluation mode to every epoch, or to the epochs
    that it contains. ``sample_weight`` (float32 of shape (samples,)) weights the training loss in addition to the
    experiment's class weights. ``pool`` lends a compiled network; see :meth:`release`. ``dataset``, ``features``
    and ``encoded`` (the encoded samples of the data set) are set from the stage STARTING_TENSORFLOW on,
    ``network`` from Started on.

    An EngineError, a loss that is not finite or a lack of memory ends the stream with Ended(FAILED).
    """

    experiment: Experiment
    dataset: Dataset | None = None
    retrain: bool = False
    test: bool = False
    resume: Checkpoint | None = None
    evaluate_training: bool | Container[int] = False
    prepared: tuple[Features, Encoded] | None = None
    sample_weight: NDArray[np.float32] | None = None
    pool: Pool | None = None
    features: Features = field(init=False, repr=False)
    network: Network = field(init=False, repr=False)
    encoded: Encoded = field(init=False, repr=False)
    epochs: list[EpochEnded] = field(init=False, default_factory=list, repr=False)
    best_epoch: int | None = field(init=False, default=None)
    _batches: int = field(init=False, repr=False)
    _most_batches: int = field(init=False, repr=False)
    _calls: int = field(init=False, default=0, repr=False)
    _reading_seconds: float = field(init=False, default=0.0, repr=False)
    _latest: Progress | None = field(init=False, default=None, repr=False)

    def __iter__(self) -> Iterator[Event]:
        """Iterate over the run's events; leaving the loop stops the run."""
        return self.events()

    def events(self) -> Generator[Event, None, None]:
        """Return the run's events as a generator that can be closed."""
        began = time.monotonic() - self._reading_seconds
        reason: str | None = None
        status = Status.FAILED
        try:
            yield from self._prepare(began)
            reason = yield from self._train()
            if self.test:
                yield from self._test()
            status = Status.FINISHED
        except EngineError as error:
            reason = str(error)
        except Exception as error:
            if not _lacks_memory(error):
                raise
            reason = "not enough memory: try a smaller vocabulary, fewer units or a smaller batch"
        yield Ended(status, self.best_epoch, time.monotonic() - began, reason)

    def recordable(self) -> Generator[Event | Fitted | Checkpoint, None, None]:
        """Yield the run's events and everything needed to store it.

        Fitted comes before Started, and each epoch's Checkpoint before its EpochEnded.
        """
        with closing(self.events()) as events:
            for event in events:
                if isinstance(event, Started):
                    yield Fitted(self.features)
                elif isinstance(event, EpochEnded):
                    yield self.checkpoint()
                yield event

    def read(self) -> Preparation[None]:
        """Load the data set, if it was not given, while TensorFlow is imported. Raises DataError.

        Optional: the run does so itself if it has not been done.
        """
        began = time.monotonic()
        if self.dataset is None:
            start_tensorflow_ahead()
            self.dataset = yield from datasets.load(self.experiment.data, self.experiment.seed)
        self._reading_seconds += time.monotonic() - began

    @property
    def _data(self) -> Dataset:
        """The loaded data set."""
        assert self.dataset is not None
        return self.dataset

    @property
    def facts(self) -> DataFacts:
        """Return the origin of the samples and the sizes of the splits."""
        return self._data.facts

    @property
    def weights(self) -> Weights:
        """Return the weights at the end of the last epoch, even while the network trains the next one."""
        return self._last

    def checkpoint(self) -> Checkpoint:
        """Return the state at the end of the epoch that has just ended; call it before the next event."""
        from engine.network.build import copies

        optimizer = copies(self._steps.optimizer.variables)
        assert self.best_epoch is not None
        return Checkpoint(
            self.epochs[-1].epoch, self._last, optimizer, tuple(self.epochs), self._best, self.best_epoch
        )

    def release(self) -> None:
        """Return the compiled network to its pool; the run must not use it afterwards."""
        if self.pool is not None and hasattr(self, "_steps"):
            self.pool.give_back(self.experiment, self._steps)

    def _prepare(self, began: float) -> Generator[Event, None, None]:
        data = self.experiment.data
        yield from self.read()
        assert self.dataset is not None
        if self.retrain:
            self.dataset = replace(self.dataset, split=_together(self.dataset.split))
        if self.test and not len(self.dataset.split.test):
            raise TrainingError(f"{self.dataset.title} has no test samples")
        if self.prepared is None:
            self.features = yield from features.fit(self.dataset, data, self.dataset.split.train)
            self.encoded = yield from self.features.encode_all(self.dataset)
        else:
            self.features, self.encoded = self.prepared
        vectors = yield from self._read_vectors()
        yield Preparing(STARTING_TENSORFLOW)
        start_tensorflow()
        self._build(vectors)
        first = self.resume.epoch + 1 if self.resume else 1
        yield Started(
            self.facts,
            self.network.model.count_params(),
            self.experiment.training.epochs,
            first,
            time.monotonic() - began,
            baselines(self.dataset, self.experiment.training),
            tuple(found.coverage for found in vectors),
        )

    def _read_vectors(self) -> Preparation[list[Vectors]]:
        """Read the vectors that initialise the stack's Embeddings; a resumed run has its weights instead."""
        found = []
        for layer in self.experiment.stack if self.resume is None else ():
            if isinstance(layer, Embedding) and layer.vectors:
                assert isinstance(self.features, TextFeatures)
                words = self.features.column_words
                found.append((yield from read(layer.vectors, words, layer.output_dim, self.experiment.seed)))
        return found

    def _build(self, vectors: Sequence[Vectors]) -> None:
        from engine.network.batches import Feeder
        from engine.network.build import build
        from engine.network.compiled_steps import check_targets
        from engine.network.whole_batches import most_batches, whole_batches

        training = self.experiment.training
        network = build(self.experiment, self.features, {found.path: found.matrix for found in vectors})
        check_targets(network, training, self._data.targets, len(self._data.labels))
        targets, weights = np.asarray(self._data.targets, network.target.dtype), self._weights_of_samples()
        weighted = weights is not None
        if weights is not None:
            targets = np.stack([targets, weights], axis=1)
        whole = whole_batches(network, training, len(self._data.split.train))
        self._steps: Steps = (self.pool or Pool()).take(self.experiment, network, weighted, whole)
        self.network = self._steps.network
        self._most_batches = most_batches(network, training)
        self._batches = min(FIRST_BATCHES, self._most_batches)
        self._feeder = Feeder(self.network.adapter, self.encoded, targets)
        self._last: Weights = self.network.weights()
        self._best: Weights = self._last
        if self.resume:
            self._restore(self.resume)

    def _weights_of_samples(self) -> NDArray[np.float32] | None:
        weights = class_weights(self._data, self.experiment.data)
        if self.sample_weight is None or weights is None:
            return self.sample_weight if weights is None else weights
        return (weights * self.sample_weight).astype(np.float32)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.network.set_weights(checkpoint.weights)
        for variable, value in zip(self._steps.optimizer.variables, checkpoint.optimizer, strict=True):
            variable.assign(value)
        self.epochs = list(checkpoint.epochs)
        self.best_epoch = checkpoint.best_epoch
        self._last, self._best = checkpoint.weights, checkpoint.best

    def _train(self) -> Generator[Event, None, str | None]:
        """Train epoch after epoch; return the reason for ending before the last one, or None."""
        training = self.experiment.training
        watched_loss = WatchedLoss(training, self.epochs)
        epochs = range(len(self.epochs) + 1, training.epochs + 1)
        size = training.batch_size
        with closing(self._feeder.groups(map(self._order, epochs), lambda: self._batches * size, size)) as groups:
            for epoch in epochs:
                if watched_loss.stops:
                    return watched_loss.reason
                began = time.monotonic()
                rate = float(self._steps.optimizer.learning_rate)
                logs = yield from self._train_epoch(epoch, groups)
                logs |= yield from self._evaluate_epoch(epoch)
                ended = EpochEnded(
                    epoch, with_f1(logs), time.monotonic() - began, watched_loss.improves(logs), rate
                )
                self._keep(ended)
                self._steps.optimizer.learning_rate = watched_loss.after(ended)
                yield ended
        return None

    def _keep(self, ended: EpochEnded) -> None:
        self.epochs.append(ended)
        self._last = self.network.weights()
        if ended.best:
            self._best, self.best_epoch = self._last, ended.epoch

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the order in which an epoch takes the training samples."""
        from engine.network.batches import shuffled

        samples, lengths = self._data.split.train, self.network.adapter.lengths(self.encoded)
        return shuffled(samples, lengths, self.experiment.training.batch_size, self.experiment.seed, epoch)

    def _train_epoch(self, epoch: int, groups: Iterator[Group]) -> Generator[Progress, None, dict[str, float]]:
        from engine.network.build import seed_dropout

        samples = len(self._data.split.train)
        seed_dropout(self.network.model, self.experiment.seed, epoch)
        self._steps.reset_metrics()
        sums: dict[str, float] = {}
        done, began = 0, time.monotonic()
        while done < samples:
            group = next(groups)
            part = self._train_group(group)
            sums = {name: sums.get(name, 0.0) + value for name, value in part.items()}
            done += group.samples
            logs = {name: value / done for name, value in sums.items()} | self._defined_metrics()
            _check_finite(logs["loss"], epoch, self.experiment)
            self._latest = self._progress(epoch, done, samples, time.monotonic() - began, logs)
            yield self._latest
        return logs

    def _train_group(self, group: Group) -> Mapping[str, float]:
        """Train on the batches of a group in one call; return sums over its samples."""
        size = self.experiment.training.batch_size
        began = time.monotonic()
        sums = self._steps.train(group.feed, group.targets, _starts(group.samples, size))
        self._tune(time.monotonic() - began, math.ceil(group.samples / size))
        return sums

    def _tune(self, seconds: float, batches: int) -> None:
        self._calls += 1
        if self._calls > 1:  # the first call includes tracing
            self._batches = max(1, min(self._most_batches, round(CALL_SECONDS * batches / seconds)))

    def _evaluate_epoch(self, epoch: int) -> Generator[Progress, None, dict[str, float]]:
        split = self._data.split
        logs: dict[str, float] = {}
        if len(split.validation):
            scores = yield from self._evaluate(split.validation, "val_")
            logs |= {f"val_{name}": value for name, value in scores.items()}
            _check_finite(logs["val_loss"], epoch, self.experiment)
        wanted = self.evaluate_training
        if wanted if isinstance(wanted, bool) else epoch in wanted:
            scores = yield from self._evaluate(split.train, "eval_")
            logs |= {f"eval_{name}": value for name, value in scores.items()}
        return logs

    def _evaluate(self, samples: NDArray[np.int64], part: str) -> Generator[Progress, None, dict[str, float]]:
        """Score the samples of a part; yields the latest progress now and then, so that the run can be stopped."""
        self._steps.reset_metrics()
        sums: dict[str, float] = {}
        asked = time.monotonic()
        for group in self._feeder.again(samples, self._evaluation_samples):
            found = self._steps.evaluate(group.feed, group.targets)
            sums = {name: sums.get(name, 0.0) + value for name, value in found.items()}
            if self._latest and time.monotonic() - asked > CALL_SECONDS:
                yield self._latest
                asked = time.monotonic()
        return {name: value / len(samples) for name, value in sums.items()} | self._defined_metrics(part)

    def _defined_metrics(self, part: str = "") -> dict[str, float]:
        """Return the stateful metrics, except those that are undefined on the samples of the part."""
        found = self._steps.metric_results()
        return {name: value for name, value in found.items() if part + name not in self._undefined}

    @cached_property
    def _undefined(self) -> frozenset[str]:
        return undefined_metrics(self._data)

    @cached_property
    def _evaluation_samples(self) -> int:
        """Number of samples in one evaluation call: as in a training call, whose cost is known by then."""
        samples = self._batches * self.experiment.training.batch_size
        return max(LEAST_EVALUATED, min(samples, self.network.adapter.call_samples // 2))

    def _test(self) -> Generator[Progress | Tested, None, None]:
        samples = self._data.split.test
        if not self.retrain:
            self.network.set_weights(self._best)
        scores = yield from self._evaluate(samples, "test_")
        epoch = self.epochs[-1].epoch if self.retrain else self.best_epoch
        assert epoch is not None
        yield Tested(epoch, with_f1(scores))

    def _progress(
        self, epoch: int, done: int, samples: int, seconds: float, logs: Mapping[str, float]
    ) -> Progress:
        speed = done / seconds if seconds > 0 else 0.0
        epochs_left = self.experiment.training.epochs - epoch
        per_epoch = self.epochs[-1].seconds if self.epochs else samples / max(speed, 1e-9)
        left = (samples - done) / max(speed, 1e-9) + epochs_left * per_epoch
        return Progress(epoch, done, samples, speed, left, logs)


def _together(split: Split) -> Split:
    samples = np.concatenate([split.train, split.validation])
    return Split(samples, samples[:0], split.test)


def _starts(samples: int, size: int) -> NDArray[np.int64]:
    return np.append(np.arange(0, samples, size), samples).astype(np.int64)


def _lacks_memory(error: Exception) -> bool:
    """Whether memory ran out, as reported by Python, NumPy or TensorFlow."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _check_finite(loss: float, epoch: int, experiment: Experiment) -> None:
    if not math.isfinite(loss):
        what = "not a number" if math.isnan(loss) else "infinite"
        rate = experiment.training.learning_rate
        raise TrainingError(
            f"the loss became {what} in epoch {epoch}: try a lower learning rate (it is {rate:g}), "
            "scaled columns, or an output and loss that fit"
        )
