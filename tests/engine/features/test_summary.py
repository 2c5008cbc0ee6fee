"""What is said of a data set is what a plain count of its rows gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.experiment.model import Data
from engine.features import Features
from engine.features.encoding_explanation import encoding
from engine.features.summary import Summary, histogram, log_odds, summarise
from engine.system.drain import drain
from tests.engine import tiny


def described(dataset: Dataset, **settings: Any) -> tuple[Summary, Features]:
    known = drain(features.fit(dataset, Data(dataset="x", **settings), dataset.split.train))
    return summarise(dataset, known), known


@pytest.mark.parametrize("offset", [1.7e9, 1e17, -1e17])
def test_numbers_that_are_large_and_close_together_have_a_spread(offset: float) -> None:
    found = histogram(offset + 16 * np.arange(100.0))
    assert (found.lowest, found.highest, sum(found.counts)) == (offset, offset + 1584, 100)


def test_text_is_counted() -> None:
    data = tiny.text(classes=3)
    found, _ = described(data, vocabulary=40)
    assert found.words is not None
    assert isinstance(data.samples, Ragged)
    samples = [data.samples[index].tolist()[1:] for index in data.split.train]
    ids = Counter(number for index in samples for number in index)
    total = sum(ids.values())
    assert found.words.unknown == pytest.approx(sum(n for i, n in ids.items() if i >= 40 or i == 2) / total)
    top = [(f"word{number - 4}", count) for number, count in ids.items() if 4 <= number < 40]
    assert sorted(found.words.frequent) == sorted(top)
    assert [count for _, count in found.words.frequent] == sorted((count for _, count in top), reverse=True)
    assert found.words.lengths.lowest == min(map(len, samples))
    assert found.words.lengths.highest == max(map(len, samples))
    assert found.words.lengths.mean == pytest.approx(np.mean([len(index) for index in samples]))
    assert found.words.distinct == len(top)
    for label, known in enumerate(found.classes):
        parts = (data.split.train, data.split.validation, data.split.test)
        assert known.samples == tuple(int((data.targets[samples] == label).sum()) for samples in parts)


def test_words_that_tell_a_class_are_its_own() -> None:
    found, _ = described(tiny.text(count=400), vocabulary=80)
    assert found.words is not None
    own = [{word for word, _ in part.words[:4]} for part in found.words.telling]
    # class 0's own words are ids 3 to 7, class 1's 8 to 12 (see tiny.text)
    assert own[0] <= {f"word{number - 4}" for number in range(4, 8)}
    assert own[1] <= {f"word{number - 4}" for number in range(8, 13)}
    assert all(ratio > 0 for part in found.words.telling for _, ratio in part.words)


def test_log_odds_are_those_of_the_paper() -> None:
    """Monroe, Colaresi and Quinn (2008), equations 16, 19 and 20, for one word at a time."""
    inside, outside = np.array([10.0, 3.0, 0.0]), np.array([2.0, 30.0, 7.0])
    ratio, score = log_odds(inside, outside)
    prior = (inside + outside) / 10 + 1e-9
    for word in range(3):
        one = (inside[word] + prior[word]) / (inside.sum() + prior.sum() - inside[word] - prior[word])
        other = (outside[word] + prior[word]) / (outside.sum() + prior.sum() - outside[word] - prior[word])
        assert ratio[word] == pytest.approx(np.log(one) - np.log(other))
        deviation = np.sqrt(1 / (inside[word] + prior[word]) + 1 / (outside[word] + prior[word]))
        assert score[word] == pytest.approx(ratio[word] / deviation)


def test_columns_and_their_target_are_described() -> None:
    data = tiny.columns()
    found, _ = described(data)
    samples = np.asarray(data.samples)[data.split.train].astype(float)
    targets = data.targets[data.split.train].astype(float)
    for index, column in enumerate(found.columns):
        assert column.name == data.columns[index]
        assert (column.lowest, column.highest) == (samples[:, index].min(), samples[:, index].max())
        assert column.mean == pytest.approx(samples[:, index].mean())
        assert column.deviation == pytest.approx(samples[:, index].std())
        assert column.correlation == pytest.approx(np.corrcoef(samples[:, index], targets)[0, 1])
    assert found.target is not None
    assert found.target.mean == pytest.approx(targets.mean())
    assert sum(found.target.counts) == len(targets)
    assert found.words is None
    classes, _ = described(tiny.columns(task="classes"))
    assert [column.correlation for column in classes.columns] == [None] * 5


def test_extremes_do_not_leave_a_histogram_one_bar() -> None:
    found = histogram(np.append(np.arange(1000), 1_000_000))
    assert sum(found.counts) == 1001
    assert found.highest == 1_000_000
    assert found.edges[-1] < 1000
    assert max(found.counts) < 60
    same = histogram(np.full(7, 3))
    assert (sum(same.counts), same.lowest, same.highest) == (7, 3, 3)


def test_a_row_is_followed_into_the_network() -> None:
    data = replace(tiny.text(), original=lambda sample: f"Word1, word2! <br /> row {sample}")
    _, known = described(data, vocabulary=20)
    ids = np.array([1, 5, 6, 6, 30])
    data = replace(data, samples=Ragged.of([ids]), targets=np.array([1]))
    steps = {step.name: step for step in encoding(data, known, 0)}
    assert list(steps) == ["text", "words", "ids", "multi-hot", "tensor", "target"]
    assert steps["words"].shown == "word1 word2 br row 0"
    assert steps["ids"].shown == "1 5 6 6 2"
    assert steps["multi-hot"].shown == "1 2 5 6"
    assert "4 of 20 columns" in steps["multi-hot"].remark
    assert steps["tensor"].shown == "(samples of the batch, 20)"
    assert (steps["target"].shown, steps["target"].remark) == ("1", "stands for pos")


@pytest.mark.parametrize(
    ("settings", "name", "shown", "remark"),
    [
        ({"encoding": "count"}, "count", "1:1 2:1 5:1 6:2", "4 of 20 columns"),
        ({"encoding": "sequence", "length": 8}, "padded", "0 … 0 1 5 6 6 2", "3 zeros in front"),
        ({"encoding": "sequence", "length": 3}, "padded", "6 6 2", "the first 2 ids are cut off"),
        ({"encoding": "sequence", "length": 5}, "padded", "1 5 6 6 2", "it fits"),
    ],
)
def test_every_encoding_is_shown(settings: dict[str, Any], name: str, shown: str, remark: str) -> None:
    _, known = described(tiny.text(), vocabulary=20, **settings)
    data = replace(tiny.text(), samples=Ragged.of([[1, 5, 6, 6, 30]]), targets=np.array([0]))
    step = next(step for step in encoding(data, known, 0) if step.name == name)
    assert step.shown == shown
    assert remark in step.remark


def test_a_row_of_columns_is_followed_too() -> None:
    data = tiny.columns()
    _, known = described(data)
    names = [step.name for step in encoding(data, known, 3)]
    assert names == ["columns", "scaled", "tensor", "target"]


@pytest.mark.usefixtures("warm_home")
def test_real_reviews_are_told_apart_by_the_words_one_expects() -> None:
    found, _ = described(drain(datasets.load(Data(), 7)))
    assert found.words is not None
    negative, positive = ({word for word, _ in part.words} for part in found.words.telling)
    assert {"bad", "worst", "awful"} <= negative
    assert {"great", "excellent", "wonderful"} <= positive
    assert found.words.frequent[0][0] == "the"
    assert 230 < found.words.lengths.mean < 240
    assert 0.04 < found.words.unknown < 0.07
