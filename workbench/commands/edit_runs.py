"""Commands that edit stored runs: rename, tag, note, delete, restore, purge."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.errors import EngineError
from engine.system.counts import counted
from workbench.commands.inputs import store
from workbench.commands.options import RunId
from workbench.commands.output import say


def delete(run: RunId) -> None:
    """Delete a run; `workbench restore RUN` restores it within a day."""
    store().delete(run)
    say(f"run {run} is deleted; `workbench restore {run}` restores it")


def restore(run: RunId) -> None:
    """Restore a deleted run."""
    store().restore(run)
    say(f"run {run} is restored")


def purge(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Deleted runs; default: all deleted more than a day ago."),
    ] = None,
) -> None:
    """Permanently delete runs and their models: the given deleted runs, or all deleted more than a day ago."""
    removed = store().purge(*(runs or ()))
    kept = [run for run in runs or () if str(int(run)) not in removed]
    if removed or not kept:
        say(f"{counted(len(removed), 'run')} permanently deleted" if removed else "nothing to delete")
    if kept:
        which = ", ".join(kept)
        raise EngineError(
            f"not permanently deleted, as not deleted or not there: {which} (`workbench delete RUN` first)"
        )


def rename(run: RunId, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a run another name."""
    store().rename(run, name)


def tag(
    run: RunId,
    tags: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TAG]...", help="The run's tags, replacing the present ones; none clears them."),
    ] = None,
) -> None:
    """Tag a run, to find it again."""
    store().tag(run, tuple(tags or ()))


def note(run: RunId, text: Annotated[str, typer.Argument(help="The note; an empty one clears it.")]) -> None:
    """Attach a note to a run."""
    store().note(run, text)
