"""The screen gives the terminal to an editor and takes it back; what is wrong is said, and no text is lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from engine.errors import EngineError
from tests.workbench.terminal.pseudo_terminal import Screen
from workbench.terminal import editor

Start = Callable[..., Screen]


@pytest.fixture
def fake_screen(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the screen over made-up runs, in an empty folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return partial(start, module="tests.workbench.terminal.fake_screen")


def script(folder: Path, lines: str) -> str:
    """An editor that is a shell script; ``$1`` is the file."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


def test_an_edited_experiment_is_shown_and_a_wrong_one_can_be_edited_again(
    fake_screen: Start, tmp_path: Path
) -> None:
    broken = (
        'if grep -q epoch5 "$1"; then sed -i s/epoch5/epochs/ "$1"; else sed -i "s/^epochs.*/epoch5 = 3/" "$1"; fi'
    )
    wait = 'echo; echo "in the editor"; read line < /dev/tty'
    screen = fake_screen(VISUAL=script(tmp_path, f"{wait}; {broken}"), EDITOR="false")
    screen.shows("ready")
    screen.type("E")
    screen.shows("in the editor")
    assert screen.sent.count(b"\x1b[?1049l") == 1
    screen.type("\n")
    screen.shows("This is not a valid experiment yet")
    screen.shows("epoch5")
    screen.type("e")
    screen.shows("in the editor")
    screen.type("\n")
    screen.shows("3 × 512")
    screen.type("q")
    assert screen.left() == 0
    assert not list(tmp_path.glob("workbench-*"))


@pytest.mark.parametrize(
    ("named", "said"), [("no-such-editor", "which is not there"), ("'", "is not a command"), ("false", "status 1")]
)
def test_an_editor_that_fails_is_said(fake_screen: Start, named: str, said: str) -> None:
    screen = fake_screen(VISUAL="", EDITOR=named)
    screen.shows("ready")
    screen.type("E")
    screen.shows(said)
    screen.shows("IMDB baseline")
    screen.type("q")
    assert screen.left() == 0


def test_what_an_editor_wrote_before_it_failed_is_kept(fake_screen: Start, tmp_path: Path) -> None:
    screen = fake_screen(VISUAL=script(tmp_path, 'echo "# mine" >> "$1"; exit 3'), columns=200)
    screen.shows("ready")
    screen.type("E")
    screen.shows("the edited text is in")
    (kept,) = tmp_path.glob("workbench-*")
    assert kept.read_text().endswith("# mine\n")
    screen.type("q")
    assert screen.left() == 0


def test_visual_comes_before_editor_and_a_usual_one_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true --wait")
    monkeypatch.setenv("EDITOR", "false")
    assert editor.command() == ["true", "--wait"]
    monkeypatch.delenv("VISUAL")
    assert editor.command() == ["false"]
    monkeypatch.delenv("EDITOR")
    monkeypatch.setattr("shutil.which", lambda name: name if name == "vi" else None)
    assert editor.command() == ["vi"]
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(EngineError, match="set EDITOR"):
        editor.command()
    monkeypatch.delenv("PAGER", raising=False)
    with pytest.raises(EngineError, match="set PAGER"):
        editor.pager()


def test_the_log_is_shown_in_the_pager(fake_screen: Start, tmp_path: Path, home: Path) -> None:
    screen = fake_screen(PAGER=script(tmp_path, 'echo "pages $1"; read line < /dev/tty'))
    screen.shows("ready")
    screen.type("O")
    screen.shows("$PAGER")
    screen.type("p")
    screen.shows(f"pages {home / 'workbench.log'}"[:79])
    screen.type("\nOq")
    assert screen.left() == 0
