"""A few of the terminal settings of the matrix, the quickest that say most; the benchmark tries all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.terminal.matrix import SETTINGS, Setting, outcome

QUICK = (
    Setting("xterm-256color", size=(20, 5)),
    Setting("linux", locale="C", size=(40, 12), colours="16"),
    Setting("xterm-256color", through="tmux"),
    Setting("xterm-256color", through="screen"),
    Setting("dumb", refused=True),
)


@pytest.mark.parametrize("setting", QUICK, ids=lambda setting: setting.name)
def test_the_screen_works_or_refuses_and_gives_the_terminal_back(setting: Setting, tmp_path: Path) -> None:
    if not setting.there:
        pytest.skip(f"{setting.through} is not installed")
    assert outcome(setting, tmp_path).partition(":")[0] == ("refuses" if setting.refused else "works")


def test_every_setting_is_another_one() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
