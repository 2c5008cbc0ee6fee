"""Values made fit for JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from engine.system.json_values import json_value


def test_everything_that_results_hold_becomes_json() -> None:
    given = {
        "nan": math.nan,
        "nested": ({"infinite": -math.inf}, [np.float32(0.5), np.int64(3), np.float64("nan"), np.bool_(True)]),
        7: Path("/tmp"),
    }
    expected = {"nan": None, "nested": [{"infinite": None}, [0.5, 3, None, True]], "7": "/tmp"}
    assert json.loads(json.dumps(json_value(given), allow_nan=False)) == expected
