"""Queries over made-up runs: what they match, what they refuse and where, and that nothing typed breaks them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunSummary
from engine.runs.grouping import grouped
from engine.runs.query import DEEPEST, GRAMMAR, LONGEST, QueryError, parse, selected
from engine.runs.query_names import completed, known_names, values_of, words_of
from tests.workbench.runs_host import SOME_RUN


def run(
    number: int, units: int = 16, loss: float | None = 0.3, tags: tuple[str, ...] = (), **more: Any
) -> RunSummary:
    """A run of two layers, one of them switched off."""
    wanted = Experiment(
        name=f"Run {number}",
        data=Data(dataset="imdb"),
        layers=(Dense(units=units, activation="relu"), Dropout(enabled=False), Dense(units=1)),
        training=Training(metrics=("accuracy", "auc")),
    )
    best = {} if loss is None else {"loss": 0.2, "val_loss": loss, "val_accuracy": 0.9 - loss / 10}
    made = replace(SOME_RUN, id=str(number), name=wanted.name, tags=tags, best=best)
    return replace(made, experiment_text=wanted.model_dump_json(), **more)


RUNS = (
    run(1),
    run(2, units=64, loss=0.4, tags=("old", "golden")),
    run(3, loss=None, note="too Slow (again)"),
    run(4, units=64, loss=0.5, test={"accuracy": 0.91}, created=datetime(2026, 11, 26, 14, 30).astimezone()),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "1 2 3 4"),
        ("imdb run", "1 2 3 4"),
        ("SLOW", "3"),
        ('"slow (again)"', "3"),
        ("val_accuracy > .855 and layers == 2 and not tag:old", "1"),
        ("val_loss >= 4e-1", "2 4"),
        ("not val_loss < .45", "4"),
        ("val_auc > 0 or not val_auc > 0", ""),
        ("units = 64", "2 4"),
        ("units != 64", "1 2 3 4"),
        ("layers.0.units != 64", "1 3"),
        ("units:6", ""),
        ("tag:old or run=1", "1 2"),
        ("run=1 or tag=old val_loss<1", "1 2"),
        ("(run=1 or tag=old) val_loss>.35", "2"),
        ("not (run=1 or tag:gold)", "3 4"),
        ("not not run = 1", "1"),
        ("NOT tag:old AND run < 3", "1"),
        ("activation=relu enabled=no", "1 2 3 4"),
        ("layers.0.enabled:off", ""),
        ("metrics:auc not metrics=mae", "1 2 3 4"),
        ("test.accuracy > .9", "4"),
        ("test_accuracy <= .9", ""),
        ("started >= 2026-11-26", "4"),
        ("started = 2026-11-26", "4"),
        ("started > 2026-11-26T14:30", ""),
        ("started:2026-11", "4"),
        ("loss = binary_crossentropy loss < .25", "1 2 4"),
        ("status:finish kind=TRAIN", "1 2 3 4"),
        ("group = x or not group = x", ""),
        ('note:"too slow"', "3"),
        ("training.epochs = 20 epochs = 5", "1 2 3 4"),
    ],
)
def test_selects_the_runs_that_match(query: str, found: str) -> None:
    assert " ".join(one.id for one in selected(RUNS, query)) == found


def test_a_time_with_an_offset_is_that_moment_wherever_it_is_read() -> None:
    offset = RUNS[3].created.utcoffset()
    assert offset is not None
    elsewhere = RUNS[3].created.astimezone(timezone(offset + timedelta(hours=3))).isoformat()
    assert [one.id for one in selected(RUNS, f"started = {elsewhere}")] == ["4"]
    assert selected(RUNS, f"started > {elsewhere}") == []


@pytest.mark.parametrize(
    ("query", "position", "problem"),
    [
        ("val_acuracy > .8", 1, "unknown name 'val_acuracy': did you mean 'val_accuracy'?"),
        ("old unit=3", 5, "did you mean 'units'?"),
        ("zzzzzz=3", 1, "it is not a metric, fact or setting of a run"),
        ("val_loss <", 11, "a value is expected here: a number, a date, or text"),
        ("val_loss < > 3", 12, "a value is expected here, not '>'"),
        ("val_loss < high", 12, "'<' compares with a number or a date such as 2026-11-26, not with 'high'"),
        ("started > 9999-12-31T23:59:59-23:00", 11, "with a number or a date such as 2026-11-26, not with '9999"),
        ("started < 0001-01-01T00:00:00+23:00", 11, "with a number or a date such as 2026-11-26, not with '0001"),
        ("old (wide or deep", 18, "a closing parenthesis is missing"),
        ("old and", 8, "a word or a condition such as units=16 is expected here"),
        ("old )", 5, "')' is not expected here: put such text in double quotes"),
        ("<= 3", 1, "'<=' is not expected here"),
        ('note:"two', 6, "a closing quotation mark is missing"),
        ("(" * (DEEPEST + 1), DEEPEST + 1, "parentheses can be nested 30 deep at most"),
        ("a" * (LONGEST + 1), LONGEST, "2,000 characters at most"),
    ],
)
def test_says_what_is_wrong_and_where(query: str, position: int, problem: str) -> None:
    with pytest.raises(QueryError) as refused:
        selected(RUNS, query)
    assert problem in str(refused.value)
    assert refused.value.position == position
    assert str(refused.value).startswith(f"query, character {position}: ")


TERMS = st.sampled_from(
    ["and", "or", "not", "(", ")", '"', "tag:old", "units", "=", "<", "!=", ":", "val_loss", "3"]
)


@given(
    st.text(max_size=60) | st.lists(TERMS, max_size=14).map(" ".join) | st.lists(TERMS, max_size=14).map("".join)
)
@example("(" * LONGEST)
@example("not " * (LONGEST // 4) + "a")
@example(" ".join(["a"] * (LONGEST // 2)))
@example("run=" + "9" * (LONGEST - 4))
@example("started=9999-99-99 or started>0001-01-01")
def test_whatever_is_typed_selects_runs_or_is_refused(typed: str) -> None:
    with contextlib.suppress(QueryError):
        assert all(one in RUNS for one in selected(RUNS, typed))


@given(
    st.lists(st.sampled_from(["run=1", "val_loss<.45", "tag:old", "val_auc>0", "slow"]), min_size=1, max_size=4)
)
def test_not_and_parentheses_follow_de_morgan(terms: list[str]) -> None:
    either, both = " or ".join(terms), " and ".join(f"not {term}" for term in terms)
    assert selected(RUNS, f"not ({either})") == selected(RUNS, both)


def test_the_grammar_s_examples_are_documented() -> None:
    for name in ("condition", "word", "OPERATOR", "QUOTED"):
        assert f"\n{name}:" in GRAMMAR


def test_every_name_of_a_run_is_known_and_means_something() -> None:
    names = known_names(RUNS)
    assert {*RUNS[0].settings} <= names
    for path, value in RUNS[0].settings.items():
        assert (values_of(RUNS[0], path) is None) == (value is None or (value == () and path != "tags")), path
    assert known_names([]) < names
    parse("data.validation > 3").check(known_names([]))


def test_names_are_completed_at_the_end_of_a_query() -> None:
    names = known_names(RUNS)
    assert completed("tag:old and val_acc", names) == "tag:old and val_accuracy"
    assert completed("(layers.0.un", names) == "(layers.0.units"
    assert completed("val_loss", frozenset({"val_loss"})) is None
    assert completed("val_loss < ", names) is None
    assert completed("tag:val_", names) is None


def test_words_hold_no_markup_of_the_stored_experiment() -> None:
    assert "relu" in words_of(RUNS[0])
    assert "{" not in words_of(RUNS[0])


class TestGrouping:
    def test_means_have_student_s_interval(self) -> None:
        small, large = grouped(RUNS, "layers.0.units")
        assert (small.values, [one.id for one in small.runs]) == ((16,), ["1", "3"])
        assert small.scores["val_loss"].runs == 1
        assert small.scores["val_loss"].low != small.scores["val_loss"].low
        found = large.scores["val_loss"]
        assert (found.mean, found.runs) == (pytest.approx(0.45), 2)
        assert (found.low, found.high) == (pytest.approx(-0.1853, abs=1e-4), pytest.approx(1.0853, abs=1e-4))

    def test_runs_whose_scores_do_not_compare_are_apart(self) -> None:
        other = replace(RUNS[0], experiment_text=RUNS[0].experiment_text.replace("imdb", "digits"))
        assert [(group.dataset, len(group.runs)) for group in grouped((*RUNS, other), "layers.0.units")] == [
            ("digits", 1),
            ("imdb", 2),
            ("imdb", 2),
        ]

    def test_an_unknown_setting_is_refused(self) -> None:
        with pytest.raises(EngineError, match="cannot be grouped by 'unit': did you mean 'units'"):
            grouped(RUNS, "unit")
