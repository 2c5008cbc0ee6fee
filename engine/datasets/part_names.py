"""Names that a column gives to the parts of a data set: training, validation and test."""

from __future__ import annotations

from engine.datasets.readers.table import Column

PARTS = {
    **dict.fromkeys(("train", "training", "fit"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validate"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout", "hold-out"), "test"),
}
"""Values of a column that says to which part a sample belongs."""


def says_parts(column: Column) -> bool:
    """Whether a column says of each sample to which part it belongs, and of some that they are for training."""
    if column.kind != "text" or not 2 <= column.distinct <= len(PARTS) or column.missing.any():
        return False
    said = {PARTS.get(label.strip().lower()) for label in column.classes()[0]}
    return "train" in said and None not in said and len(said) > 1
