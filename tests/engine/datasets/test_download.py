"""What Keras publishes: fetched on request alone, checked, whole or not there, from a local server."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.datasets import download, locations
from engine.datasets.download import Published
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data
from engine.system.drain import drain


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that a local server publishes; California is in it, in the columns of the census."""
    folder = tmp_path / "published"
    folder.mkdir()
    census = np.tile([-122.25, 37.85, 52.0, 1274.0, 235.0, 558.0, 219.0, 5.6], (100, 1))
    np.savez(folder / "california_housing.npz", x=census, y=np.linspace(20_000, 500_000, 100))
    content = (folder / "california_housing.npz").read_bytes()
    known = Published("california_housing.npz", hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setitem(download.FILES, "california", (known,))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(download, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        yield folder
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.mark.usefixtures("published")
def test_a_set_is_fetched_and_read(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="workbench data get california"):
        drain(datasets.load(Data(dataset="california"), 7))
    steps = list(datasets.get("california"))
    assert all(isinstance(step, Preparing) for step in steps)
    assert [path.name for path in locations.keras_cache().iterdir()] == ["california_housing.npz"]
    assert "california" not in capfd.readouterr().out
    found = drain(datasets.load(Data(dataset="california"), 7))
    assert found.source == "Keras cache/california_housing.npz"
    assert found.columns[2] == "AveRooms"
    sample = np.asarray(found.samples)[0]
    assert sample == pytest.approx([5.6, 52, 1274 / 219, 235 / 219, 558, 558 / 219, 37.85, -122.25])
    assert found.targets.max() == pytest.approx(5)
    assert (len(found.split.train), len(found.split.validation), len(found.split.test)) == (64, 16, 20)


def test_a_file_with_another_hash_is_refused(published: Path) -> None:
    (published / "california_housing.npz").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"California housing could not be downloaded.*hash"):
        drain(datasets.get("california"))
    assert list(locations.keras_cache().iterdir()) == []


def test_a_network_that_is_not_there_is_said(published: Path) -> None:
    (published / "california_housing.npz").unlink()
    with pytest.raises(DataError, match="could not be downloaded"):
        drain(datasets.get("california"))
    assert list(locations.keras_cache().iterdir()) == []


def test_a_file_larger_than_the_published_one_is_refused(published: Path) -> None:
    with (published / "california_housing.npz").open("ab") as file:
        file.write(bytes(100_000))
    with pytest.raises(DataError, match=r"could not be downloaded.*it is larger than the published"):
        drain(datasets.get("california"))
    assert list(locations.keras_cache().iterdir()) == []


def test_a_server_that_takes_too_long_is_left(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LONGEST_SECONDS", -60)
    with pytest.raises(DataError, match=r"could not be downloaded.*it takes more than -1 minutes"):
        drain(datasets.get("california"))
    assert list(locations.keras_cache().iterdir()) == []


def test_a_download_that_is_stopped_leaves_nothing(published: Path) -> None:
    steps = datasets.get("california")
    next(steps)
    steps.close()
    for thread in threading.enumerate():
        if thread.name == "download california_housing.npz":
            thread.join()
    assert {path.name for path in locations.keras_cache().iterdir()} <= {"california_housing.npz"}


def test_a_good_file_is_not_fetched_again(published: Path) -> None:
    path = drain(datasets.get("california"))
    (published / "california_housing.npz").unlink()
    assert drain(datasets.get("california")) == path


def test_sets_that_come_with_a_package_need_no_download() -> None:
    with pytest.raises(DataError, match="nothing to download"):
        drain(datasets.get("wine"))
    with pytest.raises(DataError, match="no data set is called"):
        drain(datasets.get("x"))


@pytest.fixture
def keras_cache(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's own cache, with the files that are published as they lie in the folder of real data."""
    cache = locations.keras_cache()
    cache.mkdir(parents=True)
    for name in ("reuters.npz", "reuters_word_index.json", "boston_housing.npz"):
        (cache / name).symlink_to(real_data / name)
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "nothing"))
    for module in ("reuters", "boston_housing"):  # Keras has looked for its home when it was imported
        monkeypatch.setattr(
            f"keras.src.datasets.{module}.get_file", lambda path="", fname="", **_: str(cache / (path or fname))
        )
    return cache


@pytest.mark.usefixtures("keras_cache")
def test_boston_is_keras_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    (samples, prices), (test_samples, test_prices) = keras.datasets.boston_housing.load_data()
    found = drain(datasets.load(Data(dataset="boston"), 7))
    assert found.source == "Keras cache/boston_housing.npz"
    train = np.concatenate([found.split.validation, found.split.train])
    assert np.array_equal(np.asarray(found.samples)[train], samples.astype(np.float32))
    assert np.array_equal(found.targets[train], prices.astype(np.float32))
    assert np.array_equal(np.asarray(found.samples)[found.split.test], test_samples.astype(np.float32))
    assert np.array_equal(found.targets[found.split.test], test_prices.astype(np.float32))
    assert "contested" in found.notes[0]
    monkeypatch.setenv("KERAS_HOME", "/nowhere")
    packaged = drain(datasets.load(Data(dataset="boston"), 7))
    assert packaged.source == "packaged"
    assert packaged.digest == found.digest


@pytest.mark.usefixtures("keras_cache")
def test_reuters_is_keras_s_own() -> None:
    import keras

    (samples, topics), (test_samples, test_topics) = keras.datasets.reuters.load_data()
    found = drain(datasets.load(Data(dataset="reuters"), 7))
    facts = found.facts
    assert (facts.train, facts.validation, facts.test) == (7_982, 1_000, 2_246)
    train = np.concatenate([found.split.validation, found.split.train])
    assert np.array_equal(found.targets[train], topics)
    assert np.array_equal(found.targets[found.split.test], test_topics)
    for index in range(0, 8_982, 501):
        assert _within(found.samples[train[index]].tolist(), samples[index])
    for index in range(0, 2_246, 499):
        assert _within(found.samples[found.split.test[index]].tolist(), test_samples[index])
    assert found.vocabulary is not None
    words = found.vocabulary.decode(found.samples[train[0]].tolist())
    assert words.startswith("? mcgrath rentcorp said as a result of its december acquisition of space co")
    assert found.labels == keras.datasets.reuters.get_label_names()


def _within(ours: list[int], theirs: list[int]) -> bool:
    """Equal, but that Keras, told no number of words, takes the most frequent id it never reaches as unknown."""
    return len(ours) == len(theirs) and all(one == two or two == 2 for one, two in zip(ours, theirs, strict=True))


def test_reuters_without_its_word_index_shows_ranks(keras_cache: Path) -> None:
    (keras_cache / "reuters_word_index.json").unlink()
    found = drain(datasets.load(Data(dataset="reuters"), 7))
    assert found.vocabulary is not None
    assert found.vocabulary.decode([1, 4, 5]) == "? #1 #2"
    assert "workbench data get reuters" in found.notes[0]
    (keras_cache / "reuters.npz").unlink()
    with pytest.raises(DataError, match="workbench data get reuters"):
        drain(datasets.load(Data(dataset="reuters"), 7))


def test_a_folder_of_data_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"WORKBENCH_DATA names .*nowhere, which is not a folder"):
        drain(datasets.load(Data(dataset="imdb"), 7))
