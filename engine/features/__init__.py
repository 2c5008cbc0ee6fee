"""Features: the conversion of a data set's samples to a network's input, fitted on training samples only."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import DataError
from engine.features.bag import Bag
from engine.features.base import Encoded, Features
from engine.features.columns import Columns
from engine.features.fitting import fit
from engine.features.sequence import Sequence
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures
from engine.features.target import UNSCALED, TargetScaling

__all__ = ["Encoded", "Features", "fit", "from_json"]

_FORMS: dict[str, type[Features]] = {
    form.saved_as: form for form in (Bag, Sequence, Columns, SparseColumns, TableFeatures)
}


def from_json(text: str) -> Features:
    """Load features from the result of :meth:`Features.to_json`; raises DataError for any other text."""
    try:
        content = json.loads(text)
        if "size" in content and "mean" in content:
            content = _updated(content)
        target = content.pop("target", None)
        common: dict[str, Any] = {
            "task": content.pop("task"),
            "labels": tuple(content.pop("labels")),
            "names": tuple(content.pop("names")),
            "target": TargetScaling(**target) if target else UNSCALED,
        }
        return _FORMS[content.pop("form")].from_content(common, content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"these are not saved features: {error}") from error


def _updated(content: dict[str, Any]) -> dict[str, Any]:
    """Convert the content that earlier versions saved, which used one set of keys for all forms."""
    text = {"bag": ("encoding", "size", "ids_of", "idf"), "sequence": ("size", "ids_of", "length")}
    kept = ("form", "task", "labels", "names", *text.get(content["form"], ()))
    result = {name: content[name] for name in kept}
    if content["form"] == "columns":
        mean = content["mean"]
        result |= {"method": content["encoding"], "center": mean, "scale": content["scale"], "mean": mean}
    return result
