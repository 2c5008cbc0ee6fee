"""A property of a user's data on which a finding is based. Importing this module does not load NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

MAJORITY = 0.8
"""Share of one class from which accuracy is not informative."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A property of the data: its severity, the setting concerned, a description, and why it matters.

    ``ignore`` names columns to leave out to resolve it; ``changes`` are other settings that would.
    """

    level: Literal["warning", "advice"]
    where: str
    message: str
    why: str
    ignore: tuple[str, ...] = ()
    label: str = ""
    changes: tuple[tuple[str, Any], ...] = ()
