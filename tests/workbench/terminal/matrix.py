"""The screen in one terminal setting after another: it works, or refuses clearly, and gives the terminal back."""

from __future__ import annotations

import os
import shutil
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workbench.terminal.pseudo_terminal import Screen

ROOT = Path(__file__).parents[3]
PROGRAMS: Mapping[str, Sequence[str]] = {
    "tmux": ("tmux", "-L", f"workbench-matrix-{os.getpid()}", "-f", "/dev/null", "new-session"),
    "screen": ("screen", "-c", "/dev/null"),
}
MODES = termios.ECHO | termios.ICANON | termios.ISIG
"""What a shell's line editing needs of the terminal."""

COLOURS = {"24 bit": b"38;2;", "256": b"38;5;"}


@dataclass(frozen=True)
class Setting:
    """A terminal: its type, encoding, size, colours; the program that it runs in; and what is expected."""

    term: str
    locale: str = "C.UTF-8"
    size: tuple[int, int] = (80, 24)
    colours: str = "256"
    through: str = ""
    refused: bool = False
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The setting in a few words."""
        words = [self.term or "(empty)", self.locale, "x".join(map(str, self.size)), self.colours, self.through]
        return " ".join([*filter(None, words), *(f"{name}={value}" for name, value in self.more.items())])

    @property
    def there(self) -> bool:
        """Whether the program that it runs in is installed."""
        return not self.through or shutil.which(self.through) is not None


SETTINGS = (
    *(
        Setting(term, colours="24 bit", more={"COLORTERM": "truecolor"})
        for term in ("xterm-256color", "xterm-kitty")
    ),
    *(
        Setting(term)
        for term in ("xterm-256color", "screen-256color", "tmux-256color", "rxvt-unicode-256color", "alacritty")
    ),
    *(Setting(term, colours="16") for term in ("xterm", "linux", "nonsense")),
    *(Setting(term, colours="none") for term in ("vt100", "vt220")),
    Setting("nonsense", colours="16", more={"COLORTERM": "truecolor"}),
    Setting("xterm-256color", colours="greys", more={"NO_COLOR": "1"}),
    *(Setting("xterm-256color", locale=locale) for locale in ("C", "POSIX", "de_DE.ISO-8859-1")),
    Setting("xterm-256color", more={"PYTHONIOENCODING": "utf-16"}),
    Setting("xterm-256color", more={"COLUMNS": "20", "LINES": "5"}),
    *(
        Setting("xterm-256color", size=size)
        for size in ((200, 60), (140, 40), (60, 20), (40, 12), (20, 5), (8, 2))
    ),
    Setting("linux", locale="C", size=(40, 12), colours="16"),
    *(
        Setting("xterm-256color", more={"TEXTUAL_THEME": theme})
        for theme in ("workbench-light", "workbench-contrast")
    ),
    Setting("xterm-256color", colours="16", more={"TEXTUAL_THEME": "workbench-ansi"}),
    Setting("xterm-256color", more={"STY": "1.tty"}),
    *(
        Setting("xterm-256color", through=program, size=size)
        for program in PROGRAMS
        for size in ((80, 24), (40, 12))
    ),
    *(Setting(term, refused=True) for term in ("dumb", "")),
)


def outcome(setting: Setting, folder: Path) -> str:
    """What becomes of the screen in a setting; raises AssertionError where that is not as it should be."""
    columns, rows = setting.size
    named = {"TERM": setting.term, "LC_ALL": setting.locale, "PYTHONPATH": str(ROOT)} | setting.more
    environment: dict[str, Any] = {**named, "WORKBENCH_HOME": str(folder)}
    module = "workbench" if setting.refused else "tests.workbench.terminal.fake_screen"
    through = PROGRAMS[setting.through] if setting.through else ()
    screen = Screen(module=module, columns=columns, rows=rows, through=through, **environment)
    screen.screen.write_process_input = lambda text: screen.type(text)
    try:
        return _refusal(screen) if setting.refused else _session(screen, setting, folder)
    finally:
        screen.close()
        if setting.through == "tmux":  # whose server would stay where the screen has not ended
            subprocess.run([*PROGRAMS["tmux"][:3], "kill-server"], check=False, capture_output=True)


def _refusal(screen: Screen) -> str:
    screen.shows("Work in lines of text instead?")
    screen.type("n\n")
    assert screen.left() == 2, screen.text
    assert "Traceback" not in screen.text
    assert "cannot draw a screen" in " ".join(screen.text.split())
    return "refuses: offers lines of text instead, else exit status 2"


def _session(screen: Screen, setting: Setting, folder: Path) -> str:
    """Open the keys, close them, quit."""
    first = setting.size[0] // 2 - 1
    screen.until(lambda: "Experiment"[:first] in screen.text or (screen.text.strip() and setting.size[1] < 5))
    shown = screen.settled()
    screen.type("?")
    screen.until(lambda: screen.screen.display != shown)
    keys = screen.settled()
    screen.type("\x1b")
    screen.until(lambda: screen.screen.display != keys)
    screen.settled()
    screen.type("q")
    assert screen.left() == 0, screen.text
    _gave_back(screen, setting, folder)
    _colours(screen, setting)
    return "works"


def _gave_back(screen: Screen, setting: Setting, folder: Path) -> None:
    """The terminal is as a shell wants it, and nobody has crashed."""
    assert termios.tcgetattr(screen.fd)[3] & MODES == MODES, "the line's modes were not restored"
    assert b"\x1b[?1049l" in screen.sent, "the other screen was not left"
    assert b"\x1b[?25h" in screen.sent or b"\x1b[?12l" in screen.sent, "the cursor was not shown again"
    log = folder / "workbench.log"
    assert "Traceback" not in screen.text + (log.read_text(errors="replace") if log.exists() else "")


def _colours(screen: Screen, setting: Setting) -> None:
    """No more colours are sent than the terminal has."""
    allowed = {"24 bit": ("24 bit", "256"), "256": ("256",), "greys": ("256",)}.get(setting.colours, ())
    for depth, sign in COLOURS.items():
        assert depth in allowed or sign not in screen.sent, f"colours of {depth} were sent"
    if setting.locale in ("C", "POSIX"):
        assert all(byte < 128 for byte in screen.sent), "characters beyond ASCII were sent"
