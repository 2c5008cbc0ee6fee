"""The audit as a whole: suspicious labels, conflicts, drift and marks."""

from __future__ import annotations

import fcntl
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from scipy.sparse import csr_matrix

from engine import datasets
from engine.datasets.dataset import Dataset, take
from engine.datasets.ragged import Ragged
from engine.errors import DataError
from engine.evaluation.audit import audit_marks, label_suspects
from engine.evaluation.audit.audit_features import audit_matrix
from engine.evaluation.audit.data_audit import audit
from engine.evaluation.audit.drift import find_drift
from engine.evaluation.audit.readable import readable
from engine.experiment.model import Data
from engine.system import paths
from engine.system.drain import drain
from engine.system.json_values import json_value
from tests.engine import tiny


def flipped(dataset: Dataset, count: int) -> tuple[Dataset, list[int]]:
    """A data set of two classes with some labels flipped, and which."""
    chosen = np.random.default_rng(0).choice(len(dataset.targets), count, replace=False)
    targets = np.array(dataset.targets)
    targets[chosen] = 1 - targets[chosen]
    return replace(dataset, targets=targets), chosen.tolist()


def clear_text(samples: int = 400) -> Dataset:
    """Texts of two classes that share no word but noise."""
    random = np.random.default_rng(1)
    targets = random.integers(2, size=samples)
    reviews = [
        [1, *random.integers(10, 40, 15), *(40 + 10 * target + random.integers(0, 10, 8))] for target in targets
    ]
    return replace(tiny.text(samples), samples=Ragged.of(reviews), targets=targets)


@pytest.mark.parametrize("kind", ["text", "columns"])
def test_flipped_labels_lead_the_suspects(kind: str) -> None:
    dataset = clear_text() if kind == "text" else tiny.columns(400, task="binary", classes=2)
    changed, chosen = flipped(dataset, 12)
    found = drain(audit(changed))
    assert len(set(chosen) & {one.sample for one in found.suspects[:24]}) >= 10
    assert [one.probability for one in found.suspects] == sorted(one.probability for one in found.suspects)
    assert found.judged == 400
    first = found.suspects[0]
    assert first.label == changed.labels[int(changed.targets[first.sample])]
    assert first.sample in getattr(changed.split, first.split)


def test_no_label_of_few_sparse_samples_that_are_clearly_apart_is_doubted() -> None:
    first = np.arange(60) % 2 + 1
    matrix = csr_matrix(np.column_stack([first, np.zeros(60), np.arange(60) % 4]).astype(np.float32))
    probabilities = drain(label_suspects.out_of_fold(matrix, first - 1, 2))
    assert (probabilities.argmax(axis=1) == first - 1).all()


def test_likely_errors_are_cleanlabs() -> None:
    changed, _ = flipped(clear_text(), 12)
    matrix = np.random.default_rng(0).normal(size=(400, 3)) + np.asarray(changed.targets)[:, None]
    labels = np.asarray(changed.targets, np.int64)
    probabilities = drain(label_suspects.out_of_fold(matrix, labels, 2))
    found = drain(label_suspects.find_suspects(matrix, labels, np.arange(400)))
    known = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    assert sorted(found.indices[found.likely].tolist()) == np.flatnonzero(known).tolist()
    assert found.accuracy == pytest.approx((probabilities.argmax(axis=1) == labels).mean())


