"""What in a person's own table is said before it trains, and the experiment that is proposed for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import checks, datasets, features
from engine.checks import Finding
from engine.checks.proposals import propose_for
from engine.datasets import array_cache
from engine.datasets.dataset import Dataset
from engine.experiment.model import Data, Experiment
from engine.system.drain import drain
from tests.engine import people_tables

RANDOM = np.random.default_rng(5)
NOISE = RANDOM.normal(size=(200, 3)).round(4)


def read(path: Path, **settings: object) -> tuple[Dataset, Experiment, tuple[Finding, ...]]:
    data = Data.model_validate({"dataset": str(path)} | settings)
    dataset = drain(datasets.load(data, 7))
    fitted = drain(features.fit(dataset, data, dataset.split.train))
    proposed = propose_for(dataset, data)
    return dataset, proposed, checks.before(proposed, checks.facts(dataset, fitted))


def found(tmp_path: Path, heading: str, rows: list[str], **settings: object) -> tuple[Finding, ...]:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([heading, *rows]) + "\n")
    return read(path, **settings)[2]


def messages(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.message for finding in findings]


def test_a_table_without_a_fault_has_no_finding(tmp_path: Path) -> None:
    rows = [f"{a},{b},{'xy'[int(a + c > 0)]}" for a, b, c in NOISE]
    assert messages(found(tmp_path, "a,b,y", rows)) == []


def test_columns_that_tell_nothing_are_named_and_can_be_left_out(tmp_path: Path) -> None:
    rows = [f"{n + 1},same,{a},{'xy'[int(a + c > 0)]}" for n, (a, _, c) in enumerate(NOISE)]
    both = found(tmp_path, "row,flag,a,y", rows)
    assert messages(both) == [
        "the column 'row' numbers the rows: it is different in each, in steps of one",
        "the column 'flag' is the same in every sample",
    ]
    fixes = [finding.fix for finding in both if finding.fix]
    assert [fix.experiment.data.ignore for fix in fixes] == [("row",), ("flag",)]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (NOISE[:, 2] * 1000, "the column 'first' nearly determines the target 'y'"),
        (NOISE[:, 2], "the column 'first' equals the target 'y'"),
        (NOISE[:, 2] - NOISE[:, 1], "first + second gives the target 'y'"),
    ],
    ids=["scaled", "equal", "sum"],
)
def test_columns_that_give_a_number_away_are_named(tmp_path: Path, first: np.ndarray, message: str) -> None:
    rows = [f"{one:.4f},{b},{a},{c}" for one, (a, b, c) in zip(first, NOISE, strict=True)]
    assert message in messages(found(tmp_path, "first,second,more,y", rows))


def test_a_column_that_renames_the_classes_is_named(tmp_path: Path) -> None:
    rows = [f"{'pq'[int(a > 0)]},{b},{'xy'[int(a > 0)]}" for a, b, _ in NOISE]
    assert messages(found(tmp_path, "code,b,y", rows)) == ["the column 'code' equals the target 'y'"]


def test_duplicates_are_counted_also_across_the_parts(tmp_path: Path) -> None:
    rows = [f"{a},{b},{'xy'[int(a + c > 0)]}" for a, b, c in NOISE]
    [one] = found(tmp_path, "a,b,y", [*rows, *rows[:50]])
    assert one.message.startswith("50 samples repeat another, the first that of line 2; ")
    assert "of the validation and test samples are training samples too" in one.message
    assert one.level == "warning"


def test_a_large_majority_brings_a_metric_and_weights(tmp_path: Path) -> None:
    rows = [f"{a},{b},{'yes' if n % 10 == 0 else 'no'}" for n, (a, b, _) in enumerate(NOISE)]
    [one] = found(tmp_path, "a,b,y", rows)
    assert one.message == "90% of the samples are of the class 'no'"
    assert one.fix
    assert one.fix.experiment.data.class_weight == "balanced"
    assert one.fix.experiment.training.metrics == ("auc", "recall", "precision")


def test_a_metric_that_the_validation_samples_cannot_have_is_said(tmp_path: Path) -> None:
    rows = [f"{a},{b},{'yes' if n == 0 else 'no'}" for n, (a, b, _) in enumerate(NOISE)]
    told = messages(found(tmp_path, "a,b,y", rows))
    assert told[0] == "auc is undefined (n/a) on the validation and test samples, which lack a class"


def test_samples_without_a_target_and_more_columns_than_samples_are_said(tmp_path: Path) -> None:
    wide = RANDOM.normal(size=(24, 30)).round(4)
    rows = [",".join([*map(str, row), "" if n < 2 else "xy"[n % 2]]) for n, row in enumerate(wide)]
    told = messages(found(tmp_path, ",".join([*(f"c{n}" for n in range(30)), "y"]), rows))
    assert told[0] == "30 columns for 14 training samples"
    assert told[1].startswith("left out: 2 samples without a target ('y')")


def test_a_large_target_that_is_not_scaled_is_said_to_be_better_scaled(tmp_path: Path) -> None:
    rows = [f"{a},{b},{(a + c) * 10_000:.2f}" for a, b, c in NOISE]
    assert messages(found(tmp_path, "a,b,y", rows)) == []
    [one] = found(tmp_path, "a,b,y", rows, target_scaling="none")
    assert one.where == "data.target_scaling"
    assert one.fix
    assert one.fix.experiment.data.target_scaling == "standard"


@pytest.mark.parametrize("name", people_tables.TABLES)
def test_the_proposal_suits_the_table(tmp_path: Path, name: str) -> None:
    path = people_tables.write(name, tmp_path)
    dataset, proposed, findings = read(path, target=people_tables.TARGETS.get(name))
    assert proposed.name == name.capitalize()
    assert [finding for finding in findings if finding.level == "error"] == []
    output = proposed.output
    assert output is not None
    assert (output.units, output.activation, proposed.training.loss) == {
        "binary": (1, "sigmoid", "binary_crossentropy"),
        "classes": (len(dataset.labels), "softmax", "sparse_categorical_crossentropy"),
        "regression": (1, "linear", "mse"),
    }[dataset.task]
    assert proposed.training.metrics == {"churn": ("accuracy", "auc"), "ames": ("mae",)}.get(name, ("accuracy",))


@pytest.mark.parametrize(
    ("first", "message", "changes"),
    [
        (
            [-999 if n % 50 == 7 else a for n, a in enumerate(NOISE[:, 2])],
            "4 values of 'first id' are -999, all others -3 to 3",
            {},
        ),
        (
            [15_600_000 + 7919 * n % 100_003 for n in range(200)],
            "the column 'first id' seems to identify the rows: it is different in each",
            {"ignore": ("first id",)},
        ),
        (
            [(-1) ** n * (9 * 10**18 + n) for n in range(200)],
            "the column 'first id' seems to identify the rows: it is different in each",
            {"ignore": ("first id",)},
        ),
        (
            [("train", "valid", "Test")[n % 3] for n in range(200)],
            "the column 'first id' says which samples are for training, and is read as an input",
            {"split_column": "first id"},
        ),
        (
            [f"a <b>good</b> film of words number {n}" for n in range(200)],
            "texts of 'first id' hold the markup of web pages, as '<b>'",
            {},
        ),
    ],
)
def test_values_that_are_not_what_they_seem_are_said(
    tmp_path: Path, first: list[object], message: str, changes: dict[str, object]
) -> None:
    first = [max(-3.0, min(3.0, one)) if isinstance(one, float) else one for one in first]
    first = [*first[:20], *([3.0, -3.0] if message.startswith("4") else first[20:22]), *first[22:]]
    rows = [f"{one},{a},{'xy'[int(a + c > 0)]}" for one, (a, _, c) in zip(first, NOISE, strict=True)]
    [only] = found(tmp_path, "first id,a,y", rows)
    assert only.message == message
    for name, value in changes.items():
        assert only.fix is not None
        assert getattr(only.fix.experiment.data, name) == value


def test_of_many_columns_the_same_is_said_once(tmp_path: Path) -> None:
    heading = ",".join(f"c{n}" for n in range(12)) + ",a,y"
    rows = [f"{'5,' * 12}{a},{'xy'[int(a + c > 0)]}" for a, _, c in NOISE]
    (finding,) = (one for one in found(tmp_path, heading, rows) if "the same" in one.message)
    assert finding.message.startswith("12 columns are each the same in every sample: 'c0', 'c1', ")
    assert finding.message.endswith("'c9' and 2 more")
    assert finding.fix
    assert finding.fix.experiment.data.ignore == tuple(f"c{n}" for n in range(12))


def test_a_wide_table_takes_a_time_that_grows_with_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    width, asked = 300, 0
    mapping = array_cache._mapping

    def counted(array: Any) -> Any:
        nonlocal asked
        asked += 1
        return mapping(array)

    monkeypatch.setattr(array_cache, "_mapping", counted)
    heading = ",".join(f"c{n}" for n in range(width)) + ",y"
    rows = [",".join(f"{(n * k) % 11 + k / 7:.3f}" for k in range(width)) + f",{'xy'[n % 2]}" for n in range(30)]
    found(tmp_path, heading, rows)
    assert 0 < asked < 20 * width
