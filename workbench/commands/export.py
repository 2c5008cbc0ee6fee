"""A stored run as a file for another program, a report or a colleague."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.common import RunId, say, store
from workbench.progress import Bar


class Form(StrEnum):
    """What a run can be exported to."""

    PYTHON = "python"
    CSV = "csv"
    TENSORBOARD = "tensorboard"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"
    CARD = "card"
    KERAS = "keras"


def export(
    run: RunId,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file (for TensorBoard, the folder) to write.")],
    to: Annotated[
        Form,
        typer.Option(
            help="python: a Keras script that stands alone; csv: the curves; tensorboard: event files; "
            "png, svg, pdf: a figure of the curves; card: a summary as text; keras: the model."
        ),
    ],
) -> None:
    """Export a run: a script, its curves, a figure, a card or the model."""
    from engine import exporting

    runs = store()
    with Bar() as bar:
        bar.show(f"writing {out}")
        path = exporting.export(runs, run, to.value, out)
    say(f"run {run}: {path}")
