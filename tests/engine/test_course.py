"""The course's experiments on the published data, held to the values they must reach."""

from __future__ import annotations

import pytest

from engine import events
from engine.events import EpochEnded
from engine.experiment import toml_file
from engine.experiment.setting_paths import with_settings
from engine.training.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_data", "warm_home")]


def curve(preset: str) -> list[EpochEnded]:
    """The epochs of a preset, trained as it stands."""
    return [event for event in Run(toml_file.load(preset)) if isinstance(event, EpochEnded)]


def best(epochs: list[EpochEnded]) -> int:
    """The epoch with the lowest validation loss."""
    return min(epochs, key=lambda ended: ended.logs["val_loss"]).epoch


def retrained(preset: str, epochs: int) -> dict[str, float]:
    """The test values of a fresh network, trained for so many epochs on all but the test samples."""
    run = Run(with_settings(toml_file.load(preset), {"training.epochs": epochs}), retrain=True, test=True)
    (tested,) = [event for event in run if isinstance(event, events.Tested)]
    return dict(tested.scores)


def test_imdb_retrained_at_its_best_epoch_and_smaller_networks_overfit_less() -> None:
    baseline = curve("imdb")
    assert retrained("imdb", best(baseline))["accuracy"] >= 0.875
    for preset in ("imdb-small", "imdb-l2", "imdb-dropout"):
        assert curve(preset)[19].logs["val_loss"] < baseline[19].logs["val_loss"]


def test_reuters_and_its_bottleneck() -> None:
    epochs = curve("reuters")
    reached = max(ended.logs["val_accuracy"] for ended in epochs)
    assert reached >= 0.80
    assert retrained("reuters", best(epochs))["accuracy"] >= 0.775
    assert max(ended.logs["val_accuracy"] for ended in curve("reuters-bottleneck")) <= reached - 0.06


def test_boston_retrained() -> None:
    assert retrained("boston", best(curve("boston")))["mae"] <= 3.0
