"""The fold of a run's events."""

from __future__ import annotations

from engine import events
from engine.events import (
    DataFacts,
    Ended,
    EpochEnded,
    Event,
    Preparing,
    Progress,
    Recorded,
    Started,
    Status,
)
from engine.experiment.model import Experiment
from engine.training.run_view import RunView

STARTED = Started(DataFacts("tiny", "made up", 60, 20, 20), 17, 3, 1, 0.5)


def epoch(number: int, best: bool, **logs: float) -> EpochEnded:
    return EpochEnded(number, {"loss": 1.0} | logs, 2.0, best, 0.001)


def view(*happened: Event | Recorded, past: bool = False) -> RunView:
    found = RunView(Experiment(), past=past)
    for event in happened:
        found = found.after(event)
    return found


def test_a_run_is_followed_from_its_number_to_its_end() -> None:
    assert view().status is Status.QUEUED
    found = view(Recorded("7"), Preparing("reading"))
    assert (found.run, found.status, found.stage) == ("7", Status.PREPARING, Preparing("reading"))
    found = found.after(STARTED).after(Progress(1, 10, 60, 5.0, 9.0, {}))
    assert (found.status, found.stage, found.progress and found.progress.samples) == (Status.TRAINING, None, 10)
    found = found.after(epoch(1, True, val_loss=0.5)).after(events.Tested(1, {"loss": 0.4}))
    found = found.after(Ended(Status.FINISHED, 1, 9.0, "stopped early"))
    assert (found.status, found.reason, found.run) == (Status.FINISHED, "stopped early", "7")


def test_the_best_epoch_is_the_last_one_marked_and_needs_validation_samples() -> None:
    found = view(
        STARTED, epoch(1, True, val_loss=0.5), epoch(2, True, val_loss=0.4), epoch(3, False, val_loss=0.39)
    )
    assert found.best_epoch == 2
    assert found.best == found.epochs[1]
    assert view(STARTED, epoch(1, True), epoch(2, True)).best_epoch is None


def test_at_an_epochs_end_all_of_its_samples_are_done() -> None:
    progress = view(STARTED, epoch(2, True)).progress
    assert progress
    assert (progress.epoch, progress.samples, progress.total_samples, progress.seconds_left) == (2, 60, 60, 2.0)


def test_what_is_read_of_a_past_run_is_no_training() -> None:
    assert view(STARTED, epoch(1, True), past=True).status is Status.PREPARING


def test_other_objects_change_nothing() -> None:
    assert view(STARTED).after("something else") == view(STARTED)
