"""Imports the actions of the experiment screen at their first use, so that it is painted sooner."""

from __future__ import annotations

from types import ModuleType


def dialogs() -> ModuleType:
    """The module of the actions that ask something."""
    from workbench.tui.experiment import actions

    return actions
