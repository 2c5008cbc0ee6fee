"""A few cases of each campaign of hostile input; ``python -m tests.benchmarks.hostile`` tries thousands."""

from __future__ import annotations

import pytest

from tests.benchmarks.hostile.__main__ import CASES, carry_out, table


@pytest.mark.parametrize(("campaign", "cases"), [("settings", 25), ("tables", 15), ("archives", 20)])
def test_nothing_escapes_and_nothing_is_changed_in_silence(
    campaign: str, cases: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORKBENCH_HOME", "WORKBENCH_DATA"):
        monkeypatch.setenv(name, "")
    found = carry_out(campaign, 0, cases)
    assert (found["tracebacks"], found["silent"]) == ([], [])
    assert found["refused"] > 0
    assert f"| {campaign} | {cases} |" in table([found])
    assert campaign in CASES
