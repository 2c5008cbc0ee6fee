"""Colours for exported figures that colour-blind people can distinguish; the screen has its own themes."""

from __future__ import annotations

COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#b3a100", "#999999")
"""Okabe and Ito's colours (2008), with a darker yellow."""
