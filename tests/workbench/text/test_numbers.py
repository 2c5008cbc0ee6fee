"""One way to write numbers and times."""

from __future__ import annotations

import math

import pytest

from workbench.text.numbers import axis_label, duration, effect, number, scores


@pytest.mark.parametrize(
    ("value", "four", "three"),
    [
        (0.28123, "0.2812", "0.281"),
        (-0.5, "-0.5000", "-0.500"),
        (12.34567, "12.346", "12.35"),
        (999.96, "999.96", "1,000.0"),
        (1137.25, "1,137.2", "1,137"),
        (123456.0, "123,456", "123,456"),
        (math.inf, "inf", "inf"),
        (math.nan, "n/a", "n/a"),
        (None, "n/a", "n/a"),
    ],
)
def test_a_number_has_the_digits_that_matter(value: float | None, four: str, three: str) -> None:
    assert (number(value), number(value, 3)) == (four, three)


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0.04, "0.0 s", "0.0 s"),
        (1.26, "1.3 s", "1.3 s"),
        (4.4, "4.4 s", "4 s"),
        (75, "1:15", "75 s"),
        (185, "3:05", "3 min"),
        (7384, "2:03:04", "2.1 h"),
    ],
)
def test_a_time_is_exact_or_rough(seconds: float, exact: str, rough: str) -> None:
    assert (duration(seconds), duration(seconds, roughly=True)) == (exact, rough)


def test_scores_stand_in_one_line() -> None:
    assert scores({"loss": 0.5, "auc": None}.items()) == "loss 0.5000, auc n/a"


def test_effects_have_a_sign_and_the_digits_that_matter() -> None:
    assert [effect(value) for value in (0.1514, -172927.1, 12.34, 0.0001)] == [
        "+0.151",
        "-172,927",
        "+12.34",
        " 0.000",
    ]


def test_labels_of_an_axis_stay_short() -> None:
    assert [axis_label(value, 0) for value in (0, 200_000, 4e10, 1.5e6)] == ["0", "200,000", "4e10", "1.5e6"]
