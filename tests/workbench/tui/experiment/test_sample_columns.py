"""The columns of a sample, whichever form a data set has them in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.datasets.ragged import Ragged
from engine.datasets.readers import read
from engine.datasets.readers.table import Options
from engine.prediction.samples import Sample
from engine.system.drain import drain
from workbench.tui.experiment.review_text import columns_of


def test_a_line_of_a_table_an_array_a_text_and_sparse_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("age,city,born\n31,Bonn,2020-01-02\n,Ulm,2021-03-04\n40,Kiel,2022-05-06\n")
    table = drain(read(path, Options()))
    line = Sample(1, "", 0.0, table[1], "")
    assert columns_of(line) == (("age", "(missing)"), ("city", "Ulm"), ("born", "2021-03-04"))
    array = Sample(0, "", 0.0, np.array([1.5, 2], np.float32), "a 1.5 b 2")
    assert columns_of(array) == (("a", "1.5"), ("b", "2"))
    assert columns_of(Sample(0, "", 0.0, np.array([1, 5], np.int32), "? film")) is None
    sparse = Ragged(np.array([0, 7], np.int32), np.array([0, 2]), np.array([2, 0.5], np.float32))
    assert columns_of(Sample(0, "", 0.0, sparse, "1 2 8 0.5")) == (("1", "2"), ("8", "0.5"))
