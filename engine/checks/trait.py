"""A property of a person's data from which a finding is made. Importing this module loads no NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

MAJORITY = 0.8
"""The share of one class from which accuracy says little."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something about the data: how grave, about which setting, in words, and why it matters.

    ``ignore`` names the columns to leave out that would mend it; ``changes`` are other settings that would.
    """

    level: Literal["warning", "advice"]
    where: str
    message: str
    why: str
    ignore: tuple[str, ...] = ()
    label: str = ""
    changes: tuple[tuple[str, Any], ...] = ()
