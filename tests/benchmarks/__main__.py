"""``python -m tests.benchmarks [TOPIC ...] [--rounds N] [--json]``: the workbench beside the others.

Every figure is measured side by side in one run, in fresh processes; medians of the rounds. Exit status 1
where a bar is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import import_module

from tests.benchmarks.measuring import ROUNDS, ContestError, Figure, fresh_home

TOPICS = ("imdb", "reuters", "boston", "ready", "scaling", "grid", "keys", "paint", "wire", "runs")


def main() -> int:
    """Measure the topics that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"{', '.join(TOPICS)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant works")
    parser.add_argument("--json", action="store_true", help="write one JSON object on standard output")
    options = parser.parse_args()
    if unknown := set(options.topics) - set(TOPICS):
        parser.error(f"there is no topic {', '.join(sorted(unknown))}")
    found, failed = measured(options.topics or TOPICS, options.rounds)
    if options.json:
        figures = [figure.json() for figure in found]
        print(json.dumps({"processors": os.cpu_count(), "rounds": options.rounds, "figures": figures}))
    else:
        print(table(found))
    return int(failed or any(figure.met is False for figure in found))


def measured(topics: list[str] | tuple[str, ...], rounds: int) -> tuple[list[Figure], bool]:
    """The topics' figures, and whether a contestant failed."""
    found: list[Figure] = []
    failed = False
    with fresh_home():
        for topic in topics:
            try:
                found += import_module(f"tests.benchmarks.{topic}").figures(rounds)
            except ContestError as error:
                failed = True
                print(error, file=sys.stderr)
    return found, failed


def table(found: list[Figure]) -> str:
    """The figures as a Markdown table, which is as well read on a terminal."""
    heads = ("work", "measured", "bar", "aim", "met")
    rows = [heads, *(_row(figure) for figure in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _row(figure: Figure) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: ""}[figure.met]
    bar, aim = (("" if value is None else f"{value:.3g}") for value in (figure.bar, figure.aim))
    return figure.work, f"{figure.value:.3g} {figure.unit}", bar, aim, met


if __name__ == "__main__":
    sys.exit(main())
