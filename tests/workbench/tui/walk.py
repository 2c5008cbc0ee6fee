"""Walks through the screens with keys alone, seeing what a person would see."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from textual.pilot import Pilot

from tests.workbench.fake import burst, screen_text
from workbench.tui.app import Workbench

SECONDS = 60


class Walk:
    """Presses keys, and waits until the screen shows what a student would look for."""

    def __init__(self, app: Workbench, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def shown(self) -> str:
        """The screen as one line of text with single spaces."""
        return " ".join(screen_text(self.app.screen).replace("│", " ").split())

    async def sees(self, *words: str) -> None:
        """Waits until all of this is on the screen."""
        await self.until(lambda: all(word in self.shown for word in words), words)

    async def until(self, true: Callable[[], object], what: object = "") -> None:
        """Waits until something holds."""
        for _ in range(SECONDS * 20):
            if true():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never seen: {what}\n{screen_text(self.app.screen)}")

    async def press(self, *keys: str) -> None:
        """Types keys and words in one burst, as fast as a terminal delivers them."""
        burst(self.app, *keys)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Types a text in place of what is there."""
        await self.press("ctrl+u", text)

    async def steps(self, key: str, where: Callable[[], object], there: object) -> None:
        """Presses a key until the cursor is there, each time only once it has moved, so as not to pass by."""
        while (before := where()) != there:
            await self.press(key)
            await self.until(lambda before=before: where() != before, f"{key} moves the cursor on from {before}")

    async def opens(self, preset: str, *sees: str) -> None:
        """Opens a preset, passing over a question about edits."""
        await self.press("1", "o", preset, "enter")
        await self.until(lambda: len(self.app.screen_stack) == 1 or "o Open it" in self.shown, preset)
        if "o Open it" in self.shown:
            await self.press("o")
        await self.sees(*sees)

    async def sets_epochs(self, epochs: int) -> None:
        """Shortens the training in its form."""
        stack = self.app.bench.stack
        await self.press("home")
        await self.until(lambda: stack.key == "data", "the cursor on the data")
        await self.steps("down", lambda: stack.key, "train")
        await self.press("enter")
        await self.sees("Training", "Epochs")
        await self.steps("down", lambda: re.findall(r"▸ (\w+)", self.shown)[:1], ["Epochs"])
        await self.write(str(epochs))
        await self.press("enter")
        await self.sees(f"· {epochs} ×")

    async def runs(self, *sees: str) -> None:
        """Trains what is open, and sees it end."""
        number = len(self.app.store.summaries())
        await self.press("r")
        await self.until(lambda: len(self.app.store.summaries()) > number, "a new run")
        await self.sees("✓ finished", *sees)
