"""Entry point of ``python -m workbench`` and the ``workbench`` command; handles Ctrl-C while still importing."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Import and run the command; the import takes a moment."""
    signal.signal(signal.SIGINT, _interrupted)
    from engine.system.gc_pause import collector_paused
    from engine.system.pydantic_start import without_plugins

    without_plugins()
    with collector_paused():
        from workbench.cli import main as command

    command()


def _interrupted(*_: object) -> None:
    os.write(2, b"interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
