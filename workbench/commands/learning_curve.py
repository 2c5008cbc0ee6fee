"""The learning-curve command: scores by the number of training samples."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.datasets import catalogue
from engine.evaluation import learning_curve as engine_curve
from engine.evaluation.learning_curve import LearningCurve, Point
from engine.events import Preparing
from engine.system.drain import drain
from workbench.commands.findings import check
from workbench.commands.inputs import experiment
from workbench.commands.notifications import checks_notified
from workbench.commands.options import ExperimentName, Json, Settings
from workbench.commands.output import say, say_table, write_json
from workbench.commands.progress_bar import Bar
from workbench.text.numbers import number


def learning_curve(
    named: ExperimentName,
    settings: Settings = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Networks to train for each number of samples.")] = 3,
    as_json: Json = False,
) -> None:
    """Train on 1/16 to all of the training samples, and extrapolate to twice as many.

    Scores are those of the validation samples at each network's best epoch; test samples are not read. No run is
    stored.
    """
    chosen = experiment(named, settings)
    check(chosen)
    noun = f"{catalogue.noun(chosen.data.dataset)}s"
    with checks_notified("learning curve", chosen.name) as says, Bar() as bar:

        def told(step: Preparing | Point) -> None:
            if isinstance(step, engine_curve.Point):
                if not as_json:
                    bar.print(f"{step.samples:,} {noun}, seed {step.seed}: {number(step.score)}")
            else:
                bar.preparing(step)

        found = drain(engine_curve.learning_curve(chosen, seeds=seeds), told)
        says(found.sentence(noun))
    if as_json:
        write_json(found.as_object(noun))
    else:
        _say(found, noun)


def _say(found: LearningCurve, noun: str) -> None:
    say()
    rows = []
    for size in found.sizes:
        scores = [one.score for one in found.points if one.samples == size]
        law = None if found.law is None else found.law.error(size)
        fit = None if law is None else (law if found.metric in ("loss", "mae", "mse") else 1 - law)
        rows.append((size, found.mean(size), min(scores), max(scores), fit))
    say_table((noun, f"mean {found.metric}", "lowest", "highest", "fitted"), rows)
    say(found.sentence(noun))
