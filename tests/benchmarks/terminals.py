"""``python -m tests.benchmarks.terminals``: the matrix of terminal settings as a Markdown table.

Exit status 1 where the screen neither works nor refuses clearly, or leaves the terminal changed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.workbench.terminal.matrix import SETTINGS, Setting, outcome


def row(setting: Setting, result: str) -> str:
    """A line of the table."""
    size = f"{setting.size[0]}x{setting.size[1]}"
    more = ", ".join([*([setting.through] if setting.through else []), *map("=".join, setting.more.items())])
    cells = (setting.term or "(empty)", setting.locale, size, setting.colours, more, result)
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Try every setting, and print what becomes of the screen."""
    failed = 0
    print("| TERM | locale | size | colours | with | the screen |\n|---|---|---|---|---|---|")
    for setting in SETTINGS:
        if not setting.there:
            print(row(setting, f"not tried: {setting.through} is not installed"), flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = outcome(setting, Path(folder))
            except AssertionError as error:
                failed += 1
                result = f"FAILS: {str(error).splitlines()[0] if str(error) else 'as above'}"
                print(error, file=sys.stderr)
        print(row(setting, result), flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
