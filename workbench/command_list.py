"""The subcommands by name, and the module of :mod:`workbench.commands` that each is in."""

from __future__ import annotations

OPEN = "open"
"""The command that runs when none is named."""

COMPLETION = "_WORKBENCH_COMPLETE"
"""The environment variable that a shell sets when it asks for completions."""

TRAIN, SELECT, PREDICT, MANAGE, INSPECT = "Train", "Select", "Predict and compare", "Manage runs", "Inspect"
"""The headings of ``workbench --help``."""

COMMANDS: tuple[tuple[str, str, str], ...] = (
    (TRAIN, "train", "train"),
    (TRAIN, "train", "retrain"),
    (TRAIN, "train", "resume"),
    (TRAIN, "train", "follow"),
    (TRAIN, "train", "stop"),
    (SELECT, "selection", "crossval"),
    (SELECT, "selection", "search"),
    (SELECT, "learning_curve", "learning_curve"),
    (PREDICT, "runs", "runs"),
    (PREDICT, "runs", "show"),
    (PREDICT, "compare", "compare"),
    (PREDICT, "evaluate", "evaluate"),
    (PREDICT, "predict", "predict"),
    (PREDICT, "export", "export"),
    (MANAGE, "edit_runs", "rename"),
    (MANAGE, "edit_runs", "tag"),
    (MANAGE, "edit_runs", "note"),
    (MANAGE, "edit_runs", "delete"),
    (MANAGE, "edit_runs", "restore"),
    (MANAGE, "edit_runs", "purge"),
    (INSPECT, "presets", "presets"),
    (INSPECT, "check", "check"),
    (INSPECT, "doctor", "doctor"),
    (INSPECT, "serve", "serve"),
)
"""For each command: its heading in the help, its module in :mod:`workbench.commands`, and its function."""


def command_name(function: str) -> str:
    """Return the name of the command that a function runs."""
    return function.replace("_", "-")


def names() -> list[str]:
    """Return the names of all subcommands except the hidden :data:`OPEN`."""
    return [*(command_name(function) for _, _, function in COMMANDS), "data", "config"]


def no_such_command(name: str) -> str:
    """Return the message for an unknown command, suggesting one with a similar name if there is one."""
    near = similar_command(name)
    return f"there is no command {name!r}: " + (f"did you mean {near}?" if near else "see workbench --help")


def similar_command(name: str) -> str | None:
    """Return the command whose name is most similar to this one, or None."""
    from engine.system.suggest import nearest

    return nearest(name, names())
