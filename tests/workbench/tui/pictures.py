"""Stored pictures of screens: the text of every cell, and the styles of each line as runs of letters.

``PICTURES=FOLDER pytest tests/workbench/tui/test_pictures.py`` stores what the screens show now, and
writes an SVG of each into that folder, to be looked at before they are committed.
"""

from __future__ import annotations

import asyncio
import os
import string
from itertools import groupby
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

STORED = Path(__file__).with_name("pictures")
SVGS = os.environ.get("PICTURES", "")
LETTERS = string.ascii_letters + string.digits
TURNS = 1200


async def shows(pilot: Pilot[Any], name: str, *words: str) -> None:
    """Waits until the screen has these words and looks like its stored picture, or stores it where asked to."""
    for _ in range(TURNS):
        shown = picture(pilot.app.screen)
        lines = shown.splitlines()[: pilot.app.size.height]
        if lines[-1].strip() and all(word in shown for word in words) and (SVGS or shown == _stored(name)):
            break
        await asyncio.sleep(0.05)
    assert all(word in shown for word in words), (name, words, shown)
    if SVGS:
        await _store(pilot, name)
    assert picture(pilot.app.screen).splitlines() == _stored(name).splitlines(), name


def picture(screen: Screen[Any]) -> str:
    """A screen's text, the runs of styles of its lines, and what style each letter is."""
    legend: dict[str, str] = {}
    texts, styles = [], []
    for strip in screen._compositor.render_strips():
        texts.append(strip.text.rstrip())
        cells = [(_letter(legend, str(style)), text) for text, style, _ in strip]
        runs = (
            (letter, sum(len(text) for _, text in run)) for letter, run in groupby(cells, lambda cell: cell[0])
        )
        styles.append(" ".join(f"{letter}{count}" for letter, count in runs))
    return "\n".join([*texts, "", *styles, "", *(f"{letter} {style}" for style, letter in legend.items()), ""])


def _letter(legend: dict[str, str], style: str) -> str:
    return legend.setdefault(style, LETTERS[len(legend) % len(LETTERS)])


def _stored(name: str) -> str:
    path = STORED / f"{name}.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


async def _store(pilot: Pilot[Any], name: str) -> None:
    """Store the picture once the screen is still, as text and as an SVG."""
    before = ""
    while (now := picture(pilot.app.screen)) != before:
        before = now
        await asyncio.sleep(1)
    for path, text in ((STORED / f"{name}.txt", now), (Path(SVGS) / f"{name}.svg", pilot.app.export_screenshot())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
