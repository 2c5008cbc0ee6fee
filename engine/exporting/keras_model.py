"""A run's network as a ``.keras`` file that bare Keras loads in safe mode."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from engine.features.encoding import Features
from engine.runs import RunRecord
from engine.system.gc_pause import start_tensorflow


def model(record: RunRecord, features: Features, weights: Sequence[NDArray[Any]]) -> bytes:
    """The bytes of a ``.keras`` file with these weights.

    Its first layer is Keras's own and reads dense rows: float32 bags or scaled columns, or int32 word ids
    padded in front.
    """
    start_tensorflow()
    from engine.network.build import plain

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        plain(record.experiment, features, weights).save(path)
        return path.read_bytes()
