"""Finds exact and near duplicates within a split and across splits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.text import FIRST
from engine.events import Preparation, Preparing

SIMILAR = 0.8
"""The share of distinct words in common (Jaccard index) from which on two texts are nearly the same."""

BANDS, ROWS = 16, 8
"""Hashes of a MinHash signature, by bands: texts that agree in all hashes of a band are compared."""

CLOSE = 0.01
"""The distance in standard deviations, per column, up to which two samples of columns are nearly the same."""

CROWDED = 50
"""Texts of one band beyond which only neighbours are held against each other."""

SPLITS = ("train", "validation", "test")
STAGE = "searching for duplicates"

Groups = list[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Groups of equal samples, each their indices, and of nearly equal ones (of the first of each equal group).

    ``within`` counts samples beyond the first of their group in a split; ``across`` those in a later split
    (training, validation, test) whose group has a sample in an earlier one: answers that training has seen.
    """

    exact: tuple[tuple[int, ...], ...]
    near: tuple[tuple[int, ...], ...]
    within: int
    across: int
    near_within: int
    near_across: int

    def as_object(self) -> dict[str, Any]:
        """The duplicates as the command's ``--json`` shows them."""
        near = {"within": self.near_within, "across": self.near_across, "groups": self.near}
        return {"within": self.within, "across": self.across, "groups": self.exact, "near": near}


def find_duplicates(dataset: Dataset, encoded: Any = None) -> Preparation[Duplicates]:
    """Find equal and nearly equal samples; ``encoded`` stands for samples that are neither text nor numbers.

    Texts are equal when their words are, and nearly equal by the Jaccard index of their distinct words, with
    MinHash (Broder 1997) to find the pairs. Columns are nearly equal by their distance once standardised; samples
    of words and columns together are held against each other for equality alone.
    """
    samples: Any = dataset.samples if encoded is None else encoded
    yield Preparing(STAGE)
    exact = equal_groups(dataset.samples)
    first = np.setdiff1d(
        np.arange(len(samples)), np.concatenate([group[1:] for group in exact] or [np.empty(0, int)])
    )
    near: Groups = []
    if isinstance(samples, np.ndarray):
        near = yield from _near_columns(samples, first.astype(np.int64))
    elif samples.weights is None:
        near = yield from _near_texts(samples, first.astype(np.int64))
    split_of = splits_of(dataset)
    within, across = _counts(exact, split_of)
    near_within, near_across = _counts(near, split_of)
    return Duplicates(_plain(exact), _plain(near), within, across, near_within, near_across)


def splits_of(dataset: Dataset) -> NDArray[np.int64]:
    """Each sample's split as a position in SPLITS, -1 for samples in none: int64 of shape (samples,)."""
    found = np.full(len(dataset.targets), -1, np.int64)
    for index, name in enumerate(SPLITS):
        found[getattr(dataset.split, name)] = index
    return found


def equal_groups(samples: Any) -> Groups:
    """Groups of two and more equal samples, in the order of their first ones."""
    found: dict[Any, list[int]] = {}
    for index, key in enumerate(_keys(samples)):
        found.setdefault(key, []).append(index)
    return [np.array(group, np.int64) for group in found.values() if len(group) > 1]


def _keys(samples: Any) -> Iterable[Any]:
    """What is the same for equal samples: the lines of a table as written, else the bytes of numbers."""
    if isinstance(samples, Table):
        return zip(*(column.texts() for column in samples.columns), strict=True)
    if isinstance(samples, Ragged) and samples.weights is not None:
        weights, offsets = samples.weights, samples.offsets
        bounds = pairwise(offsets.tolist())
        return (samples.values[one:other].tobytes() + weights[one:other].tobytes() for one, other in bounds)
    return (np.ascontiguousarray(samples[index]).tobytes() for index in range(len(samples)))


def _counts(groups: Iterable[NDArray[np.int64]], split_of: NDArray[np.int64]) -> tuple[int, int]:
    within = across = 0
    for group in groups:
        splits = split_of[group]
        splits = splits[splits >= 0]
        within += len(splits) - len(set(splits.tolist()))
        across += int((splits > splits.min(initial=len(SPLITS))).sum())
    return within, across


