"""The configuration's model, from which the file's comments, JSON Schema and messages are made."""

# No "from __future__ import annotations": Pydantic would evaluate each of them, a third of this module's import
# time.

import shlex
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

Theme = Literal[
    "workbench-dark",
    "workbench-light",
    "workbench-contrast",
    "workbench-ansi",
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
]

Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]

Event = Literal["finished", "stopped", "failed", "plateau", "overfitting", "selection"]

EVENTS: tuple[Event, ...] = ("finished", "stopped", "failed", "plateau", "overfitting", "selection")


def flat(raw: Any, above: str = "") -> Any:
    """Flatten nested tables to dotted keys: ``run.start = "f5"`` means ``"run.start" = "f5"``."""
    return dict(_pairs(raw, above)) if isinstance(raw, Mapping) else raw


def _pairs(raw: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in raw.items():
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


class Section(BaseModel):
    """A table of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Notifications(Section):
    """How to notify the user of runs while they look elsewhere, both on the screen and by commands that train."""

    events: Annotated[tuple[Event, ...], Field(strict=False)] = Field(
        EVENTS,
        description="Events to report: runs that finished, were stopped or failed, a training loss that no longer "
        "falls, a validation loss that rises for good, and (selection) the end of a cross-validation, a search, a "
        "learning curve or sanity checks.",
    )
    least_seconds: float = Field(
        0.0, ge=0, description="No notification for the end of anything that took fewer seconds than this."
    )
    bell: bool = Field(False, description="Ring the terminal's bell.")
    desktop: Literal["off", "osc9", "osc777"] = Field(
        "off",
        description="Ask the terminal for a desktop notification: osc9 (iTerm2, kitty, WezTerm, Windows Terminal, "
        "Ghostty) or osc777 (foot, urxvt, VTE, WezTerm, Ghostty).",
    )
    title: bool = Field(
        False,
        description="Show them in the terminal's title: those of the screen until it exits, of a command until "
        "something else sets the title.",
    )
    on_end: str = Field(
        "",
        description="A command to start for each event, without a shell: arguments are separated as a "
        "shell would. It reads one JSON object about the run on its standard input; its output goes to the log.",
    )

    @field_validator("on_end")
    @classmethod
    def _splits(cls, command: str) -> str:
        try:
            shlex.split(command)
        except ValueError as error:
            raise ValueError(f"the command cannot be split into arguments: {error}") from None
        return command


class Config(Section):
    """The whole of config.toml."""

    experiment: str = Field(
        "imdb",
        min_length=1,
        description="What `workbench` opens by default: a preset, a TOML file or a data file.",
    )
    theme: Theme | None = Field(
        None,
        description="The screen's colours. Set here, it is used at every start; else the last session's theme is. "
        "TEXTUAL_THEME in the environment overrides both.",
    )
    series: Annotated[tuple[Colour, ...], Field(max_length=8, strict=False)] = Field(
        (), description="Colours of the series in charts, in order; the theme's own are used after them."
    )
    mouse: bool = Field(True, description="Use the mouse; --no-mouse and --mouse override it.")
    slow_link: bool = Field(False, description="Repaint less: for a slow connection; --slow-link overrides it.")
    data_folders: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (),
        description="Folders in which data sets and word vectors are searched for first; WORKBENCH_DATA in the "
        "environment overrides them.",
    )
    keymap: Literal["standard", "vim"] = Field(
        "standard",
        description="The keymap that [keys] modifies: vim has h, j, k, l, g and G in every list, and moves "
        "the actions of those keys to others.",
    )
    keys: Annotated[dict[str, str], BeforeValidator(flat)] = Field(
        default_factory=dict,
        description="Keys of single bindings, by id: a key, or several separated by commas, such as "
        "\"run.start\" = 'f5,r'. `workbench config check` says which clash.",
    )
    notifications: Notifications = Field(
        default_factory=Notifications,
        description="Notifications, besides those on the screen; all are off by default.",
    )
