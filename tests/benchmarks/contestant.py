"""``python -m tests.benchmarks.contestant TOPIC NAME``: one contestant of a topic, its measurements as JSON."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module


def main() -> None:
    """Do the work; what libraries print goes to standard error."""
    topic, name = sys.argv[1:]
    answer = os.dup(1)
    os.dup2(2, 1)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    values = import_module(f"tests.benchmarks.{topic}").CONTESTANTS[name]()
    os.write(answer, json.dumps(dict(values)).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
