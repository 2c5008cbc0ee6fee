"""Keeps Pydantic's import short where a command starts: the one use of a private name of Pydantic."""

from __future__ import annotations

import sys
from types import ModuleType

LOADER = "pydantic.plugin._loader"
"""Pydantic's module that finds its plugins, once the first model is made."""


def without_plugins() -> None:
    """Has Pydantic look for no plugins in this process; to be called before it is imported.

    For the first model it would import ``importlib.metadata``, and with it the standard library's mail parser, and
    read the entry points of every installed package: a tenth of the time until the screen is painted.
    """
    if LOADER not in sys.modules:
        loader = ModuleType(LOADER)
        loader.__dict__["get_plugins"] = tuple
        sys.modules[LOADER] = loader
