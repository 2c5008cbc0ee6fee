"""What networks read: the same values as a plain recomputation gives, fitted on training samples alone."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.preprocessing import PowerTransformer, StandardScaler

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.datasets.text import Vocabulary
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data
from engine.features import Features
from engine.features.fitting import COPIED_COLUMNS
from engine.features.scaling import Scaling, fit_scaling
from engine.system import paths
from engine.system.drain import drain
from tests.engine import tiny

TEXT = tiny.text()


def fitted(dataset: Dataset, indices: NDArray[np.int64] | None = None, **settings: Any) -> Features:
    wanted = dataset.split.train if indices is None else indices
    return drain(features.fit(dataset, Data(dataset="x", **settings), wanted))


def dense(bag: Ragged, size: int) -> NDArray[np.float32]:
    found = np.zeros((len(bag), size), np.float32)
    weights = np.ones(len(bag.values), np.float32) if bag.weights is None else bag.weights
    found[np.repeat(np.arange(len(bag)), bag.lengths), bag.values] = weights
    return found


def counted(samples: Ragged, size: int) -> NDArray[np.float32]:
    """Word counts a sample, ids from ``size`` on as the unknown word, 2, as ``load_data(num_words)`` has them."""
    found = np.zeros((len(samples), size), np.float32)
    for index in range(len(samples)):
        for number in samples[index].tolist():
            found[index, number if number < size else 2] += 1
    return found


@pytest.mark.parametrize("vocabulary", [10, 30, 1000])
def test_bags_are_the_distinct_ids_of_each_row(vocabulary: int) -> None:
    assert isinstance(TEXT.samples, Ragged)
    known = fitted(TEXT, vocabulary=vocabulary)
    assert (known.form, known.shape, known.size) == ("bag", (vocabulary,), vocabulary)
    bag = known.encode(TEXT.samples)
    assert isinstance(bag, Ragged)
    assert bag.weights is None
    wanted = counted(TEXT.samples, vocabulary) > 0
    assert np.array_equal(dense(bag, vocabulary) > 0, wanted)
    assert all((np.diff(bag[index]) > 0).all() for index in range(len(bag)))


def test_counts_and_tf_idf_weigh_the_distinct_ids() -> None:
    assert isinstance(TEXT.samples, Ragged)
    wanted = counted(TEXT.samples, 30)
    counts = fitted(TEXT, vocabulary=30, encoding="count").encode(TEXT.samples)
    assert isinstance(counts, Ragged)
    assert np.array_equal(dense(counts, 30), wanted)
    known = fitted(TEXT, vocabulary=30, encoding="tf-idf")
    weighed = known.encode(TEXT.samples)
    assert isinstance(weighed, Ragged)
    frequency = (wanted[TEXT.split.train] > 0).sum(axis=0)
    idf = np.log(1 + len(TEXT.split.train) / (1 + frequency))
    assert dense(weighed, 30) == pytest.approx(wanted * idf, rel=1e-6)


@given(st.lists(st.lists(st.integers(4, 300), max_size=60), min_size=1, max_size=30), st.integers(10, 200))
def test_any_rows_give_their_distinct_ids(inputs: list[list[int]], vocabulary: int) -> None:
    data = replace(
        TEXT, samples=Ragged.of([[1, *sample] for sample in inputs]), vocabulary=Vocabulary(("w",) * 200)
    )
    known = fitted(data, np.arange(len(inputs)), vocabulary=vocabulary, encoding="count")
    bag = known.encode(data.samples)
    assert isinstance(bag, Ragged)
    top = min(vocabulary, 204)
    for index, sample in enumerate(inputs):
        wanted: dict[int, int] = {1: 1}
        for number in sample:
            column = number if number < top else 2
            wanted[column] = wanted.get(column, 0) + 1
        assert bag.weights is not None
        start, end = bag.offsets[index : index + 2]
        assert dict(zip(bag[index].tolist(), bag.weights[start:end].tolist(), strict=True)) == wanted


def test_sequences_are_what_keras_pads_to() -> None:
    known = fitted(TEXT, vocabulary=30, encoding="sequence", length=12)
    assert (known.form, known.shape, known.size) == ("sequence", (12,), 30)
    assert isinstance(TEXT.samples, Ragged)
    found = known.encode(TEXT.samples)
    assert isinstance(found, Ragged)
    for index in range(len(TEXT.samples)):
        sample = [number if number < 30 else 2 for number in TEXT.samples[index].tolist()]
        assert found[index].tolist() == sample[-12:]


def unranked(*texts: str) -> Dataset:
    words = Vocabulary(("apple", "bee", "cat", "dog"))
    inputs = Ragged.of([words.ids(text) for text in texts])
    return replace(TEXT, samples=inputs, vocabulary=words, ranked=False, targets=np.arange(len(texts)) % 2)


def test_a_vocabulary_is_counted_on_the_given_samples_alone() -> None:
    data = unranked("dog dog cat", "cat dog bee", "apple apple apple apple")
    known = fitted(data, np.array([0, 1]), vocabulary=10)
    assert known.names == ("dog", "cat", "bee")
    assert known.column_words[:8] == ("", "", "", "", "dog", "cat", "bee", "")
    assert known.decode(data.samples[2]) == "? ? ? ? ?"
    bag = known.encode(data.samples)
    assert isinstance(bag, Ragged)
    assert [bag[index].tolist() for index in range(3)] == [[1, 4, 5], [1, 4, 5, 6], [1, 2]]


def test_words_that_are_as_frequent_come_in_alphabetical_order() -> None:
    data = unranked("cat bee", "bee cat", "dog")
    assert fitted(data, np.arange(3), vocabulary=10).names == ("bee", "cat", "dog")


def test_text_of_one_s_own_becomes_the_data_set_s_ids() -> None:
    known = fitted(TEXT, vocabulary=10)
    assert known.ids("Word0, word5 WORD20 nonsense").tolist() == [1, 4, 9, 2, 2]
    assert known.decode(known.ids("Word0, word5 WORD20 nonsense")) == "? word0 word5 ? ?"
    with pytest.raises(DataError, match="columns, not text"):
        fitted(tiny.columns()).ids("text")


def test_a_sequence_decodes_to_what_the_network_reads_of_it() -> None:
    known = fitted(TEXT, vocabulary=64, encoding="sequence", length=3)
    assert known.decode(np.array([1, 4, 5, 6, 7])) == "word1 word2 word3"
    assert known.decode(np.array([0, 1, 4])) == "? word0"


@pytest.mark.parametrize("encoding", ["multi-hot", "count", "tf-idf", "sequence"])
@pytest.mark.parametrize("ranked", [True, False])
def test_leaving_words_out_is_encoding_without_them(encoding: str, ranked: bool) -> None:
    data = replace(TEXT, ranked=ranked)
    known = fitted(data, vocabulary=40, encoding=encoding, length=12)
    for index in range(20):
        ids = data.samples[index]
        words, parts = known.without(ids)
        samples = Ragged.joined([part for part in parts if isinstance(part, Ragged)])
        assert len(samples) == len(words) + 1
        seen = known.words(ids)
        assert set(words) == set(seen) - {"?"}
        wanted = known.encode(Ragged.of([ids, *(ids[ids != known.ids(word)[1]] for word in words)]))
        assert isinstance(wanted, Ragged)
        assert samples.offsets.tolist() == wanted.offsets.tolist()
        assert samples.values.tolist() == wanted.values.tolist()
        if wanted.weights is not None:
            assert samples.weights is not None
            assert samples.weights == pytest.approx(wanted.weights)


def test_columns_are_scaled_by_the_training_samples() -> None:
    data = tiny.columns()
    known = fitted(data)
    assert (known.form, known.shape, known.names) == ("columns", (5,), data.columns)
    encoded = np.asarray(known.encode(data.samples))
    assert encoded.dtype == np.float32
    assert encoded[data.split.train].mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-5)
    assert encoded[data.split.train].std(axis=0) == pytest.approx(np.ones(5), abs=1e-5)
    plain = fitted(data, scaling="none").encode(data.samples)
    assert np.array_equal(plain, data.samples)


def test_columns_are_transformed_by_the_training_samples_powers() -> None:
    data = tiny.columns()
    inputs = np.exp(np.asarray(data.samples, np.float64))
    known = fitted(replace(data, samples=inputs), scaling="power")
    wanted = PowerTransformer().fit(inputs[data.split.train]).transform(inputs)
    assert np.asarray(known.encode(inputs)) == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    assert known.export_notes[0].count(", second ") == 1


def test_many_columns_are_fitted_each_on_contiguous_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strided column of a wide array is several times slower to read."""
    data = tiny.columns()
    inputs = np.tile(np.asarray(data.samples), 2 * COPIED_COLUMNS // 5 + 1) * np.arange(1, 36, dtype=np.float32)
    names = tuple(f"column {number}" for number in range(inputs.shape[1]))
    contiguous = []

    def watched(name: str, values: NDArray[Any], method: str) -> Scaling:
        contiguous.append(values.flags.c_contiguous)
        return fit_scaling(name, values, method)

    monkeypatch.setattr("engine.features.fitting.fit_scaling", watched)
    known = fitted(replace(data, samples=inputs, columns=names), scaling="standard")
    wanted = StandardScaler().fit(inputs[data.split.train].astype(np.float64)).transform(inputs)
    assert np.asarray(known.encode(inputs)) == pytest.approx(wanted, abs=1e-5)
    assert contiguous == [True] * len(names)


@pytest.mark.parametrize("scaling", ["standard", "robust", "power", "none"])
@pytest.mark.parametrize("value", [7, 0.7, 1e-3])
def test_a_column_that_never_changes_stays_finite(scaling: str, value: float) -> None:
    data = tiny.columns()
    inputs = np.asarray(data.samples, np.float64)
    inputs[:, 2] = value
    known = fitted(replace(data, samples=inputs), scaling=scaling)
    wanted = value if scaling == "none" else 0
    assert np.asarray(known.encode(inputs))[:, 2] == pytest.approx([wanted] * len(inputs), abs=1e-5)
    inputs[:, 2] += 1  # is scaled as it stands, for rounding errors are no scale
    assert np.abs(np.asarray(known.encode(inputs))[:, 2]).max() < 10


def test_a_value_that_scaling_makes_infinite_is_refused_by_the_name_of_its_column() -> None:
    data = tiny.columns()
    known = fitted(data, scaling="power")
    sample = np.asarray(data.samples[:1], np.float64)
    sample[0, 3] = 1e300
    with pytest.raises(DataError, match=f"the column '{data.columns[3]}' holds a value so far"):
        known.encode(sample)


def test_sparse_columns_are_never_made_dense_by_their_scaling() -> None:
    data = replace(tiny.text(), kind="columns", columns=tuple("abcdef"), vocabulary=None)
    with pytest.raises(DataError, match="would make sparse columns dense"):
        fitted(data, scaling="robust")


def test_a_column_is_left_out_by_its_mean() -> None:
    data = tiny.columns()
    known = fitted(data)
    names, (samples,) = known.without(data.samples[3])
    assert names == list(data.columns)
    whole = np.asarray(known.encode(np.asarray(data.samples)[3:4]))
    assert np.asarray(samples)[0] == pytest.approx(whole[0])
    for index in range(5):
        wanted = whole[0].copy()
        wanted[index] = 0
        assert np.asarray(samples)[index + 1] == pytest.approx(wanted, abs=1e-5)
    assert known.words(data.samples[3]) == list(data.columns)
    assert known.decode(np.array([1, 2.5, 3, 4, 5])).startswith("first 1 second 2.5")


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (TEXT, {"vocabulary": 30}),
        (replace(TEXT, ranked=False), {"vocabulary": 30}),
        (TEXT, {"vocabulary": 30, "encoding": "tf-idf"}),
        (TEXT, {"encoding": "sequence", "length": 5}),
        (tiny.columns(), {}),
        (tiny.columns(), {"scaling": "power"}),
        (tiny.columns(task="classes"), {"scaling": "none"}),
    ],
)
def test_features_survive_being_saved(data: Dataset, settings: dict[str, Any]) -> None:
    known = fitted(data, **settings)
    again = features.from_json(known.to_json())
    assert again.to_json() == known.to_json()
    one, two = known.encode(data.samples), again.encode(data.samples)
    if isinstance(one, Ragged):
        assert isinstance(two, Ragged)
        assert one.values.tolist() == two.values.tolist()
        assert (one.weights is None) == (two.weights is None)
    assert np.array_equal(np.asarray(getattr(one, "weights", one)), np.asarray(getattr(two, "weights", two)))
    assert (again.labels, again.task, again.shape) == (known.labels, known.task, known.shape)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"form": "bag"}', "null", '{"idf": 1, "mean": "x", "scale": []}']
)
def test_other_text_is_no_saved_features(text: str) -> None:
    with pytest.raises(DataError, match="not saved features"):
        features.from_json(text)


