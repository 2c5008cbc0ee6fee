"""Findings about a finished run: a network that a linear model equals."""

from __future__ import annotations

from engine import checks


def test_says_when_a_network_does_not_beat_the_linear_model() -> None:
    (finding,) = checks.against_linear(
        {"val_loss": 0.3, "val_accuracy": 0.87}, {"val_loss": 0.31, "val_accuracy": 0.88}
    )
    assert finding.message == "the network does not beat a linear model: val_accuracy 0.87 against 0.88"
    assert checks.against_linear({"val_accuracy": 0.89}, {"val_accuracy": 0.88}) == ()


def test_lower_losses_and_errors_are_better() -> None:
    assert checks.against_linear({"val_loss": 10.0}, {"val_loss": 12.0}) == ()
    assert len(checks.against_linear({"val_loss": 12.0, "val_mae": 1.0}, {"val_mae": 0.9})) == 1
    assert checks.against_linear({"val_loss": 12.0}, {"val_mae": 0.9}) == ()
    assert checks.against_linear({}, {"val_mae": 0.9}) == ()
