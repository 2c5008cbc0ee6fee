"""The export command: writes stored runs as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import EngineError
from engine.system.counts import counted
from workbench.commands.inputs import store
from workbench.commands.output import say
from workbench.commands.progress_bar import Bar


def export(
    named: Annotated[list[str], typer.Argument(metavar="RUN... OUT", help="Runs, and the file to write.")],
    to: Annotated[
        str,
        typer.Option(
            help="python: a standalone Keras script; csv: the curves; tensorboard: event files; "
            "png, svg, pdf: a figure of the curves; card: a summary as text; keras: the model."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Export a run as a script, curves, a figure, a summary or the model; curves and figures can hold several
    runs.
    """
    from engine import exporting

    *runs, out = named
    if not runs:
        raise EngineError("say where to write it: workbench export RUN OUT")
    kept = store()
    with Bar() as bar:
        bar.show(f"writing {out}")
        path = exporting.export_many(kept, runs, to, Path(out), force)
    say(f"{counted(len(runs), 'run')} written to {path}")
