"""`workbench learning-curve`."""

from __future__ import annotations

from tests.workbench.commanding import Workbench

QUICK = ("--seeds", "1", "--set", "training.epochs=2", "--set", "data.rows=400")


def test_a_curve_is_tabled_and_told(workbench: Workbench) -> None:
    found = workbench("learning-curve", "digits", *QUICK, "--json").json
    assert found["metric"] == "accuracy"
    assert len(found["points"]) == len(found["curve"]) == 5
    assert set(found["doubled"]) == {"samples", "gain", "interval"}
    assert found["sentence"].startswith(("twice the samples would give about", "these points"))
    told = workbench("learning-curve", "digits", *QUICK).out.splitlines()
    assert told[0].endswith(f"seed 7: {found['points'][0]['score']:.4f}")
    assert told[-1] == found["sentence"]
    assert told[-7].split()[:2] == ["samples", "mean"]
