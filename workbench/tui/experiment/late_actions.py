"""The actions of the experiment screen, imported when the first is called for: the screen is painted sooner."""

from __future__ import annotations

from types import ModuleType


def dialogs() -> ModuleType:
    """The module of the actions that ask something."""
    from workbench.tui.experiment import actions

    return actions
