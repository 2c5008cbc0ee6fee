"""How worker processes share the processors and a graphics card."""

from __future__ import annotations


def processors() -> int:
    """The number of processors that this process may use, as its container or affinity allows."""
    import joblib

    return int(joblib.cpu_count())


def environment(jobs: int) -> dict[str, str]:
    """Environment variables that keep ``jobs`` worker processes from competing for processors and the card."""
    threads = str(max(1, processors() // jobs))
    return {
        "TF_NUM_INTRAOP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
