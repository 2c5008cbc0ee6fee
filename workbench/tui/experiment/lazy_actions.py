"""Imports the dialogs of the experiment screen at their first use, so that the screen is painted sooner."""

from __future__ import annotations

from types import ModuleType


def dialogs() -> ModuleType:
    """Return the module of the dialogs."""
    from workbench.tui.experiment import actions

    return actions
