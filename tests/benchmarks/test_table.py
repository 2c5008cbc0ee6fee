"""The table of measurements, and its comparison with an earlier one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import earlier_values, ratio_to, table
from tests.benchmarks.measuring import Measurement

FASTER = Measurement("an epoch", 6.0, "x faster", 5, 10)
MEMORY = Measurement("memory", 300.0, "MB", 250, more=False)


def test_a_measurement_is_compared_with_the_earlier_one_in_its_own_direction(tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    lines = [{"work": "an epoch", "value": 4.0}, {"work": "memory", "value": 600}]
    file.write_text(json.dumps({"measurements": lines}))
    earlier = earlier_values(file)
    assert ratio_to(FASTER, earlier) == {"ratio": 1.5}
    assert ratio_to(MEMORY, earlier) == {"ratio": 2.0}
    assert ratio_to(Measurement("new", 1.0, "s"), earlier) == {}
    shown = table([FASTER, MEMORY, Measurement("new", 1.0, "s")], earlier).splitlines()
    assert "| 1.50 times as good |" in shown[2]
    assert "| no  | 2.00 times as good |" in shown[3]
    assert shown[4].rstrip(" |").endswith("1 s")


def test_without_an_earlier_table_there_is_no_column_for_it() -> None:
    assert "earlier" not in table([FASTER])


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"measurements": [{"work": "x"}]}'])
def test_a_file_of_something_else_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises((ValueError, KeyError, TypeError)):
        earlier_values(tmp_path / "other")
