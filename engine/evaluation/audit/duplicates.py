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
"""Jaccard index of the distinct words from which two texts are near duplicates."""

BANDS, ROWS = 16, 8
"""Number of bands of a MinHash signature and hashes per band; texts that agree in a whole band are compared."""

CLOSE = 0.01
"""Distance per column, in standard deviations, up to which two samples of columns are near duplicates."""

CROWDED = 50
"""Number of texts with the same band beyond which only neighbours are compared."""

SPLITS = ("train", "validation", "test")
STAGE = "searching for duplicates"

Groups = list[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Groups of equal samples, by index, and of nearly equal ones (among the first samples of equal groups).

    ``within`` counts samples after the first of their group in a split; ``across`` those in a later split
    (training, validation, test) whose group has a sample in an earlier one, so that training may have seen their
    targets.
    """

    exact: tuple[tuple[int, ...], ...]
    near: tuple[tuple[int, ...], ...]
    within: int
    across: int
    near_within: int
    near_across: int

    def as_object(self) -> dict[str, Any]:
        """Return the duplicates as the command's ``--json`` shows them."""
        near = {"within": self.near_within, "across": self.near_across, "groups": self.near}
        return {"within": self.within, "across": self.across, "groups": self.exact, "near": near}


def find_duplicates(dataset: Dataset, encoded: Any = None) -> Preparation[Duplicates]:
    """Find equal and nearly equal samples; ``encoded`` replaces samples that are neither text nor numbers.

    Texts are equal if their words are, and nearly equal by the Jaccard index of their distinct words; MinHash
    (Broder 1997) finds candidate pairs. Columns are nearly equal by the distance of standardised values. Samples
    that combine words and columns are only tested for equality.
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
    """Return each sample's split as an index into SPLITS, -1 for samples in none: int64 of shape (samples,)."""
    found = np.full(len(dataset.targets), -1, np.int64)
    for index, name in enumerate(SPLITS):
        found[getattr(dataset.split, name)] = index
    return found


def equal_groups(samples: Any) -> Groups:
    """Return groups of two or more equal samples, ordered by their first samples."""
    found: dict[Any, list[int]] = {}
    for index, key in enumerate(_keys(samples)):
        found.setdefault(key, []).append(index)
    return [np.array(group, np.int64) for group in found.values() if len(group) > 1]


def _keys(samples: Any) -> Iterable[Any]:
    """Return keys that are equal for equal samples: rows of a table as written, else the bytes of numbers."""
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
    """Return each text's distinct words, ascending, without start and unknown marks."""
    number = np.repeat(np.arange(len(samples), dtype=np.int64), samples.lengths)
    size = int(samples.values.max(initial=0)) + 1
    words = samples.values >= FIRST
    keys = number[words] * size + samples.values[words]
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    offsets = np.searchsorted(keys, np.arange(len(samples) + 1, dtype=np.int64) * size).astype(np.int64)
    return Ragged((keys % size).astype(np.int32), offsets)


def _signatures(sets: Ragged, size: int, random: np.random.Generator) -> NDArray[np.uint32]:
    """Return the smallest hash of each set's words for several random functions: uint32 of shape (sets, ROWS)."""
    tables = random.integers(2**32, size=(ROWS, size), dtype=np.uint32)
    hashes = [np.minimum.reduceat(table[sets.values], sets.offsets[:-1]) for table in tables]
    return np.ascontiguousarray(np.stack(hashes, axis=1))


def _agreeing(signatures: NDArray[np.uint32]) -> set[tuple[int, int]]:
    """Return the pairs of sets with equal signatures."""
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
    """Return the Jaccard index of two sets of words, each ascending."""
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
    """Return the connected groups of pairs, ordered by their first members."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = np.array(list(pairs), np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    _, of = connected_components(graph, directed=False)
    members = np.unique(links)
    return [members[of[members] == number] for number in dict.fromkeys(of[members].tolist())]
