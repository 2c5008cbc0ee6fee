"""A run's stream of events as the command shows it: lines on standard output, progress on standard error."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from engine.events import Ended, EpochEnded, Started, Status, Tested
from workbench.commands.output import warn
from workbench.commands.progress_bar import Bar
from workbench.terminal.signals import INTERRUPTED, CommandStoppedError, stoppable
from workbench.text.numbers import count, duration, number, scores

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

Stream = Generator[Any, None, None]


@dataclass
class Outcome:
    """What became of a run: its number, how its training started, the curve, and how it ended."""

    run: str | None = None
    started: Started | None = None
    epochs: list[EpochEnded] = field(default_factory=list)
    tested: Tested | None = None
    ended: Ended | None = None

    def note(self, event: Any) -> None:
        """Take an event in."""
        from engine.runs import Recorded

        match event:
            case Recorded():
                self.run = event.run
            case Started():
                self.started = event
            case EpochEnded():
                self.epochs.append(event)
            case Tested():
                self.tested = event
            case Ended():
                self.ended = event

    @property
    def best(self) -> EpochEnded | None:
        """The best epoch of a run that has ended."""
        number = self.ended.best_epoch if self.ended else None
        return next((epoch for epoch in self.epochs if epoch.epoch == number), None)

    @property
    def exit_status(self) -> int:
        """0 for a finished run, 2 where it failed before it could start, 1 later, 130 where it was stopped."""
        if self.ended is None or self.ended.status is Status.STOPPED:
            return INTERRUPTED
        if self.ended.status is Status.FAILED:
            return 1 if self.started else 2
        return 0


def consume(stream: Stream, experiment: Experiment, *, quiet: bool = False) -> Outcome:
    """Train or follow a run to its end, or until a signal; ``quiet`` leaves standard output alone."""
    outcome = Outcome()
    with stoppable() as stop, Bar() as bar, closing(stream):
        bar.show("starting")
        tell = Teller(experiment, None if quiet else bar.print)
        try:
            for event in bar.watch(stream):
                outcome.note(event)
                tell(event, outcome)
                stop.saving = stop.saving or isinstance(event, Started)
                if stop.asked:
                    break
        except KeyboardInterrupt:
            stop.asked = True
    return outcome


def report(outcome: Outcome) -> None:
    """Says on standard error why a run failed."""
    ended = outcome.ended
    if ended and ended.status is Status.FAILED:
        failed = f"run {outcome.run} failed: " if outcome.started else ""
        warn(f"error: {failed}{ended.reason}")


def leave(outcome: Outcome, experiment: Experiment) -> NoReturn:
    """Ends a command as its run ended; an interrupted one says how to resume the run."""
    if outcome.exit_status != INTERRUPTED:
        raise typer.Exit(outcome.exit_status)
    run, done = outcome.run, outcome.epochs[-1].epoch if outcome.epochs else 0
    after = f"after epoch {done} of {experiment.training.epochs}" if done else "before its first epoch ended"
    raise CommandStoppedError(
        f"run {run} stopped {after}: `workbench resume {run}` goes on" if run else "interrupted"
    )


class Teller:
    """Says in lines of text what happens in a run."""

    def __init__(self, experiment: Experiment, line: Callable[[str], None] | None) -> None:
        self._experiment = experiment
        self._print = line
        self._columns: tuple[str, ...] = ()

    def __call__(self, event: Any, outcome: Outcome) -> None:
        """Tell of one event."""
        if isinstance(event, Started):
            self._line(opening(outcome.run, self._experiment, event))
        elif isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, Tested):
            self._line(f"test rows, weights of epoch {event.epoch}: {scores(event.scores.items())}")
        elif isinstance(event, Ended) and event.status is Status.FINISHED:
            self._line(closing_words(event, outcome))

    def _line(self, text: str) -> None:
        if self._print:
            self._print(text)

    def _epoch(self, event: EpochEnded) -> None:
        if not self._columns:
            self._columns = tuple(name for name, value in event.logs.items() if name != "penalty" or value)
            self._line("epoch  " + "  ".join(name.rjust(max(len(name), 7)) for name in self._columns))
        cells = (number(event.logs[name]).rjust(max(len(name), 7)) for name in self._columns if name in event.logs)
        best = "  *" if event.best and "val_loss" in event.logs else ""
        self._line(f"{event.epoch:5}  " + "  ".join(cells) + best)


def opening(run: str | None, experiment: Experiment, started: Started) -> str:
    """A run's first line: what is trained, and on which rows."""
    data = started.data
    rows = f"{data.train:,} train, {data.validation:,} validation, {data.test:,} test rows"
    parameters = count(started.parameters, "parameter")
    return f"run {run} · {experiment.name} · {data.dataset}, {data.source}: {rows} · {parameters}"


def closing_words(ended: Ended, outcome: Outcome) -> str:
    """A finished run's last line: how long it took, and its best epoch."""
    words = f"run {outcome.run} finished in {duration(ended.seconds)}"
    if best := outcome.best:
        validation = {name: value for name, value in best.logs.items() if name.startswith("val_")}
        shown = validation or {name: value for name, value in best.logs.items() if name != "penalty" or value}
        words += f" · best epoch {best.epoch}: {scores(shown.items())}"
    return f"{words} · {ended.reason}" if ended.reason else words