@given(hnp.arrays(np.float32, (20, 3), elements=st.floats(-1e6, 1e6, width=32)))
@example(np.full((20, 3), 1e-45, np.float32) * (np.arange(20) > 0)[:, None].astype(np.float32))
def test_any_values_are_scaled_to_finite_ones(inputs: NDArray[np.float32]) -> None:
    data = replace(tiny.columns(), samples=inputs, columns=("a", "b", "c"))
    assert np.isfinite(np.asarray(fitted(data, np.arange(20)).encode(inputs))).all()


@pytest.mark.usefixtures("warm_home")
def test_real_reviews_are_encoded_once_and_then_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    data = drain(datasets.load(Data(), 7))
    known = fitted(data)
    for path in paths.cache().glob("*.arrays"):
        path.touch()
    first = drain(known.encode_all(data))
    assert isinstance(first, Ragged)
    assert len(first) == 25_000
    assert first.lengths.mean() == pytest.approx(131.6, abs=0.1)
    monkeypatch.setattr(Features, "encode", lambda *_: pytest.fail("encoded again"))
    again = drain(features.from_json(known.to_json()).encode_all(data))
    assert isinstance(again, Ragged)
    assert np.array_equal(again.values, first.values)


def test_encoding_tells_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.features.text.CACHED_IDS", 0)
    monkeypatch.setattr("engine.features.text.CHUNK", 20)
    known = fitted(TEXT, vocabulary=30, encoding="count")
    assert list(known.encode_all(TEXT)) == [Preparing("encoding", done, 90) for done in range(0, 90, 20)]
    whole, again = known.encode(TEXT.samples), drain(known.encode_all(TEXT))
    assert isinstance(whole, Ragged)
    assert isinstance(again, Ragged)
    assert again.values.tolist() == whole.values.tolist()
    assert again.offsets.tolist() == whole.offsets.tolist()
    assert again.weights is not None
    assert again.weights.tolist() == pytest.approx(whole.weights.tolist() if whole.weights is not None else [])


