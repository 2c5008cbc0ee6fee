"""From the command to the first painted screen, on a machine that has run it before."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.measuring import Measurement
from tests.benchmarks.screen import Terminal

SIZE = (120, 30)


def painted() -> float:
    """Seconds until the stack with its counts of parameters, and the keys below, are there."""
    with Terminal(*SIZE, "imdb") as terminal:
        shown = terminal.until(lambda seen: seen.shows("160,305") and seen.shows("Commands"))
        return shown - terminal.began


def measurements(rounds: int) -> list[Measurement]:
    """The median, after a first start that does not count."""
    painted()
    seconds = [painted() for _ in range(max(rounds, 5))]
    behind = {"least": min(seconds), "most": max(seconds)}
    return [Measurement("first paint of the screen", median(seconds), "s", 0.4, 0.3, more=False, behind=behind)]
