"""A page with a learning curve: drawn while networks are trained, then tabulated with an extrapolation."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from engine.events import Preparing
from engine.experiment.model import Experiment
from engine.system.drain import relayed
from workbench.text.numbers import number
from workbench.tui.dialogs.work_page import WorkPage
from workbench.tui.widgets.chart import Line, Mark, Picture

if TYPE_CHECKING:
    from engine.evaluation.learning_curve import LearningCurve, Point
    from engine.evaluation.power_law import PowerLaw

SMOOTH = 60
"""The number of points drawn of the fitted law."""


def learning_curve_page(experiment: Experiment) -> WorkPage:
    """Return a page that trains an experiment's network on 1/16 to all of the training samples."""
    return WorkPage(f"Learning curve of {experiment.name}", lambda: _lines(experiment))


def _lines(experiment: Experiment) -> Generator[Preparing | str | Picture, None, None]:
    from engine.datasets import catalogue
    from engine.evaluation import learning_curve as engine

    points: list[Point] = []

    def told(step: Preparing | Point) -> Preparing | Picture:
        if isinstance(step, Preparing):
            return step
        points.append(step)
        return picture(points, next(iter(experiment.training.metrics), "loss"))

    found = yield from relayed(engine.learning_curve(experiment), told)
    noun = f"{catalogue.noun(experiment.data.dataset)}s"
    yield picture(found.points, found.metric, found.law, found.doubled)
    yield found.sentence(noun)
    yield from _table(found, noun)


def _table(found: LearningCurve, noun: str) -> Generator[str, None, None]:
    yield f"\n{noun:>10}{f'mean {found.metric}':>16}{'lowest':>9}{'highest':>9}"
    for size in found.sizes:
        scores = [one.score for one in found.points if one.samples == size]
        mean, low, high = (number(value) for value in (found.mean(size), min(scores), max(scores)))
        yield f"{size:>10,}{mean:>16}{low:>9}{high:>9}"


def picture(
    points: Sequence[Point], metric: str, law: PowerLaw | None = None, doubled: int | None = None
) -> Picture:
    """Draw each network's score over its training samples, the fitted law, and the doubled number of samples."""
    sizes = sorted({one.samples for one in points})
    last = doubled or sizes[-1] * 2
    scores = Line(
        tuple(math.log10(one.samples) for one in points),
        tuple(one.score for one in points),
        "warning",
        points=True,
        joined=False,
    )
    lines = (scores,) if law is None else (_law_line(law, metric, sizes[0], last), scores)
    marks = (Mark(math.log10(last), "twice", "success"),) if doubled else ()
    ticks = tuple((math.log10(size), f"{size:,}") for size in (*sizes, *([last] if doubled else [])))
    low, high = math.log10(sizes[0]) - 0.1, math.log10(last) + 0.02
    return Picture(lines, low, high, marks, whole=False, ticks=ticks)


def _law_line(law: PowerLaw, metric: str, first: int, last: int) -> Line:
    from engine.evaluation.learning_curve import LOWER

    low, high = math.log10(first), math.log10(last)
    xs = tuple(low + (high - low) * step / (SMOOTH - 1) for step in range(SMOOTH))
    errors = [law.error(10**x) for x in xs]
    return Line(xs, tuple(error if metric in LOWER else 1 - error for error in errors), "primary")
