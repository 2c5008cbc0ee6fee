"""Values as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


def json_value(value: Any) -> Any:
    """The value with mappings as objects, tuples as lists, paths as text, and NaN and infinity as None.

    NumPy's numbers become Python's. What JSON cannot hold is left as it is, for the encoder to refuse.
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
