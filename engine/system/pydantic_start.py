"""Speeds up importing Pydantic; the only use of one of its private names."""

from __future__ import annotations

import sys
from types import ModuleType

LOADER = "pydantic.plugin._loader"
"""Pydantic's module that finds plugins when the first model is defined."""


def without_plugins() -> None:
    """Disable Pydantic's search for plugins in this process; call this before Pydantic is imported.

    For the first model it would import ``importlib.metadata``, and with it the standard library's mail parser, and
    read the entry points of every installed package: a tenth of the time until the screen is painted.
    """
    if LOADER not in sys.modules:
        loader = ModuleType(LOADER)
        loader.__dict__["get_plugins"] = tuple
        sys.modules[LOADER] = loader
