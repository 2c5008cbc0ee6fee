"""Which format a file is in, by its content; its suffix is not trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from pathlib import Path

from engine.datasets.readers.opening import Packed, packed, reading
from engine.datasets.readers.table import Options, Table
from engine.errors import DataError
from engine.events import Preparing


def read(path: Path, options: Options) -> Generator[Preparing, None, Table]:
    from engine.datasets.readers import delimited
    with reading(path, "a table"):
        return (yield from delimited.read(packed(path), options))
