"""Predicts held-out samples and typed text with a run's network; searches texts by words and phrases."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.model import Experiment
from engine.prediction.answers import HeldOut, Predictions, Samples
from engine.prediction.decision import scale_outputs

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.datasets.ragged import Ragged
    from engine.features import Features
    from engine.prediction.predictor import Explanation, Predictor
    from engine.prediction.samples import Sample

WATCHED = 20
"""Held-out samples that are predicted, decoded and shown after every epoch."""

HELD_OUT_SHARE = 0.1
"""The share of an epoch's time that may be spent afterwards on predicting further held-out samples."""

HELD_OUT_SECONDS = 0.2
"""The most seconds to spend on them."""

HELD_OUT_SAMPLES = 10_000
"""The most held-out samples predicted after an epoch, and with the best epoch's weights at the end."""

PROBE_SAMPLES = 512
"""The fewest held-out samples predicted after an epoch; the first epoch's measure the time they take."""


class NetworkWatch:
    """Predicts with a run's network; the common base of training and stored sessions."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.dataset: Dataset | None = None
        self.features: Features | None = None
        self.predictor: Predictor | None = None
        self._samples: tuple[Sample, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._outputs: NDArray[np.float32] | None = None
        self._sample_seconds: float | None = None

    def explain(self, ids: NDArray[Any]) -> Explanation:
        """Return the network's current prediction for a sample, with the effect of each word."""
        return self._asked.explain(ids)

    def explain_text(self, text: str) -> Explanation:
        """Like :meth:`explain` for a text."""
        return self._asked.explain_text(text)

    def ids(self, text: str) -> NDArray[np.int32]:
        """Return the word ids of a text."""
        return self._known.ids(text)

    def sample(self, index: int) -> Sample:
        """Return a sample of the data set, ready to be shown."""
        from engine.prediction.samples import sample

        assert self.dataset is not None
        return sample(self.dataset, self._known, index)

    def samples_with(self, word: str, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of ``indices`` whose text holds all words of ``word``; words in quotes form a phrase."""
        from engine.datasets.ragged import Ragged

        assert self.dataset is not None
        if not isinstance(self.dataset.samples, Ragged):
            return indices[:0]
        found = indices
        for phrase in phrases(word):
            wanted = self._known.ids(phrase)[1:]
            if not len(wanted) or (wanted <= 2).any():
                return indices[:0]
            found = found[texts_with(self.dataset.samples.take(found), wanted)]
        return found

    def samples(self) -> Samples:
        """Return the samples to watch."""
        from engine.prediction.samples import samples

        assert self.dataset is not None
        data = self.dataset
        self._samples = samples(data, self._known, WATCHED)
        split = "test" if len(data.split.test) else "validation"
        return Samples(
            self._samples, data.facts, data.title, data.kind, data.task, data.labels, split, data.target
        )

    def predictions(self, epoch: int, best: bool = False) -> Predictions:
        """Return the network's current predictions for the watched samples."""
        found = self._asked.predict(self._samples)
        labels = tuple(prediction.label for prediction in found)
        before = self._labels or labels
        self._labels = labels
        flipped = tuple(now != then for now, then in zip(labels, before, strict=True))
        return Predictions(epoch, found, flipped, best, self._asked.decision)

    def held_out(self, epoch: int, seconds: float) -> HeldOut | None:
        """Predict as many held-out samples as the time budget allows after an epoch of ``seconds``.

        None if there are no held-out samples.
        """
        assert self.dataset is not None
        if self._sample_seconds is None:
            count = PROBE_SAMPLES
        else:
            budget = min(HELD_OUT_SHARE * seconds, HELD_OUT_SECONDS)
            count = int(budget / self._sample_seconds) // PROBE_SAMPLES * PROBE_SAMPLES
        began = time.monotonic()
        found = self.held_out_samples(epoch, min(max(count, PROBE_SAMPLES), HELD_OUT_SAMPLES))
        if found and epoch > 1:  # the first time includes tracing
            self._sample_seconds = (time.monotonic() - began) / len(found.indices)
        return found

    def held_out_samples(
        self, epoch: int, count: int = HELD_OUT_SAMPLES, flips: bool = True, tested: bool = False
    ) -> HeldOut | None:
        """Predict the first ``count`` validation samples; None if there is nothing to predict.

        If there are no validation samples, test samples are used, but only once the run has been ``tested``.
        ``flips`` is false if these weights do not follow the last ones, so that no prediction counts as flipped.
        """
        from engine.datasets.dataset import take

        assert self.dataset is not None
        split = self.dataset.split
        name, indices = "validation", split.validation
        if tested and not len(indices):
            name, indices = "test", split.test
        if not len(indices):
            return None
        chosen = indices[:count]
        outputs = self._asked.outputs(take(self.dataset.samples, chosen))
        before, self._outputs = self._outputs if flips else None, outputs
        if before is not None:  # samples that were not evaluated have not flipped
            before = np.concatenate([before[:count], outputs[len(before) :]])
        targets, decision = np.asarray(self.dataset.targets)[chosen], self._asked.decision
        outputs = scale_outputs(outputs, decision.temperature)
        return HeldOut(epoch, name, chosen, targets, outputs, before, len(indices), decision)

    @property
    def _asked(self) -> Predictor:
        if self.predictor is None:
            raise DataError("there is no network to ask yet: run the experiment first")
        return self.predictor

    @property
    def _known(self) -> Features:
        if self.features is None:
            raise DataError("the data is not ready yet")
        return self.features


def phrases(text: str) -> list[str]:
    """Split a search text into words and quoted phrases."""
    parts = re.findall(r'["“”]([^"“”]*)["“”]?|(\S+)', text)
    return [found for phrase, word in parts if (found := (phrase or word).strip())]


def texts_with(texts: Ragged, wanted: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which of the texts contain these word ids consecutively."""
    values, length = texts.values, len(wanted)
    starts = np.flatnonzero(values == wanted[0])
    starts = starts[starts + length <= len(values)]
    for step in range(1, length):
        starts = starts[values[starts + step] == wanted[step]]
    owner = np.searchsorted(texts.offsets, starts, side="right") - 1
    inside = starts + length <= texts.offsets[owner + 1]
    found = np.zeros(len(texts), np.bool_)
    found[owner[inside]] = True
    return found
