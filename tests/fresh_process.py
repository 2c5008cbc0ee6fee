"""Code in a Python process of its own, for what depends on what has been imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def printed(code: str, *arguments: str) -> str:
    """What the code writes on standard output. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
