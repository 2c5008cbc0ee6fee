"""Predictions for files of texts, a text on each line."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine import features
from engine.experiment.model import Data
from engine.prediction.decision import PLAIN
from engine.prediction.file_predictions import predict_file
from engine.system.drain import drain
from tests.engine import tiny


@pytest.mark.parametrize(
    ("content", "texts", "note"),
    [
        ("w3\x0bw4\u2028w5\r\nw6\n".encode(), 2, ""),
        (b"\xef\xbb\xbfw3\rw4", 2, ""),
        ("caf\u00e9 w3\n\nfen\u00eatre w4\n".encode("cp1252"), 3, "The encoding is windows-1252."),
        (b"", 0, ""),
    ],
)
def test_each_line_of_a_file_of_texts_is_a_sample(tmp_path: Path, content: bytes, texts: int, note: str) -> None:
    dataset, data = tiny.text(), Data(vocabulary=20)
    fitted = drain(features.fit(dataset, data, dataset.split.train))
    (tmp_path / "new.txt").write_bytes(content)
    predictor: Any = SimpleNamespace(
        features=fitted,
        decision=PLAIN,
        experiment=SimpleNamespace(data=data),
        outputs=lambda samples: np.full((len(samples), 1), 0.75),
    )
    found = drain(predict_file(predictor, tmp_path / "new.txt", tmp_path / "out.csv"))
    assert found.samples == texts == len((tmp_path / "out.csv").read_text().splitlines()) - 1
    assert "Each line is read as a text." in found.notes
    assert note in " ".join(found.notes)
