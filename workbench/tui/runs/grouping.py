"""Groups the listed runs by a setting: a dialog with mean scores and intervals, which can filter by a group."""

from __future__ import annotations

from functools import partial

from engine.runs.grouping import RunGroup, grouped
from engine.system.counts import counted
from engine.system.plain_text import plain
from workbench.text.group_words import mean_text, preferred, setting_text
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.runs.columns import differing, setting_title
from workbench.tui.runs.view import RunsView


def group_by(screen: RunsView) -> None:
    """Ask for one of the settings that differ among the listed runs, and show the groups."""
    paths = differing(screen.listing.runs)
    if not paths:
        screen.warn("the runs shown have the same settings: there is nothing to group them by")
        return
    options = [Option(path, plain(setting_title(path)), about=plain(f"the setting {path}")) for path in paths]

    screen.ask(Pick("Group the runs shown by", options), partial(_show_groups, screen))


def _show_groups(screen: RunsView, path: str) -> None:
    groups = grouped(screen.listing.runs, path)
    several = len({(group.dataset, group.loss) for group in groups}) > 1
    options = [
        Option(
            str(index),
            setting_text(group.values),
            f"{counted(len(group.runs), 'run')} · "
            + "  ".join(f"{name} {mean_text(group.scores[name])}" for name in preferred(group.scores)),
            "mean at the best epochs [95 % interval of the mean]; choosing a group shows its runs",
            f"{group.dataset}, {group.loss}" if several else "",
        )
        for index, group in enumerate(groups)
    ]

    picked = Pick(f"Runs by {setting_title(path)}", options, hint="type to narrow")
    screen.ask(picked, lambda index: screen.show_found(_query(path, groups[int(index)])))


def _query(path: str, group: RunGroup) -> str:
    """Return a query for a group's runs."""
    values = [f'"{value}"' if isinstance(value, str) else str(value).lower() for value in group.values]
    return " and ".join(f"{path}={value}" for value in values)
