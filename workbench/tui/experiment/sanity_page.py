"""A page with an experiment's sanity ladder, a line per rung as soon as it is known."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

from engine.events import Preparing
from engine.experiment.model import Experiment
from workbench.text.evidence import rung
from workbench.tui.dialogs.work_page import WorkPage
from workbench.tui.widgets.chart import Line, Mark, Picture

if TYPE_CHECKING:
    from engine.evaluation.sanity.ladder import Rung


def sanity_page(experiment: Experiment) -> WorkPage:
    """Return a page that runs the ladder; the loss over the learning rates is drawn once they have been tried."""
    return WorkPage(f"Sanity checks of {experiment.name}", lambda: _lines(experiment))


def _lines(experiment: Experiment) -> Generator[Preparing | str | Picture, None, None]:
    from engine.evaluation.sanity.ladder import Rung, climb

    for step in climb(experiment):
        if isinstance(step, Rung):
            yield rung(step)
            if step.curve:
                yield rate_picture(step)
        else:
            yield step


def rate_picture(found: Rung) -> Picture:
    """Draw the loss at each learning rate that was tried, with the experiment's rate and the proposed one."""
    rates = tuple(math.log10(rate) for rate, _ in found.curve)
    curve = Line(rates, tuple(loss for _, loss in found.curve), "primary")
    named = (("rate", found.value, "warning"), ("proposed", found.expected, "success"))
    marks = tuple(Mark(math.log10(at), f"{name} {at:.2g}", colour) for name, at, colour in named if at)
    ticks = tuple((float(power), f"1e{power}") for power in range(-6, 2))
    return Picture((curve,), -6, 1, marks, whole=False, ticks=ticks, hint="no learning rate was tried")
