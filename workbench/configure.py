"""Applies the user's configuration to a command or to the screen."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import EngineError, Mistake
from engine.experiment.model import Experiment
from engine.system import toml_text
from engine.system.paths import expanded
from workbench.commands.inputs import experiment, for_screen
from workbench.config import file
from workbench.config.file import ConfigError
from workbench.config.model import Config
from workbench.tui.preferences import Preferences

if TYPE_CHECKING:
    pass


def apply() -> Config:
    """Read the configuration for a command and apply its data folders; raises ConfigError."""
    return _applied().config


def _applied() -> file.Read:
    found = file.read()
    if mistakes := file.missing_folders(found):
        raise ConfigError(toml_text.shown_path(found.path), mistakes)
    _name_folders(found.config)
    return found


def _name_folders(config: Config) -> None:
    """Put the data folders into the environment, which worker processes inherit; a value already there is kept."""
    if config.data_folders and not os.environ.get("WORKBENCH_DATA"):
        os.environ["WORKBENCH_DATA"] = os.pathsep.join(str(expanded(name)) for name in config.data_folders)


def preferences() -> Preferences:
    """Return the configuration for the screen, which starts despite mistakes in it and reports them."""
    try:
        found = _applied()
    except ConfigError as error:
        return Preferences(notices=(f"The configuration is not used. {error}",))
    keymap, mistakes, clashes = checked_keys(found)
    source = toml_text.shown_path(found.path)
    unused = (f"Not used of the configuration: {ConfigError(source, mistakes)}",) if mistakes else ()
    return Preferences(found.config, keymap, (*unused, *clashes))


def first_experiment(preferences: Preferences) -> tuple[Experiment, Preferences]:
    """Return the configured experiment to open; if it cannot be opened, the default one with a note saying why."""
    named = preferences.config.experiment
    try:
        return for_screen(named), preferences
    except EngineError as error:
        notice = f"{toml_text.shown_path(file.location())}: experiment: {error}"
        standard = Config.model_fields["experiment"].default
        return experiment(standard), replace(preferences, notices=(*preferences.notices, notice))


def checked_keys(found: file.Read) -> tuple[dict[str, str], tuple[Mistake, ...], tuple[str, ...]]:
    """Return the usable keys, the mistakes in the others, and the clashes between keys."""
    if found.config.keymap == "standard" and not found.config.keys:
        return {}, (), ()
    from workbench.tui import bindings

    checked = bindings.check(found.config.keymap, found.config.keys)
    mistakes = tuple(found.mistake(f"keys.{id}", why) for id, why in checked.mistakes)
    return dict(checked.keymap), mistakes, tuple(checked.clashes)
