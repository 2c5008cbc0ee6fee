"""The catalogue tells the truth about every set, and scikit-learn's come without a download."""

from __future__ import annotations

import numpy as np
import pytest

from engine import datasets
from engine.checks import propose
from engine.datasets import CATALOGUE
from engine.errors import DataError
from engine.experiment.model import Data, Experiment
from engine.system.drain import drain
from tests.fresh_process import printed

BUNDLED = ("digits", "breast_cancer", "wine", "diabetes")


@pytest.mark.parametrize("name", [*BUNDLED, "boston"])
def test_a_set_is_as_the_catalogue_says(name: str) -> None:
    entry = CATALOGUE[name]
    found = drain(datasets.load(Data(dataset=name), 7))
    samples = np.asarray(found.samples)
    assert samples.shape == (entry.samples, entry.columns)
    assert samples.dtype == np.float32
    assert len(found.columns) == entry.columns
    assert (found.task, found.labels, found.target) == (entry.task, entry.labels, entry.target)
    if entry.classes:
        assert sorted(set(found.targets.tolist())) == list(range(entry.classes))
        for part in (found.split.train, found.split.validation, found.split.test):
            shares = np.bincount(found.targets[part], minlength=entry.classes) / len(part)
            whole = np.bincount(found.targets, minlength=entry.classes) / entry.samples
            assert np.abs(shares - whole).max() < 0.05
    again = drain(datasets.load(Data(dataset=name), 7))
    assert again.digest == found.digest
    assert again.split.test.tolist() == found.split.test.tolist()


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_every_set_proposes_an_output_that_fits(entry: datasets.Entry) -> None:
    output = propose(Experiment(data=Data(dataset=entry.name))).output
    assert output is not None
    assert output.units == (entry.classes if entry.classes > 2 else 1)
    assert output.activation == ("linear" if not entry.labels else "sigmoid" if entry.classes == 2 else "softmax")
    assert datasets.entry(entry.name) is entry
    assert datasets.sources_of(entry.name)


def test_a_path_has_no_entry() -> None:
    assert datasets.entry("reviews.csv") is None
    assert not datasets.sources_of("reviews.csv")[0].available


def test_california_is_read_from_scikit_learn_s_cache(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    import joblib

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    with pytest.raises(DataError, match="California housing is not on this machine"):
        drain(datasets.load(Data(dataset="california"), 7))
    census = np.tile([452_600.0, 8.3, 41.0, 880.0, 129.0, 322.0, 126.0, 37.88, -122.23], (50, 1))
    joblib.dump(census, tmp_path / "cal_housing_py3.pkz", compress=6)
    found = drain(datasets.load(Data(dataset="california"), 7))
    assert found.source == "scikit-learn's cache"
    assert np.asarray(found.samples)[0] == pytest.approx(
        [8.3, 41, 880 / 126, 129 / 126, 322, 322 / 126, 37.88, -122.23]
    )
    assert found.targets[0] == pytest.approx(4.526)
    (tmp_path / "cal_housing_py3.pkz").write_bytes(b"no pickle")
    with pytest.raises(DataError, match="scikit-learn's copy, is damaged"):
        drain(datasets.load(Data(dataset="california"), 7))


def test_the_catalogue_is_cheap_to_import() -> None:
    heavy = "{'numpy', 'pandas', 'sklearn', 'tensorflow', 'keras', 'scipy'} & set(sys.modules)"
    code = f"import sys, engine.datasets; print({heavy})"
    assert printed(code).strip() == "set()"
