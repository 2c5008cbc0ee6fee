"""How worker processes share processors and a graphics card."""

from __future__ import annotations


def processors() -> int:
    """Return the number of processors that this process may use, as limited by its container or affinity."""
    import joblib

    return int(joblib.cpu_count())


def environment(jobs: int) -> dict[str, str]:
    """Return environment variables that keep ``jobs`` workers from competing for processors and the GPU."""
    threads = str(max(1, processors() // jobs))
    return {
        "TF_NUM_INTRAOP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