def _plain(groups: Groups) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(group.tolist()) for group in groups)


def _near_texts(samples: Ragged, chosen: NDArray[np.int64]) -> Preparation[Groups]:
    sets = distinct_words(samples.take(chosen))
    kept = np.flatnonzero(sets.lengths > 0)
    sets, chosen = sets.take(kept), chosen[kept]
    if len(sets) < 2:
        return []
    pairs: set[tuple[int, int]] = set()
    random = np.random.default_rng(0)
    size = int(sets.values.max()) + 1
    for band in range(BANDS):
        yield Preparing(STAGE, band, BANDS)
        pairs |= _agreeing(_signatures(sets, size, random))
    alike = [pair for pair in sorted(pairs) if jaccard(sets[pair[0]], sets[pair[1]]) >= SIMILAR]
    return [chosen[group] for group in _joined(alike, len(sets))]


def distinct_words(samples: Ragged) -> Ragged:
    """Each text's distinct words, ascending, without marks for start and unknown words."""
    number = np.repeat(np.arange(len(samples), dtype=np.int64), samples.lengths)
    size = int(samples.values.max(initial=0)) + 1
    words = samples.values >= FIRST
    keys = number[words] * size + samples.values[words]
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    offsets = np.searchsorted(keys, np.arange(len(samples) + 1, dtype=np.int64) * size).astype(np.int64)
    return Ragged((keys % size).astype(np.int32), offsets)


def _signatures(sets: Ragged, size: int, random: np.random.Generator) -> NDArray[np.uint32]:
    """The least hash of each set's words under several random functions: uint32 of shape (sets, ROWS)."""
    tables = random.integers(2**32, size=(ROWS, size), dtype=np.uint32)
    hashes = [np.minimum.reduceat(table[sets.values], sets.offsets[:-1]) for table in tables]
    return np.ascontiguousarray(np.stack(hashes, axis=1))


def _agreeing(signatures: NDArray[np.uint32]) -> set[tuple[int, int]]:
    """Pairs of sets whose signatures agree in full."""
    whole = signatures.view(f"V{signatures.shape[1] * 4}").ravel()
    _, of, counts = np.unique(whole, return_inverse=True, return_counts=True)
    members = np.flatnonzero(counts[of] > 1)
    members = members[np.argsort(of[members], kind="stable")]
    borders = np.flatnonzero(np.diff(of[members])) + 1
    return {pair for group in np.split(members, borders) for pair in _pairs(group.tolist())}


def _pairs(group: list[int]) -> Iterable[tuple[int, int]]:
    if len(group) > CROWDED:
        return pairwise(group)
    return ((one, other) for index, one in enumerate(group) for other in group[index + 1 :])


def jaccard(one: NDArray[np.int32], other: NDArray[np.int32]) -> float:
    """The share of the words of two sets, each ascending, that both have."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _near_columns(samples: NDArray[np.float32], chosen: NDArray[np.int64]) -> Preparation[Groups]:
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import StandardScaler

    columns = samples[chosen].reshape(len(chosen), -1)
    if len(columns) < 2:
        return []
    yield Preparing(STAGE, 1, 2)
    scaled = StandardScaler().fit_transform(columns)
    distances, others = NearestNeighbors(n_neighbors=2).fit(scaled).kneighbors(scaled)
    close = np.flatnonzero(distances[:, 1] <= CLOSE * np.sqrt(scaled.shape[1]))
    pairs = [(int(one), int(others[one][others[one] != one][0])) for one in close.tolist()]
    return [chosen[group] for group in _joined(pairs, len(chosen))]


def _joined(pairs: Iterable[tuple[int, int]], count: int) -> Groups:
    """The groups that pairs join, in the order of their first members."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = np.array(list(pairs), np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    _, of = connected_components(graph, directed=False)
    members = np.unique(links)
    return [members[of[members] == number] for number in dict.fromkeys(of[members].tolist())]
