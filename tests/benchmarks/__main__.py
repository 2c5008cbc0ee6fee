"""``python -m tests.benchmarks [TOPIC ...] [--rounds N] [--json] [--against FILE]``: the workbench beside others.

Everything is measured side by side in one run, in fresh processes; medians of the rounds. ``--json`` writes what
``--against`` reads: then each line shows how much better or worse it is than the line of that file. Exit status 1
where a bar is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from tests.benchmarks.measuring import ROUNDS, ContestError, Measurement, fresh_home

TOPICS = (
    "imdb",
    "layers",
    "linear",
    "reuters",
    "boston",
    "ready",
    "scaling",
    "tables",
    "grid",
    "pruning",
    "keys",
    "paint",
    "wire",
    "memory",
    "runs",
    "store",
)


def main() -> int:
    """Measure the topics that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"{', '.join(TOPICS)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant works")
    parser.add_argument("--json", action="store_true", help="write one JSON object on standard output")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with what --json wrote earlier")
    options = parser.parse_args()
    if unknown := set(options.topics) - set(TOPICS):
        parser.error(f"there is no topic {', '.join(sorted(unknown))}")
    try:
        earlier = earlier_values(options.against) if options.against else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{options.against} does not hold measurements: {error}")
    found, failed = measured(options.topics or TOPICS, options.rounds)
    if options.json:
        lines = [one.json() | ratio_to(one, earlier) for one in found]
        print(json.dumps({"processors": os.cpu_count(), "rounds": options.rounds, "measurements": lines}))
    else:
        print(table(found, earlier))
    return int(failed or any(one.met is False for one in found))


def earlier_values(file: Path) -> dict[str, float]:
    """The values in a file that ``--json`` wrote, by what was measured."""
    return {line["work"]: float(line["value"]) for line in json.loads(file.read_text())["measurements"]}


def ratio_to(one: Measurement, earlier: Mapping[str, float] | None) -> dict[str, float]:
    """How many times as good a value is as the earlier one, below 1 where it is worse; nothing without one."""
    before = (earlier or {}).get(one.work)
    if not before or not one.value:
        return {}
    return {"ratio": one.value / before if one.more else before / one.value}


def measured(topics: list[str] | tuple[str, ...], rounds: int) -> tuple[list[Measurement], bool]:
    """The topics' measurements, and whether a contestant failed."""
    found: list[Measurement] = []
    failed = False
    with fresh_home():
        for topic in topics:
            try:
                found += import_module(f"tests.benchmarks.{topic}").measurements(rounds)
            except ContestError as error:
                failed = True
                print(error, file=sys.stderr)
    return found, failed


def table(found: list[Measurement], earlier: Mapping[str, float] | None = None) -> str:
    """The measurements as a Markdown table, which is as well read on a terminal."""
    heads = ("work", "measured", "bar", "aim", "met", *(["to earlier"] if earlier is not None else []))
    rows = [heads, *(_row(one, earlier) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _row(one: Measurement, earlier: Mapping[str, float] | None) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: ""}[one.met]
    bar, aim = (("" if value is None else f"{value:.3g}") for value in (one.bar, one.aim))
    cells = (one.work, f"{one.value:.3g} {one.unit}", bar, aim, met)
    ratio = ratio_to(one, earlier).get("ratio")
    return cells if earlier is None else (*cells, "" if ratio is None else f"{ratio:.2f} times as good")


if __name__ == "__main__":
    sys.exit(main())
