"""Counts with nouns."""

from __future__ import annotations


def counted(amount: int, noun: str) -> str:
    """Format a count with its noun: ``1 epoch``, ``20 epochs``."""
    return f"{amount:,} {noun}" + ("" if amount == 1 else "s")
