"""Every test has a home of its own; real data is found through WORKBENCH_DATA, and tests pass without it.

Hypothesis draws the same examples each time, so that what lands doesn't hang on luck; with
``--hypothesis-profile=explore`` it draws new ones.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", settings.get_profile("explore"), derandomize=True)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh WORKBENCH_HOME, and no data but what the packages ship."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WORKBENCH_DB", raising=False)
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "home"


REAL_DATA = os.environ.get("WORKBENCH_DATA", "")


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of published data sets; skips the test where there is none."""
    folder = Path(REAL_DATA)
    if not REAL_DATA or not (folder / "imdb.npz").exists():
        pytest.skip("WORKBENCH_DATA names no folder with imdb.npz")
    monkeypatch.setenv("WORKBENCH_DATA", REAL_DATA)
    return folder


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that the tests of one process share, so that reviews are indexed once, not once a test."""
    return tmp_path_factory.mktemp("shared-home")


@pytest.fixture
def warm_home(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use the shared home: for tests that read large data sets."""
    monkeypatch.setenv("WORKBENCH_HOME", str(shared_cache))
    return shared_cache
