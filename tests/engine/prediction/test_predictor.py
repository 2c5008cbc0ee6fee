"""Predictions on decoded rows, and words' parts against a recomputation with one word left out at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.events import EpochEnded
from engine.experiment.layers import (
    GRU,
    Conv1D,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
)
from engine.experiment.model import Experiment
from engine.features.bag import Bag
from engine.prediction.answers import interpret
from engine.prediction.predictor import Predictor
from engine.prediction.samples import COURSE_REVIEWS, sample, samples
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import tiny

OUTPUT = Dense(units=1, activation="sigmoid")
NETWORKS = {
    "bag": ("multi-hot", (Dense(units=4, activation="relu"), OUTPUT)),
    "count": ("count", (Dense(units=4, activation="relu"), OUTPUT)),
    "mean": ("sequence", (Embedding(output_dim=4), GlobalAveragePooling1D(), OUTPUT)),
    "recurrent": ("sequence", (Embedding(output_dim=4), GRU(units=3), OUTPUT)),
    "convolution": ("sequence", (Embedding(output_dim=4), Conv1D(filters=4), GlobalMaxPooling1D(), OUTPUT)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_words_parts_equal_a_recomputation(name: str) -> None:
    encoding, layers = NETWORKS[name]
    predictor, dataset = _trained(encoding, layers, tiny.text())
    for index in dataset.split.test[:3]:
        _assert_parts(predictor, np.array(dataset.samples[index]))


def test_words_parts_on_real_reviews(warm_home: Path) -> None:
    experiment = Experiment(layers=NETWORKS["bag"][1])
    dataset = drain(datasets.load(experiment.data, experiment.seed))
    fitted = drain(features.fit(dataset, experiment.data, dataset.split.train))
    generator = np.random.default_rng(1)
    shapes = [(10_000, 4), (4,), (4, 1), (1,)]
    weights = [generator.normal(0, 0.3, shape).astype(np.float32) for shape in shapes]
    predictor = Predictor(experiment, fitted, weights)
    for index in dataset.split.test[:2]:
        _assert_parts(predictor, np.array(dataset.samples[index]))


def test_a_columns_part_is_taken_against_its_mean() -> None:
    layers = (Dense(units=4, activation="relu"), Dense(units=1))
    dataset = tiny.columns()
    run = Run(tiny.experiment(*layers, loss="mse", metrics=("mae",)), dataset=dataset)
    list(run)
    predictor = Predictor(run.experiment, run.features, run.network.weights())
    one = np.array(dataset.samples[dataset.split.test[0]])
    found = {effect.word: effect.effect for effect in predictor.explain(one).effects}
    assert set(found) == set(dataset.columns)
    means = np.asarray(dataset.samples)[dataset.split.train].mean(axis=0)
    for index, name in enumerate(dataset.columns):
        without = one.copy()
        without[index] = means[index]
        whole, part = predictor.outputs(np.stack([one, without]))[:, 0]
        assert found[name] == pytest.approx(whole - part, abs=1e-4)


def test_predictions_follow_the_weights_of_each_epoch() -> None:
    dataset = tiny.text()
    run = Run(tiny.experiment(epochs=2, learning_rate=0.05), dataset=dataset)
    answers = []
    predictor = None
    for event in run:
        if isinstance(event, EpochEnded):
            weights = run.network.weights()
            predictor = predictor or Predictor(run.experiment, run.features, weights)
            predictor.update(weights)
            answers.append(predictor.predict(samples(dataset, run.features)))
    assert len(answers[0]) == len(dataset.split.test)
    assert answers[0] != answers[1]
    assert {answer.label for answer in answers[1]} <= {"neg", "pos"}


def test_samples_decode_what_the_network_reads() -> None:
    dataset = tiny.text()
    fitted = drain(features.fit(dataset, tiny.experiment(data={"vocabulary": 20}).data, dataset.split.train))
    shown = sample(dataset, fitted, int(dataset.split.test[0]))
    unknown = sum(int(number) >= 20 for number in dataset.samples[shown.index])
    assert shown.decoded.split().count("?") == unknown + 1, "the start mark is none of the words either"
    assert shown.label in ("neg", "pos")


def test_the_courses_two_reviews_are_found(real_data: Path, warm_home: Path) -> None:
    data = Experiment().data
    dataset = drain(datasets.load(data, 7))
    fitted = drain(features.fit(dataset, data, dataset.split.train))
    shown = samples(dataset, fitted)
    assert len(shown) == 20
    course = [one for one in shown if one.course]
    assert all(
        one.decoded.lstrip("? ").startswith(start[:12]) for one, start in zip(course, COURSE_REVIEWS, strict=True)
    )
    assert [one.label for one in course] == ["negative", "positive"]


def test_words_parts_are_all_of_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.features.bag._LEFT_OUT", 2)
    predictor, dataset = _trained("multi-hot", (OUTPUT,), tiny.text())
    ids = np.array(dataset.samples[dataset.split.test[0]])
    expected = predictor.explain(ids)
    without, threads = Bag.without, []

    def interrupted(*asked: object) -> tuple[object, Iterator[object]]:
        words, parts = without(*asked)  # type: ignore[arg-type]

        def one_by_one() -> Iterator[object]:
            for part in parts:
                yield part
                threads.append(threading.Thread(target=predictor.update, args=([np.zeros((60, 1)), np.zeros(1)],)))
                threads[-1].start()

        return words, one_by_one()

    monkeypatch.setattr(Bag, "without", interrupted)
    assert predictor.explain(ids) == expected
    assert len(threads) > 2
    for thread in threads:
        thread.join()


def test_outputs_are_read_by_their_number() -> None:
    assert interpret((0.7,), ("neg", "pos")).label == "pos"
    assert interpret((0.2, 0.5, 0.3), ("a", "b", "c")).label == "b"
    assert interpret((21.5,), ()).label == ""


def _trained(encoding: str, layers: tuple[Layer, ...], dataset: Dataset) -> tuple[Predictor, Dataset]:
    run = Run(tiny.experiment(*layers, data={"encoding": encoding}, learning_rate=0.05), dataset=dataset)
    list(run)
    return Predictor(run.experiment, run.features, run.network.weights()), dataset


def _assert_parts(predictor: Predictor, ids: np.ndarray) -> None:
    explained = predictor.explain(ids)
    names = predictor.features.words(ids)
    whole = float(predictor.outputs(Ragged.of([ids]))[0, 0])
    assert explained.prediction.value == pytest.approx(whole, abs=1e-6)
    assert [abs(part.effect) for part in explained.effects] == sorted(
        (abs(part.effect) for part in explained.effects), reverse=True
    )
    for part in explained.effects:
        without = ids[[name != part.word for name in names]]
        expected = whole - float(predictor.outputs(Ragged.of([without]))[0, 0])
        assert part.effect == pytest.approx(expected, abs=1e-5)
