"""The sanity ladder on a terminal: a line for each rung as soon as it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import Preparing
from engine.system.drain import drain
from workbench.commands.progress_bar import Bar
from workbench.text.numbers import number

if TYPE_CHECKING:
    from engine.evaluation.sanity.ladder import Ladder, Rung
    from engine.experiment.model import Experiment

NAMES = {
    "loss_at_start": "loss at the start",
    "one_batch": "one batch by heart",
    "shuffled_labels": "shuffled labels",
    "zeroed_inputs": "empty inputs",
    "learning_rate": "learning rate",
}
"""What each rung is called."""


def as_object(chosen: Experiment) -> dict[str, Any]:
    """The ladder's JSON."""
    return _climb(chosen, told=False).as_object()


def say_ladder(chosen: Experiment) -> None:
    """Climb the ladder, a line for each rung."""
    _climb(chosen, told=True)


def _climb(chosen: Experiment, told: bool) -> Ladder:
    from engine.evaluation.sanity.ladder import Rung, climb

    with Bar() as bar:

        def show(step: Rung | Preparing) -> None:
            if not isinstance(step, Rung):
                bar.preparing(step)
            elif told:
                bar.print(line(step))

        return drain(climb(chosen), show)


def line(rung: Rung) -> str:
    """A rung in one line: whether it holds, what was measured against what, and why."""
    expected = "" if rung.expected is None else f" against {number(rung.expected)}"
    value = "" if rung.value is None else f" {number(rung.value)}{expected}"
    return f"{'✓' if rung.ok else '✗'} {NAMES.get(rung.check, rung.check)}{value}: {rung.why}"
