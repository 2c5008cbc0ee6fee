"""The serve command: shows the screen in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.errors import EngineError
from workbench.commands.inputs import for_screen
from workbench.commands.output import say, warn

DEFAULT_PORT = 8000


def serve(
    named: Annotated[
        str,
        typer.Argument(metavar="[EXPERIMENT]", help="A preset, a TOML file or your own data.", show_default=False),
    ] = "",
    host: Annotated[
        str, typer.Option(help="The address to listen on; any but loopback lets other machines connect.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0: any free one.")] = DEFAULT_PORT,
) -> None:
    """Show the screen in a browser: print an address that contains a secret, and serve it until Ctrl+C.

    Each visitor has a separate session; a run still training when its visitor leaves can be resumed.
    """
    try:
        from workbench.terminal.browser import server
    except ModuleNotFoundError as error:
        missing = f"the Python package {error.name} is not installed"
        raise EngineError(f"{missing}: pip install 'training-workbench[serve]'") from None
    if named:
        _check(named)
    if not server.is_loopback(host):
        warn(
            f"warning: {host} can be reached from other machines. Whoever has the address can read and write "
            "files here as you, and nothing is encrypted: `ssh -L` to a server on loopback is safer."
        )
    server.serve(host, port, [named] if named else [], ready=say)


def _check(named: str) -> None:
    """Refuse an experiment that the visitors' processes could not read."""
    if named == "-":
        raise EngineError("an experiment on standard input cannot be shown to visitors: name a file")
    for_screen(named)
