"""Makes files of people's tables for the readers' tests, and reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.datasets.readers import read
from engine.datasets.readers.table import Options, Table
from engine.system.drain import drain

HEADING = ("size", "colour", "kind")
ROWS = tuple((f"{10 + 1.25 * n}", ("red", "blue")[n % 2], ("leaf", "stem", "root")[n % 3]) for n in range(30))


def lines(
    rows: Sequence[Sequence[str]] = ROWS, heading: Sequence[str] | None = HEADING, mark: str = ","
) -> list[str]:
    """The lines of a delimited file."""
    return [mark.join(row) for row in ([heading] if heading else []) + list(rows)]


def written(path: Path, content: str | bytes | Sequence[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """Write text, bytes or lines to a file."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else "".join(line + end for line in content)
        path.write_bytes(text.encode(encoding))
    return path


def table(path: Path, **options: object) -> Table:
    """What the reader makes of a file."""
    return drain(read(path, Options(**options)))  # type: ignore[arg-type]


def cells(found: Table) -> list[list[str]]:
    """The rows of a table as text, numbers as Python writes them."""
    return [list(row) for row in zip(*(column.texts() for column in found.columns), strict=True)]
