"""Conversion of values for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


def json_value(value: Any) -> Any:
    """Convert mappings to objects, tuples to lists, paths to text, and NaN and infinity to None.

    NumPy's numbers become Python's. Values that JSON does not support are unchanged, for the encoder to refuse.
    """
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    return json_value(value.item()) if type(value).__module__ == "numpy" and hasattr(value, "item") else value
