"""The colours of text by meaning, and the colours and marks that tell curves apart."""

from __future__ import annotations

MUTED = "$foreground-muted"
"""Secondary text."""

GOOD, WARN, BAD = "$success", "$warning", "$error"

SHAPES = "●▲■◆○△□◇"
COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#b3a100", "#999999")
"""Okabe and Ito's colours (2008), which colour-blind people tell apart, the yellow darkened."""

MOST = len(SHAPES)
"""Curves in one chart at most."""
