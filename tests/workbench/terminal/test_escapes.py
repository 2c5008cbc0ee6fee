"""Control sequences: no text in them acts on the terminal, and tmux and screen hand them on."""

from __future__ import annotations

import pytest

from workbench.terminal import escapes

HOSTILE = "run\x1b]2;gotcha\x07 7\x9c;x\u202e"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without tmux and screen."""
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)


@pytest.mark.parametrize("protocol", ["osc9", "osc777"])
def test_a_notification_holds_no_control_character_but_its_own(protocol: str) -> None:
    sequence = escapes.notification(protocol, "work;bench", HOSTILE)
    inside = sequence.removeprefix("\x1b]").removesuffix("\a")
    assert inside.isprintable()
    assert inside.count(";") == {"osc9": 1, "osc777": 3}[protocol]


def test_the_title_holds_no_control_character_but_its_own() -> None:
    assert escapes.title(HOSTILE).removeprefix("\x1b]2;").removesuffix("\a").isprintable()
    assert len(escapes.title("x" * 10_000)) < 300


def test_tmux_and_screen_hand_notifications_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = escapes.notification("osc9", "workbench", "done")
    assert bare == "\x1b]9;workbench: done\a"
    monkeypatch.setenv("STY", "1.pts")
    assert escapes.notification("osc9", "workbench", "done") == f"\x1bP{bare}\x1b\\"
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    assert escapes.notification("osc9", "workbench", "done") == "\x1bPtmux;\x1b\x1b]9;workbench: done\a\x1b\\"
