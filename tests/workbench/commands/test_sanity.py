"""`workbench check --deep`."""

from __future__ import annotations

from tests.workbench.commanding import Workbench

SMALL = ("--set", "data.rows=300", "--set", "training.learning_rate=0.01")


def test_the_ladder_is_climbed_and_told(workbench: Workbench) -> None:
    found = workbench("check", "digits", "--deep", "--json", *SMALL).json
    assert [rung["check"] for rung in found["ladder"]] == [
        "loss_at_start",
        "one_batch",
        "shuffled_labels",
        "zeroed_inputs",
        "learning_rate",
    ]
    assert set(found["ladder"][0]) == {"check", "ok", "value", "expected", "why", "curve"}
    assert found["proposed_learning_rate"] > 0
    told = workbench("check", "digits", "--deep", *SMALL).out.splitlines()
    assert told[-5].startswith("✓ loss at the start 2.")
    assert told[-4].startswith("✓ overfit one batch 0.")


def test_a_plain_check_trains_nothing(workbench: Workbench) -> None:
    assert "ladder" not in workbench("check", "digits", "--json").json
