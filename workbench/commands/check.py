"""The check command: an experiment's shapes, parameters and findings; --deep adds the sanity ladder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from engine import checks
from engine.checks import Finding, shapes
from engine.checks.shapes import Outline
from engine.events import Preparing
from engine.experiment.model import Experiment
from engine.system.counts import counted
from engine.system.drain import drain
from workbench.commands.findings import as_object, lines, refused
from workbench.commands.inputs import experiment
from workbench.commands.notifications import checks_notified
from workbench.commands.options import ExperimentName, Json, Settings
from workbench.commands.output import say, say_lines, say_table, write_json
from workbench.commands.progress_bar import Bar
from workbench.text.evidence import rung


def check(
    named: ExperimentName,
    settings: Settings = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also run the sanity ladder: short trials on the experiment's data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show an experiment's layers, shapes and parameters, and what is wrong or unwise in it."""
    chosen = experiment(named, settings)
    outline, findings = shapes.outline(chosen), checks.before(chosen)
    wrong = any(map(refused, findings))
    if as_json:
        climbed = _climb(chosen, told=False) if deep and not wrong else {}
        write_json(_checked(chosen, outline, findings) | climbed)
    else:
        _say_checked(chosen, outline, findings)
        if deep and not wrong:
            _climb(chosen, told=True)
    if wrong:
        raise typer.Exit(2)


def _checked(chosen: Experiment, outline: Outline, findings: Sequence[Finding]) -> dict[str, object]:
    """Return a check's result as its JSON object."""
    return {
        "name": chosen.name,
        "layers": [
            {"kind": spec.kind, "enabled": spec.enabled, "shape": one.shape, "parameters": one.params}
            for spec, one in zip(chosen.layers, outline.layers, strict=True)
        ],
        "parameters": outline.total,
        "findings": [as_object(one, chosen, "mended") for one in findings],
    }


def _say_checked(chosen: Experiment, outline: Outline, findings: Sequence[Finding]) -> None:
    rows = [
        (index, spec.kind + " (off)" * (not spec.enabled), " x ".join(map(str, one.shape or "-")), one.params)
        for index, (spec, one) in enumerate(zip(chosen.layers, outline.layers, strict=True))
    ]
    say_table(("layer", "kind", "out", "parameters"), rows)
    say(f"{counted(outline.total, 'parameter')} in all")
    say_lines(lines(findings, chosen))


def _climb(chosen: Experiment, told: bool) -> dict[str, Any]:
    """Run the sanity ladder and return its JSON; with ``told``, print a line per rung as soon as its result is
    known.
    """
    from engine.evaluation.sanity.ladder import Rung, climb

    with checks_notified("sanity checks", chosen.name) as says, Bar() as bar:

        def show(step: Rung | Preparing) -> None:
            if not isinstance(step, Rung):
                bar.preparing(step)
            elif told:
                bar.print(rung(step))

        found = drain(climb(chosen), show)
        says("; ".join(rung(one) for one in found.rungs if not one.ok) or "all is well")
        return found.as_object()
