"""Numbers of things, in words."""

from __future__ import annotations


def counted(amount: int, noun: str) -> str:
    """A number of things: ``1 epoch``, ``20 epochs``."""
    return f"{amount:,} {noun}" + ("" if amount == 1 else "s")
