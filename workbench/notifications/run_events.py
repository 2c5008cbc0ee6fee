"""Passes on a run's events and sends notifications of them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import Any

from engine.errors import EngineError
from engine.events import Ended, Status
from engine.experiment.model import Experiment
from engine.training.run_view import RunView
from workbench.notifications.news import RunNews
from workbench.notifications.sender import Sender

Events = Generator[Any, None, None]


def passed_on(
    stream: Events, experiment: Experiment, sender: Sender, kind: str = "train", *, stops: bool = True
) -> Events:
    """Pass on a run's events and notify of them; with ``stops``, closing the generator stops the run."""
    shown, news = RunView(experiment), RunNews(kind)
    try:
        with closing(stream):
            for event in stream:
                shown = shown.after(event)
                for one in news.of(shown):
                    sender.send(one)
                yield event
    except Exception as error:
        shown = shown.after(Ended(Status.FAILED, shown.best_epoch, 0.0, reason(error)))
        raise
    finally:
        if stops and not shown.ended:
            shown = shown.after(Ended(Status.STOPPED, shown.best_epoch, 0.0))
        if shown.ended:
            sender.send(news.end(shown))


def reason(error: Exception) -> str:
    """Return why something failed, in one line; a bug with the name of its exception."""
    return str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
