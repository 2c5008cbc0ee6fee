"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write one JSON object on standard output, nothing else.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's number, as `workbench runs` lists it.")]
ExperimentName = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT",
        help="A preset's name, a TOML file, - for TOML on standard input, or your own data (a file or folder).",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change a setting, as in --set training.epochs=5. Repeatable."
    ),
]