def test_samples_whose_class_no_other_group_has_are_not_judged() -> None:
    random = np.random.default_rng(0)
    labels = np.append(random.integers(2, size=180), np.full(20, 2))
    groups = np.append(np.arange(180) // 6, np.full(20, 99))
    matrix = random.normal(size=(200, 3)) + 3 * labels[:, None]
    found = drain(label_suspects.find_suspects(matrix, labels, np.arange(200), groups))
    assert found.judged == 180
    assert not set(found.indices.tolist()) & set(range(180, 200))
    alone = drain(label_suspects.find_suspects(matrix, labels, np.arange(200), labels))
    assert (alone.judged, len(alone.indices)) == (0, 0)


def test_test_labels_are_left_alone_where_they_were_not_asked_for() -> None:
    changed, _ = flipped(clear_text(), 40)
    found = drain(audit(changed, test=False))
    assert {one.split for one in found.suspects} <= {"train", "validation"}
    assert found.judged == 400 - len(changed.split.test)
    assert not found.as_object()["includes_test"]


def test_equal_samples_with_different_labels_are_conflicts() -> None:
    dataset = clear_text(60)
    assert isinstance(dataset.samples, Ragged)
    inputs = Ragged.of([*(dataset.samples[index] for index in range(59)), dataset.samples[3]])
    targets = np.array(dataset.targets)
    targets[59] = 1 - targets[3]
    found = drain(audit(replace(dataset, samples=inputs, targets=targets)))
    assert [one.samples for one in found.conflicts] == [(3, 59)]
    shown = json_value(found.as_object())
    assert shown["conflicts"] == [{"samples": [3, 59], "labels": list(found.conflicts[0].labels)}]
    assert shown["duplicates"]["within"] + shown["duplicates"]["across"] == 1


def test_a_value_to_predict_has_neither_conflicts_nor_suspects() -> None:
    found = drain(audit(tiny.columns()))
    assert (found.conflicts, found.suspects, found.judged) == ((), (), 0)
    assert 0 < found.drift.auc < 1


def test_classes_with_one_sample_are_not_judged() -> None:
    dataset = tiny.columns(90, task="classes", classes=3)
    targets = np.array(dataset.targets)
    targets[targets == 2] = 1
    targets[0] = 2
    found = drain(audit(replace(dataset, targets=targets)))
    assert found.judged == 89
    assert 0 not in [one.sample for one in found.suspects]


def test_splits_that_differ_are_told_apart() -> None:
    dataset = tiny.columns(200)
    assert isinstance(dataset.samples, np.ndarray)
    same = drain(find_drift(dataset.samples, dataset.split))
    moved = np.array(dataset.samples)
    moved[dataset.split.test] += np.float32(30)
    assert drain(find_drift(moved, dataset.split)).auc == pytest.approx(1)
    assert 0.2 < same.auc < 0.8
    assert same.second == "test"


def test_marks_given_by_several_threads_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, file = tiny.columns(20), tmp_path / "marks.json"
    write, second = (
        audit_marks.write_bytes,
        threading.Thread(target=lambda: audit_marks.mark(file, dataset, 2, "right")),
    )

    def slow_write(path: Path, content: bytes) -> None:
        if threading.current_thread() is not second:
            second.start()
            second.join(0.2)  # with the marks read before, the second would write its own alone by now
        write(path, content)

    monkeypatch.setattr(audit_marks, "write_bytes", slow_write)
    audit_marks.mark(file, dataset, 1, "wrong")
    second.join()
    assert audit_marks.read_marks(file, dataset) == {1: "wrong", 2: "right"}


def test_a_process_that_marks_is_waited_for_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, file = tiny.columns(20), tmp_path / "marks.json"
    held, write = [], audit_marks.write_bytes

    def seen_by_others(path: Path, content: bytes) -> None:
        lock = os.open(paths.home() / "marks" / "lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(lock)
        held.append(path)
        write(path, content)

    monkeypatch.setattr(audit_marks, "write_bytes", seen_by_others)
    audit_marks.mark(file, dataset, 1, "wrong")
    assert held == [file]


def test_marks_that_cannot_be_locked_are_refused(tmp_path: Path) -> None:
    (paths.home() / "marks" / "lock").mkdir(parents=True)
    with pytest.raises(DataError, match=r"cannot use .*lock: Is a directory"):
        audit_marks.mark(tmp_path / "marks.json", tiny.columns(20), 1, "wrong")


def test_marks_are_kept_beside_the_data_and_shown_by_the_next_audit(tmp_path: Path) -> None:
    changed, chosen = flipped(clear_text(), 12)
    file = audit_marks.marks_file(changed, str(tmp_path / "mine.csv"))
    assert file == tmp_path / "mine.csv.marks.json"
    audit_marks.mark(file, changed, chosen[0], "wrong")
    audit_marks.mark(file, changed, 5, "unclear")
    assert audit_marks.mark(file, changed, 5, "") == {chosen[0]: "wrong"}
    for index in chosen:
        marks = audit_marks.mark(file, changed, index, "wrong")
    assert audit_marks.read_marks(file, changed) == marks
    found = drain(audit(changed, marks))
    assert found.cleaned_accuracy > found.accuracy
    assert next(one for one in found.suspects if one.sample == chosen[0]).mark == "wrong"


def test_wrong_marks_and_files_are_refused(tmp_path: Path) -> None:
    dataset, file = tiny.text(), tmp_path / "marks.json"
    with pytest.raises(DataError, match="wrong, right or unclear, not 'bad'"):
        audit_marks.mark(file, dataset, 0, "bad")
    with pytest.raises(DataError, match="has no sample 90: it has 90"):
        audit_marks.mark(file, dataset, 90, "wrong")
    audit_marks.mark(file, dataset, 0, "wrong")
    with pytest.raises(DataError, match="marks of other data"):
        audit_marks.read_marks(file, replace(dataset, digest="another"))
    for content in (b"{", b"[]", b'{"digest": 1, "marks": {"x": "wrong"}}', b"\xff", b"[" * 100_000):
        file.write_bytes(content)
        with pytest.raises(DataError, match="is damaged"):
            audit_marks.read_marks(file, dataset)


def test_samples_are_readable_in_a_line() -> None:
    text = tiny.text()
    assert readable(replace(text, original=lambda index: f"a\n text {index}"), 3) == "a text 3"
    assert readable(text, 0).startswith("word") or readable(text, 0).startswith("?")
    assert readable(tiny.columns(), 0).startswith("first ")


@pytest.mark.slow
def test_half_of_100_flipped_labels_of_10000_reviews_are_among_the_first_200(
    real_data: Path, warm_home: Path
) -> None:
    dataset = drain(datasets.load(Data(), 7))
    chosen = np.sort(dataset.split.train[:10_000])
    part = replace(dataset, samples=take(dataset.samples, chosen), targets=np.asarray(dataset.targets)[chosen])
    changed, wrong = flipped(part, 100)
    matrix = drain(audit_matrix(changed))
    found = drain(label_suspects.find_suspects(matrix, np.asarray(changed.targets, np.int64), np.arange(10_000)))
    assert len(set(wrong) & set(found.indices[:200].tolist())) >= 50
