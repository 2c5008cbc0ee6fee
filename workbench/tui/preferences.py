"""What the app takes from a person's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.config.model import Config


@dataclass(frozen=True, slots=True)
class Preferences:
    """The configuration, the keys that come of it, and what is wrong with it, to be said at the start."""

    config: Config = field(default_factory=Config)
    keymap: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


STANDARD = Preferences()
"""Nothing configured."""
