"""Checks an experiment before it is run: its shapes, its parameters and the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.system.counts import counted
from workbench.commands import sanity
from workbench.commands.findings import lines, mended
from workbench.commands.options import ExperimentName, Json, Settings, experiment
from workbench.commands.output import say, say_table, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.checks import Finding
    from engine.checks.shapes import Outline
    from engine.experiment.model import Experiment


def check(
    named: ExperimentName,
    settings: Settings = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also climb the sanity ladder: short trials on the experiment's data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show an experiment's layers, shapes and parameters, and what is wrong or unwise in it."""
    from engine import checks
    from engine.checks import shapes

    chosen = experiment(named, settings)
    outline, findings = shapes.outline(chosen), checks.before(chosen)
    climbs = deep and not any(one.level == "error" for one in findings)
    if as_json:
        write_json(_checked(chosen, outline, findings) | (sanity.as_object(chosen) if climbs else {}))
    else:
        _say_checked(chosen, outline, findings)
        if climbs:
            sanity.say_ladder(chosen)
    if any(one.level == "error" for one in findings):
        raise typer.Exit(2)


def _checked(chosen: Experiment, outline: Outline, findings: Sequence[Finding]) -> dict[str, object]:
    """A check as its JSON shows it."""
    names = ("level", "where", "message", "why")
    return {
        "name": chosen.name,
        "layers": [
            {"kind": spec.kind, "enabled": spec.enabled, "shape": one.shape, "parameters": one.params}
            for spec, one in zip(chosen.layers, outline.layers, strict=True)
        ],
        "parameters": outline.total,
        "findings": [
            {name: getattr(one, name) for name in names} | {"mended": " ".join(mended(one, chosen)) or None}
            for one in findings
        ],
    }


def _say_checked(chosen: Experiment, outline: Outline, findings: Sequence[Finding]) -> None:
    rows = [
        (index, spec.kind if spec.enabled else f"{spec.kind} (off)", _shape(one.shape), one.params)
        for index, (spec, one) in enumerate(zip(chosen.layers, outline.layers, strict=True))
    ]
    say_table(("layer", "kind", "out", "parameters"), rows)
    say(f"{counted(outline.total, 'parameter')} in all")
    for line in lines(findings, chosen):
        say(line)


def _shape(shape: tuple[int, ...] | None) -> str:
    return " x ".join(map(str, shape)) if shape else "-"
