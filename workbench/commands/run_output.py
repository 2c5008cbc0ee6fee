"""Prints a run's events: lines on standard output, progress on standard error."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from engine.datasets.undefined_metrics import with_undefined
from engine.events import STARTING_TENSORFLOW, Ended, EpochEnded, Preparing, Started, Status, Tested
from engine.experiment import score_names
from engine.system.counts import counted
from engine.training.run_view import RunView
from workbench.commands.findings import found_in, lines
from workbench.commands.output import warn
from workbench.commands.progress_bar import Bar
from workbench.terminal.signals import INTERRUPTED, CommandStoppedError, stoppable
from workbench.text.describe import samples_line
from workbench.text.numbers import duration, number, scores

if TYPE_CHECKING:
    from concurrent.futures import Future

    from engine.experiment.model import Experiment
    from engine.training.run import Run

Stream = Generator[Any, None, None]


def exit_status(outcome: RunView) -> int:
    """Return 0 for a finished run, 2 if it failed before it started, 1 if later, 130 if it was stopped."""
    if outcome.ended is None or outcome.ended.status is Status.STOPPED:
        return INTERRUPTED
    if outcome.ended.status is Status.FAILED:
        return 1 if outcome.started else 2
    return 0


def consume(stream: Stream, experiment: Experiment, *, quiet: bool = False, run: Run | None = None) -> RunView:
    """Train or follow a run until it ends or a signal stops it; ``quiet`` prints nothing on standard output.

    If ``run`` is given, how its data was interpreted and the findings on the data are printed too.
    """
    outcome = RunView(experiment)
    with stoppable() as stop, Bar() as bar, closing(stream):
        bar.show("starting")
        tell = EventPrinter(experiment, None if quiet else bar.print, run)
        try:
            for event in bar.watch(stream):
                outcome = outcome.after(event)
                tell(event, outcome)
                stop.saving = stop.saving or isinstance(event, Started)
                if stop.asked:
                    break
        except KeyboardInterrupt:
            stop.asked = True
    return outcome


def report(outcome: RunView) -> None:
    """Print on standard error why a run failed."""
    ended = outcome.ended
    if ended and ended.status is Status.FAILED:
        failed = f"run {outcome.run} failed: " if outcome.started else ""
        warn(f"error: {failed}{ended.reason}")


def leave(outcome: RunView, experiment: Experiment) -> NoReturn:
    """Exit with the run's status; for an interrupted run, say how to resume it."""
    if exit_status(outcome) != INTERRUPTED:
        raise typer.Exit(exit_status(outcome))
    run, done = outcome.run, outcome.epochs[-1].epoch if outcome.epochs else 0
    after = f"after epoch {done} of {experiment.training.epochs}" if done else "before its first epoch ended"
    raise CommandStoppedError(
        f"run {run} stopped {after}: `workbench resume {run}` resumes it" if run else "interrupted"
    )


class EventPrinter:
    """Prints a run's events as lines of text."""

    def __init__(self, experiment: Experiment, line: Callable[[str], None] | None, run: Run | None = None) -> None:
        self._experiment = experiment
        self._print = line
        self._run = run
        self._columns: tuple[str, ...] = ()
        self._findings: Future[list[str]] | None = None

    def __call__(self, event: Any, outcome: RunView) -> None:
        """Print one event."""
        if isinstance(event, Preparing) and event.stage == STARTING_TENSORFLOW:
            self._examine()
        elif isinstance(event, Started):
            self._line(opening(outcome.run, self._experiment, event))
            self._data()
        if outcome.started:
            self._say_findings(wait=isinstance(event, Ended))
        if isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, Tested):
            self._line(
                f"test samples, weights of epoch {event.epoch}: {scores(self._shown(event.scores).items())}"
            )
        elif isinstance(event, Ended) and event.status is Status.FINISHED:
            self._line(closing_words(event, outcome))

    def _line(self, text: str) -> None:
        if self._print:
            self._print(text)

    def _examine(self) -> None:
        """Start to compute the findings that need the data, in a thread beside the first epoch."""
        if self._run is None or self._run.dataset is None:
            return
        from concurrent.futures import ThreadPoolExecutor

        from engine.checks import facts

        dataset, features = self._run.dataset, self._run.features

        def found() -> list[str]:
            return list(lines(found_in(self._experiment, facts(dataset, features)), self._experiment))

        executor = ThreadPoolExecutor(1, "findings")
        self._findings = executor.submit(found)
        executor.shutdown(wait=False)

    def _data(self) -> None:
        """Print how a user's own data was interpreted."""
        if self._run is None or self._run.dataset is None:
            return
        from engine.datasets.interpretation import interpretation

        for line in interpretation(self._run.dataset):
            self._line(line)

    def _say_findings(self, wait: bool) -> None:
        """Print the findings once, as soon as they are known; with ``wait``, wait for them."""
        if self._findings and (wait or self._findings.done()):
            for line in self._findings.result():
                warn(line)
            self._findings = None

    def _shown(self, values: Mapping[str, float]) -> Mapping[str, float]:
        return with_undefined(values, self._experiment.training.metrics)

    def _epoch(self, event: EpochEnded) -> None:
        logs = self._shown(event.logs)
        if not self._columns:
            self._columns = tuple(score_names.shown(logs))
            self._line("epoch  " + "  ".join(name.rjust(max(len(name), 7)) for name in self._columns))
        cells = (number(logs[name]).rjust(max(len(name), 7)) for name in self._columns if name in logs)
        best = "  *" if event.best and "val_loss" in event.logs else ""
        self._line(f"{event.epoch:5}  " + "  ".join(cells) + best)


def opening(run: str | None, experiment: Experiment, started: Started) -> str:
    """Return a run's first line: what is trained, and on which samples."""
    data = started.data
    parameters = counted(started.parameters, "parameter")
    about = f"{data.dataset}, {data.source}: {samples_line(data)}"
    return f"run {run} · {experiment.name} · {about} · {parameters}"


def closing_words(ended: Ended, outcome: RunView) -> str:
    """Return a finished run's last line: its duration and its best epoch."""
    words = f"run {outcome.run} finished in {duration(ended.seconds)}"
    if best := outcome.best:
        logs = with_undefined(best.logs, outcome.experiment.training.metrics)
        validation = {name: value for name, value in logs.items() if name.startswith("val_")}
        shown = validation or score_names.shown(logs)
        words += f" · best epoch {best.epoch}: {scores(shown.items())}"
    return f"{words} · {ended.reason}" if ended.reason else words
