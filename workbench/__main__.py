"""``python -m workbench``, and the ``workbench`` command: quiet under Ctrl-C from its first moment."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Import the command, which takes a moment, and run it."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from workbench.cli import main as command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


if __name__ == "__main__":
    main()
