"""Real processes on pseudo-terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workbench.terminal.pseudo_terminal import Screen


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Screen]]:
    """Starts processes on a pseudo-terminal, and ends them."""
    begun: list[Screen] = []

    def starting(*arguments: str, **options: object) -> Screen:
        begun.append(Screen(*arguments, **options))  # type: ignore[arg-type]
        return begun[-1]

    yield starting
    for screen in begun:
        screen.close()
