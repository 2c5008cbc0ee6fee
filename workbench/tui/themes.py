"""The workbench's own themes: text has a contrast of at least 4.5 to 1, lines and marks at least 3 to 1."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

DEFAULT = "workbench-dark"

DARK_SERIES = ("#56b4e9", "#e69f00", "#2fbf8f", "#e08fc0", "#ff8552", "#7aa2ff", "#d0bd1e", "#b0b0b0")
LIGHT_SERIES = ("#1f6f9f", "#8a5a00", "#00674c", "#98437a", "#a84300", "#0050a0", "#6b6000", "#5c5c5c")
"""Okabe and Ito's colours (2008), which colour-blind people can tell apart, lightened or darkened for contrast."""


def _variables(muted: str, frame: str, series: tuple[str, ...]) -> dict[str, str]:
    named = {f"series-{number}": colour for number, colour in enumerate(series, 1)}
    quiet = ("foreground-muted", "text-disabled", "text-muted", "footer-description-foreground", "scrollbar-hover")
    return {**named, **dict.fromkeys(quiet, muted), "frame": frame, "scrollbar": frame}


ANSI_SERIES = (
    "bright_cyan",
    "bright_yellow",
    "bright_green",
    "bright_magenta",
    "cyan",
    "yellow",
    "green",
    "white",
)

COLOURS = {
    "primary": ("#4d9de0", "#1f6fb5", "#5cb8ff", "ansi_bright_cyan"),
    "secondary": ("#7fb7e8", "#2b5f8f", "#9fd4ff", "ansi_cyan"),
    "accent": ("#ffb454", "#8a4b00", "#ffd400", "ansi_bright_yellow"),
    "success": ("#7fd088", "#11651f", "#5dff8f", "ansi_bright_green"),
    "warning": ("#ffcf5c", "#7a5200", "#ffe25c", "ansi_bright_yellow"),
    "error": ("#ff8a80", "#a8201a", "#ff9d94", "ansi_bright_magenta"),
    "foreground": ("#e4e8ec", "#14181d", "#ffffff", "ansi_bright_white"),
    "background": ("#101418", "#fbfbf9", "#000000", "ansi_black"),
    "surface": ("#171c22", "#f3f4f2", "#000000", "ansi_black"),
    "panel": ("#1e242b", "#e9ebe8", "#000000", "ansi_black"),
}
"""The colour of each role in the themes: dark, light, high contrast, and the terminal's own palette."""


def _theme(name: str, position: int, variables: dict[str, str], *, dark: bool = True, ansi: bool = False) -> Theme:
    colours: dict[str, Any] = {role: shades[position] for role, shades in COLOURS.items()}
    return Theme(f"workbench-{name}", **colours, dark=dark, ansi=ansi, variables=variables)


DARK = _theme("dark", 0, _variables("#a3adb8", "#68737f", DARK_SERIES))
LIGHT = _theme("light", 1, _variables("#4c545d", "#7c858e", LIGHT_SERIES), dark=False)
CONTRAST = _theme("contrast", 2, _variables("#d8d8d8", "#b0b0b0", DARK_SERIES))
ANSI = _theme(
    "ansi",
    3,
    {
        **_variables("ansi_white", "ansi_white", tuple(f"ansi_{name}" for name in ANSI_SERIES)),
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_bright_white",
        "text": "ansi_bright_white",
        **dict.fromkeys(("surface", "panel", "footer-background", "footer-item-background"), "ansi_black"),
        **dict.fromkeys(("footer-description-background", "footer-key-background"), "ansi_black"),
        "footer-foreground": "ansi_bright_white",
        "footer-key-foreground": "ansi_bright_yellow",
        "input-cursor-background": "ansi_bright_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
    },
    ansi=True,
)
"""Only the 16 colours of the terminal, on black; without dark blue and red, which are hard to read on it."""

THEMES = (DARK, LIGHT, CONTRAST, ANSI)

OWN = {theme.name: theme for theme in THEMES}


def variable_defaults(theme: Theme) -> dict[str, str]:
    """Return the workbench's variables for other themes: the frames of panels, the colours of series."""
    if theme.ansi:
        names = ("cyan", "yellow", "green", "magenta", "bright_red", "bright_blue", "bright_yellow", "white")
        return {"frame": "ansi_default", **{f"series-{n}": f"ansi_{name}" for n, name in enumerate(names, 1)}}
    series = DARK_SERIES if theme.dark else LIGHT_SERIES
    frame = f"{theme.foreground or theme.primary} 45%"
    return {"frame": frame, **{f"series-{number}": colour for number, colour in enumerate(series, 1)}}