def test_encoding_takes_no_memory_for_all_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.features.text.CACHED_IDS", 0)
    ids = np.tile(TEXT.samples[0], 20_000)
    inputs = Ragged(ids, np.arange(0, len(ids) + 1, len(TEXT.samples[0])))
    data = replace(TEXT, samples=inputs)
    known = fitted(TEXT, vocabulary=30, encoding="sequence", length=1000)
    tracemalloc.start()
    encoded = drain(known.encode_all(data))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(encoded, Ragged)
    assert len(encoded.values) == len(ids)
    assert most < ids.nbytes / 2


@pytest.mark.parametrize("encoding", ["multi-hot", "tf-idf"])
def test_encoding_does_without_room_on_the_disk(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    known = fitted(TEXT, vocabulary=30, encoding=encoding)
    monkeypatch.setattr("engine.features.text.CACHED_IDS", 0)
    monkeypatch.setattr("os.posix_fallocate", full)
    monkeypatch.setattr("os.replace", full)
    whole, found = known.encode(TEXT.samples), drain(known.encode_all(TEXT))
    assert isinstance(whole, Ragged)
    assert isinstance(found, Ragged)
    assert found.values.tolist() == whole.values.tolist()
    assert not list(paths.cache().iterdir())


@pytest.mark.usefixtures("warm_home")
def test_the_course_s_review_reads_as_in_the_course(real_data: Path) -> None:
    data = drain(datasets.load(Data(), 7))
    known = fitted(data)
    read = known.decode(known.ids("Please give this one a miss. Kristy Swanson rendered terrible performances"))
    assert read.startswith("? please give this one a miss ? ? rendered terrible performances")
    assert (real_data / "imdb.npz").exists()


def test_the_same_words_from_another_source_are_read_the_same() -> None:
    data = unranked("dog dog cat", "cat dog bee", "apple apple bee dog")
    known = fitted(data, np.arange(2), vocabulary=10)
    words = Vocabulary(("zebra", "dog", "bee", "ant", "apple"))
    other = replace(data, vocabulary=words, samples=Ragged.of([words.ids("dog zebra bee bee")]))
    moved = known.on(other)
    assert moved.decode(other.samples[0]) == "? dog ? bee bee"
    assert moved.ids("dog cat bee")[[0, 1, 3]].tolist() == words.ids("dog cat bee")[[0, 1, 3]].tolist()
    one, two = known.encode(Ragged.of([known.ids("dog x bee")])), moved.encode(Ragged.of([moved.ids("dog x bee")]))
    assert isinstance(one, Ragged)
    assert isinstance(two, Ragged)
    assert one.values.tolist() == two.values.tolist()
    back = moved.on(data)
    assert back.ids_of.tolist() == known.ids_of.tolist()
    with pytest.raises(DataError, match="other columns"):
        known.on(tiny.columns())
    with pytest.raises(DataError, match="other columns"):
        fitted(tiny.columns()).on(data)


def test_features_that_earlier_versions_saved_are_read() -> None:
    common = {"task": "binary", "labels": ["n", "y"], "names": ["a", "b"], "size": 6}
    numbers = {"idf": None, "mean": None, "scale": None}
    bag = common | numbers | {"form": "bag", "encoding": "tf-idf", "length": 0, "ids_of": None, "idf": [1.0] * 6}
    assert features.from_json(json.dumps(bag)).encoding == "tf-idf"
    sequence = common | numbers | {"form": "sequence", "encoding": "sequence", "length": 5, "ids_of": [7, 4]}
    assert features.from_json(json.dumps(sequence)).words(np.array([1, 4, 7])) == ["?", "b", "a"]
    scaled = {
        "form": "columns",
        "encoding": "standard",
        "length": 0,
        "ids_of": [],
        "mean": [1, 2],
        "scale": [2, 4],
    }
    found = features.from_json(json.dumps(common | numbers | scaled))
    assert found.encode(np.array([[3.0, 10.0]])).tolist() == [[1, 2]]
