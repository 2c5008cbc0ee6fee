"""``python -m tests.benchmarks.hostile [CAMPAIGN ...]``: hostile input by the thousand, and counts of what it did.

Every campaign runs in a process of its own, whose peak memory is measured. A case that goes wrong is printed with
its number: ``--first N --cases 1`` repeats it alone. Exit status 1 where anything escaped, was changed in silence,
or took more than 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.hostile.cases import Campaign, Case

CASES = {"settings": 5000, "tables": 3000, "stores": 300, "rows": 64, "archives": 2000}
"""The campaigns, each a module here, and how many cases each has."""

MEGABYTES = 1000
"""The most memory that a campaign may take."""

SHOWN = 20
"""Cases of a kind that are printed."""


def main() -> int:
    """Runs the campaigns and prints their counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.hostile", description=__doc__)
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help=f"{', '.join(CASES)}; all by default")
    parser.add_argument("--cases", type=int, help="cases of each campaign, in place of the usual number")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.campaigns) - set(CASES):
        parser.error(f"there is no campaign {', '.join(sorted(unknown))}")
    if options.here:
        print(json.dumps(carry_out(options.campaigns[0], options.first, options.cases)))
        return 0
    found = [apart(name, options.first, options.cases or CASES[name]) for name in options.campaigns or CASES]
    print(table(found))
    return int(any(one["tracebacks"] or one["silent"] or one["megabytes"] > MEGABYTES for one in found))


def apart(name: str, first: int, cases: int) -> dict[str, Any]:
    """Carries a campaign out in a process of its own, and prints the cases that went wrong."""
    words = [
        sys.executable,
        "-m",
        "tests.benchmarks.hostile",
        name,
        "--here",
        f"--first={first}",
        f"--cases={cases}",
    ]
    environment = os.environ | {"WORKBENCH_DATA": "", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode or not done.stdout:
        print(done.stderr[-4000:], file=sys.stderr)
        ended = [f"the process ended with {done.returncode}"]
        return {"campaign": name, "cases": cases, "tracebacks": ended, "silent": [], "megabytes": 0, "seconds": 0}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    for kind in ("tracebacks", "silent"):
        for line in found[kind][:SHOWN]:
            print(f"{name} {kind}: {line}")
    return found


def carry_out(name: str, first: int, cases: int) -> dict[str, Any]:
    """Carries a campaign out in this process."""
    campaign: Campaign = import_module(f"tests.benchmarks.hostile.{name}").campaign
    began, found = time.monotonic(), {"campaign": name, "cases": cases, "accepted": 0, "refused": 0}
    wrong: dict[str, list[str]] = {"tracebacks": [], "silent": []}
    for number in range(first, first + cases):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["WORKBENCH_HOME"] = str(Path(folder) / "home")
            case = Case(name, number, Path(folder))
            campaign(case)
        found["accepted"] += case.accepted
        found["refused"] += case.refused
        for kind in wrong:
            wrong[kind] += [f"case {number}: {line}" for line in getattr(case, kind)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {**found, **wrong, "megabytes": peak, "seconds": round(time.monotonic() - began)}


def table(found: list[dict[str, Any]]) -> str:
    """The counts as a Markdown table."""
    heads = ("campaign", "cases", "accepted", "refused", "tracebacks", "silent", "megabytes", "seconds")
    rows = [[_shown(one.get(head, "")) for head in heads] for one in found]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(heads), ["---"] * len(heads), *rows])


def _shown(value: Any) -> str:
    return f"{len(value):,}" if isinstance(value, list) else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(main())
