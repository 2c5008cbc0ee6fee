"""The user's configuration as the app uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.config.model import Config


@dataclass(frozen=True, slots=True)
class Preferences:
    """The configuration, the resulting keymap, and notices about mistakes to show at the start."""

    config: Config = field(default_factory=Config)
    keymap: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


STANDARD = Preferences()
"""The defaults."""
