"""The sanity ladder on a terminal: a line for each rung as soon as it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import Preparing
from engine.system.drain import drain
from workbench.commands.notifications import checks_told
from workbench.commands.progress_bar import Bar
from workbench.text.evidence import rung

if TYPE_CHECKING:
    from engine.evaluation.sanity.ladder import Ladder
    from engine.experiment.model import Experiment


def as_object(chosen: Experiment) -> dict[str, Any]:
    """The ladder's JSON."""
    return _climb(chosen, told=False).as_object()


def say_ladder(chosen: Experiment) -> None:
    """Climb the ladder, a line for each rung."""
    _climb(chosen, told=True)


def _climb(chosen: Experiment, told: bool) -> Ladder:
    from engine.evaluation.sanity.ladder import Rung, climb

    with checks_told("sanity checks", chosen.name) as says, Bar() as bar:

        def show(step: Rung | Preparing) -> None:
            if not isinstance(step, Rung):
                bar.preparing(step)
            elif told:
                bar.print(rung(step))

        ladder = drain(climb(chosen), show)
        says("; ".join(rung(one) for one in ladder.rungs if not one.ok) or "all is well")
        return ladder
