"""The columns of a sample with their values, as text, whichever form the data set has them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.prediction.samples import Sample


def columns_of(sample: Sample) -> tuple[tuple[str, str], ...] | None:
    """The names and values of a sample's columns; None for a text."""
    read = sample.ids
    if hasattr(read, "names"):  # one line of a person's own table
        texts = ((name, read.column(name).texts()[0].removesuffix(" 00:00:00")) for name in read.names)
        return tuple((name, text or "(missing)") for name, text in texts)
    if read.dtype.kind != "f":
        return None
    names = sample.decoded.split(" ")[::2]
    return tuple(zip(names, (f"{value:g}" for value in read.tolist()), strict=False))
