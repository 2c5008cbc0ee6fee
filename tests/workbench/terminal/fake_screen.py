"""The screen on a real terminal, over made-up runs: ``python -m tests.workbench.terminal.fake_screen``.

Arguments: ``gated`` makes runs wait after every epoch; ``no-mouse``. The key ``f12`` raises in the app.
``--browser`` draws over pipes; ``noisy`` writes to standard output and error as libraries do.
Writes how the run ended to the file ``ended`` in the current folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workbench.terminal import launch


def main(options: list[str]) -> int:
    """Run the screen; returns its exit status."""
    browser = "--browser" in options
    launch.prepare(browser)
    if "noisy" in options:
        os.write(1, b"oneDNN custom operations are on")
        os.write(2, b"TF_ENABLE_ONEDNN_OPTS")
    from textual.binding import Binding

    from engine.experiment import toml_file
    from tests.workbench import fake
    from workbench.tui.app import Workbench

    class Crashing(Workbench):
        BINDINGS = [Binding("f12", "crash", id="test.crash")]

        def action_crash(self) -> None:
            raise RuntimeError("the screen has a bug")

    class Session(fake.FakeSession):
        def interrupt(self) -> None:
            Path("ended").write_text("interrupted")

    experiment = toml_file.load("imdb")
    app = Crashing(experiment, backend=fake.FakeBackend(gated="gated" in options, session=Session))  # type: ignore[arg-type]
    return launch.run(app, lambda: app.running_work, mouse="no-mouse" not in options, browser=browser)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
