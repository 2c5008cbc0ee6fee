"""Slices in which a network errs, and the report on all of its outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.errors import DataError
from engine.evaluation import intervals
from engine.evaluation.report import report
from engine.evaluation.slices import slice_of, slices, where, with_word
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction.decision import Decision
from tests.engine import tiny
from tests.engine.evaluation import made


def answered(dataset: Dataset, wrong: np.ndarray) -> SplitOutputs:
    """Outputs for all samples that are wrong where ``wrong`` says so."""
    right = np.asarray(dataset.targets, np.float32)
    outputs = np.where(wrong, 1 - right, right)[:, None].astype(np.float32)
    return SplitOutputs("validation", np.arange(len(right)), dataset.targets, outputs, dataset.labels)


def test_the_slice_that_is_worst_leads() -> None:
    dataset = tiny.text(400)
    lengths = dataset.samples.lengths  # type: ignore[union-attr]
    found = slices(answered(dataset, lengths > 30), dataset)
    assert found[0].name.startswith("words ")
    assert found[0].score < 0.6 < found[0].rest
    assert [one.gap for one in found] == sorted((one.gap for one in found), reverse=True)
    assert {one.name.split()[0] for one in found} == {"class", "words", "with"}
    for one in found:
        assert one.interval == intervals.wilson(round(one.score * one.samples), one.samples)


def test_words_are_slices_and_can_be_asked_for() -> None:
    dataset = tiny.text(400)
    samples = [dataset.samples[index].tolist() for index in range(400)]
    holds = np.array([4 in sample for sample in samples])
    found = answered(dataset, holds)
    assert (with_word(found, dataset, "word0") == holds).all()
    assert slices(found, dataset)[0].name == "with “word0”"
    assert not with_word(found, dataset, "unheard").any()


def test_samples_are_asked_for_by_word_length_and_slice() -> None:
    dataset = tiny.text(400)
    lengths = dataset.samples.lengths - 1  # type: ignore[union-attr]  # the start mark is no word
    found = answered(dataset, lengths > 30)
    assert (where(found, dataset, "length>30") == (lengths > 30)).all()
    assert (where(found, dataset, "length <= 12") == (lengths <= 12)).all()
    assert (where(found, dataset, "word0") == with_word(found, dataset, "word0")).all()
    named = [one.name for one in slices(found, dataset) if one.name.startswith("words ")]
    assert f"words {lengths.min()} to" in {name.rpartition(" ")[0] for name in named}
    label = dataset.labels[1]
    assert (where(found, dataset, f"class {label}") == (dataset.targets == 1)).all()
    columns = tiny.columns(60, task="binary", classes=2)
    with pytest.raises(DataError, match="are not texts and have no length"):
        where(answered(columns, np.zeros(60, bool)), columns, "length>3")


def test_columns_are_slices_by_quarter_or_category() -> None:
    dataset = tiny.columns(400, task="binary", classes=2)
    inputs = np.array(dataset.samples)
    inputs[:, 4] = np.arange(400) % 3
    changed = replace(dataset, samples=inputs)
    found = slices(answered(changed, inputs[:, 4] == 2), changed)
    assert found[0].name == "fifth 2"
    assert found[0].score == 0
    assert sum(one.name.startswith("first ") for one in found) == 4


def test_values_are_sliced_by_their_errors() -> None:
    dataset = tiny.columns(200)
    errors = np.where(np.asarray(dataset.samples)[:, 1] > 60, 5, 1)
    outputs = (dataset.targets + errors).astype(np.float32)[:, None]
    found = slices(SplitOutputs("validation", np.arange(200), dataset.targets, outputs), dataset)
    assert found[0].name.startswith("second ")
    assert found[0].score > found[0].rest


def test_few_samples_are_no_slice() -> None:
    found = made.binary()
    assert slice_of(found, "few", np.arange(400) < 19) is None
    assert slice_of(found, "most", np.arange(400) > 18) is None
    assert slice_of(found, "enough", np.arange(400) < 20) is not None


def test_a_report_holds_every_part_that_applies() -> None:
    dataset = tiny.columns(400, task="binary", classes=2)
    outputs = replace(made.binary(), labels=dataset.labels)
    shown = report(outputs, dataset, Decision(0.3, "hand", 2.0)).as_object()
    assert (shown["threshold"], shown["threshold_by"], shown["temperature"]) == (0.3, "hand", 2.0)
    assert {"confusion", "classes", "calibration", "curves", "slices", "log_loss", "macro_f1"} <= shown.keys()
    assert sum(map(sum, shown["confusion"])) == 400
    assert shown["values"]["f1"] == pytest.approx(shown["classes"][1]["f1"])
    numbers = report(made.values(200), tiny.columns(200)).as_object()
    assert set(numbers["values"]) == {"mae", "mse", "rmse"}
    assert "confusion" not in numbers


def test_a_cell_holds_its_samples_the_surest_first() -> None:
    outputs = made.binary()
    found = report(replace(outputs, labels=("a", "b")), tiny.columns(400, task="binary", classes=2))
    inside = found.cell(0, 1)
    assert len(inside) == found.classes.confusion[0, 1]  # type: ignore[union-attr]
    assert (outputs.targets[inside] == 0).all()
    sureness = outputs.outputs[inside, 0]
    assert (np.diff(sureness) <= 0).all()
