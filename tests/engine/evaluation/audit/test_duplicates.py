"""Samples that occur more than once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.datasets.dataset import Dataset, Split
from engine.datasets.ragged import Ragged
from engine.evaluation.audit import duplicates
from engine.evaluation.audit.duplicates import Duplicates, find_duplicates
from engine.system.drain import drain
from tests.engine import tiny


def split(train: list[int], validation: list[int], test: list[int]) -> Split:
    return Split(*(np.array(part, np.int64) for part in (train, validation, test)))


def texts(*reviews: list[int], of: Split) -> Dataset:
    base = tiny.text(10)
    return replace(base, samples=Ragged.of(reviews), targets=np.zeros(len(reviews), np.int64), split=of)


def test_equal_samples_are_counted_within_and_across_splits() -> None:
    one, two, three = [1, 10, 11], [1, 12, 13], [1, 14]
    dataset = texts(one, one, two, one, three, two, [1, 90], of=split([0, 1, 2], [3, 4], [5, 6]))
    found = drain(find_duplicates(dataset))
    assert found.exact == ((0, 1, 3), (2, 5))
    assert (found.within, found.across) == (1, 2)
    assert found.near == ()


def test_the_order_of_words_matters_to_equal_texts() -> None:
    found = drain(find_duplicates(texts([1, 10, 11], [1, 11, 10], of=split([0], [1], []))))
    assert found.exact == ()
    assert found.near == ((0, 1),)
    assert (found.near_within, found.near_across) == (0, 1)


def test_nearly_equal_texts_share_four_fifths_of_their_words() -> None:
    random = np.random.default_rng(0)
    reviews = [[1, *random.choice(np.arange(4, 60_000), 100, replace=False).tolist()] for _ in range(200)]
    near, far = list(reviews[7]), list(reviews[8])
    near[1:9] = range(70_000, 70_008)
    far[1:31] = range(71_000, 71_030)
    dataset = texts(*reviews, near, far, of=split(list(range(200)), [], [200, 201]))
    found = drain(find_duplicates(dataset))
    assert found.near == ((7, 200),)
    assert duplicates.jaccard(np.array([1, 2, 3, 4]), np.array([2, 3, 5])) == 2 / 5


def test_many_alike_texts_do_not_take_quadratic_time() -> None:
    reviews = [[1, *range(10, 60), 100 + number] for number in range(400)]
    found = drain(find_duplicates(texts(*reviews, of=split(list(range(400)), [], []))))
    assert len(found.near) == 1
    assert len(found.near[0]) == 400


def test_columns_are_nearly_equal_by_their_standardised_distance() -> None:
    dataset = tiny.columns(60)
    indices = np.concatenate([dataset.samples, dataset.samples[:1], dataset.samples[5:6] * np.float32(1.0001)])
    targets = np.zeros(62, np.float32)
    found = drain(
        find_duplicates(replace(dataset, samples=indices, targets=targets, split=split([0, 5], [], [60, 61])))
    )
    assert found.exact == ((0, 60),)
    assert found.near == ((5, 61),)
    assert (found.within, found.across, found.near_across) == (0, 1, 1)


def test_nothing_is_found_among_few_or_empty_samples() -> None:
    nothing = Duplicates((), (), 0, 0, 0, 0)
    assert drain(find_duplicates(texts([1, 5], of=split([0], [], [])))) == nothing
    assert drain(find_duplicates(texts([1], [1, 2], of=split([0], [1], [])))) == nothing
