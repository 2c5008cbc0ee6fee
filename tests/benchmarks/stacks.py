"""Random stacks of up to four layers against bare Keras: ``python -m tests.benchmarks.stacks [STACKS] [FIRST]``.

Each is trained on the same batches by this project and by Keras; the weights, the predictions in one batch and
one by one, and the exported model's must agree. Prints every stack that differs, then counts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections import Counter

STACKS = 150


def main(count: int, first: int) -> int:
    """Compare ``count`` stacks, drawn with seeds from ``first`` on; returns the exit status."""
    import keras

    from tests.engine.network.random_stacks import TOLERANCE, differences, random_experiment, written

    warnings.filterwarnings("ignore", message="Layer '.*was passed an input with a mask")
    equal: Counter[str] = Counter()
    wrong = 0
    for seed in range(first, first + count):
        experiment = random_experiment(seed)
        try:
            found = differences(experiment)
        except Exception as error:
            found = {f"{type(error).__name__}: {error}": float("inf")}
        equal.update(name for name, apart in found.items() if apart < TOLERANCE)
        if any(not apart < TOLERANCE for apart in found.values()):
            wrong += 1
            print(
                f"stack {seed}, {experiment.training.optimizer}: {written(experiment)}: {dict(found)}", flush=True
            )
        keras.backend.clear_session()
    counts = ", ".join(f"{name} {number}" for name, number in equal.items())
    print(f"{count} stacks, {wrong} differ from Keras; equal to {TOLERANCE:g}: {counts}")
    return int(wrong > 0)


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    numbers = [int(text) for text in sys.argv[1:]] + [STACKS, 0][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        sys.exit(main(*numbers))
