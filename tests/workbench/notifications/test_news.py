"""News of runs: each piece once, with what a command is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from engine.events import Ended, Recorded, Started, Status
from engine.experiment import toml_file
from engine.training.run_view import RunView
from tests.workbench import fake
from workbench.notifications.news import News, RunNews


def views(*events: Any) -> Iterator[RunView]:
    """A run as it is known after each event."""
    shown = RunView(toml_file.load("digits"))
    for event in events:
        shown = shown.after(event)
        yield shown


def begun() -> list[Any]:
    """A run whose training loss stands still, and whose validation loss rises."""
    epochs = [fake.epoch(number, best=3, loss=0.5 - 0.0001 * number) for number in range(1, 10)]
    return [Recorded("7"), Started(fake.FACTS, 100, 9, 1, 0.1), *epochs]


def test_overfitting_and_a_plateau_are_news_once_and_no_end() -> None:
    news = RunNews()
    told = [one for shown in views(*begun()) for _ in range(2) for one in news.of(shown)]
    assert sorted(one.event for one in told) == ["overfitting", "plateau"]
    assert not any(one.ends for one in told)
    assert all(one.words.startswith("run 7 ") and " since epoch " in one.words for one in told)


def ended(status: Status, reason: str = "") -> News:
    """The news of a run's end, two seconds after it began."""
    news = RunNews("retrain", clock=count(10.0, 2.0).__next__)
    *_, shown = views(*begun(), Ended(status, 3, 1.0, reason))
    return news.end(shown)


def test_the_end_tells_the_best_validation_values_or_why_it_failed() -> None:
    assert ended(Status.FINISHED).words.startswith("run 7 finished, val_loss 0.300, val_accuracy 0.880, ")
    assert ended(Status.FAILED, "no memory\nmore").words.startswith("run 7 failed: no memory, ")
    facts = ended(Status.STOPPED).facts
    expected = {"event": "stopped", "kind": "retrain", "run": "7", "status": "stopped", "epochs": 9}
    assert {**expected, "best_epoch": 3, "seconds": 2.0}.items() <= facts.items()
