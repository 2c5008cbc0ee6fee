"""The plan of a selection as a list: experiment, folds, grid, and the settings that can be added to it."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from statistics import fmean
from typing import Any

from textual.binding import Binding
from textual.content import Content

from engine.errors import EngineError, ExperimentError
from engine.experiment.model import Experiment
from engine.selection.grid import searchable
from engine.selection.pruning import sizes
from engine.selection.results import LOWER_IS_BETTER
from engine.system.plain_text import plain
from workbench.text.widths import padded
from workbench.tui.dialogs.pick import Option
from workbench.tui.keymap import key_of
from workbench.tui.sessions.live_selection import Plan
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.row_list import Row, Rows

AXIS = "axis "
"""The prefix of the keys of the axes' rows."""


class SelectionSetup(Rows):
    """The plan, line by line, and its cost."""

    BINDINGS = [Binding("enter", "screen.choose", "Edit", key_display="⏎", id="selection.choose")]

    _plan: Plan | None = None

    def show(self, plan: Plan, cursor: str | None = None) -> None:
        """Show a plan."""
        if plan is not self._plan or cursor is not None:
            self._plan = plan
            self.rebuild(cursor)

    def build(self, width: int) -> list[Row]:
        """Return the rows of the settings, the axes and the cost."""
        plan = self._plan
        if plan is None:
            return []
        kept = "trained again" if plan.fresh else "reused"
        rows = [
            _row("experiment", "Experiment", plan.experiment.name),
            _row("folds", "Folds", str(plan.parts)),
            _row("jobs", "Processes", "one per processor" if plan.jobs == -1 else str(plan.jobs)),
            _row("cluster", "Dask cluster", plan.cluster or "none"),
        ]
        if plan.axes:
            rows.append(_row("score", "Ranked by", _ranking(plan)))
            rows.append(_row("prune", "Pruning", "half after a fold" if plan.prune else "none"))
            rows.append(_row("fresh", "Earlier results", kept))
        rows.append(Row("", (Content(""), Content.styled("Grid", "bold")), False))
        rows += [_axis(name, values, width) for name, values in plan.axes.items()]
        if not plan.axes:
            rows.append(
                Row("add", (Content.styled(f"no settings yet: {key_of(self, 'selection.add')} adds one", MUTED),))
            )
        rows.append(Row(" ", (Content(""), *_outcome(plan, width)), False))
        return rows


def value_text(value: Any) -> str:
    """Format a value as TOML, but strings without quotes; 0 and 0.0, the same value of a grid, look the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def short_names(axes: Mapping[str, Any]) -> dict[str, str]:
    """Shorten the axes to the last words of their paths, unless these are ambiguous."""
    last = {name: name.rpartition(".")[2] for name in axes}
    words = list(last.values())
    return {name: word if words.count(word) == 1 else name for name, word in last.items()}


def _row(key: str, name: str, value: str) -> Row:
    return Row(key, (Content.assemble((padded(name, 16), MUTED), plain(value)),))


def _ranking(plan: Plan) -> str:
    name = plan.score or next(iter(plan.experiment.training.metrics), "")
    if not name:
        return "accuracy, or mae"
    return f"{'lowest' if name in LOWER_IS_BETTER else 'highest'} {name}"


def _axis(name: str, values: tuple[Any, ...], width: int) -> Row:
    lines = [Content(plain(name)), Content.styled(f"  {plain(', '.join(map(value_text, values)))}", "$accent")]
    return Row(AXIS + name, tuple(line.truncate(width, ellipsis=True) for line in lines))


def _outcome(plan: Plan, width: int) -> list[Content]:
    """Return the plan's number of networks and epochs, or what is wrong with it."""
    try:
        networks = plan.layout()
    except ExperimentError as error:
        words = "\n".join(f"{mistake.path}: {mistake.message}" for mistake in error.mistakes)
        return Content.styled(plain(words, lines=True), BAD).wrap(width)
    except EngineError as error:
        return Content.styled(plain(str(error)), BAD).wrap(width)
    if not networks:
        epochs = plan.parts * plan.experiment.training.epochs
        words = f"cross-validation: {plan.parts} networks, {epochs:,} epochs"
    else:
        count = sum(len(cells) for cells in networks)
        trained = sum(sizes(len(networks), plan.parts)) if plan.prune else len(networks) * plan.parts
        usual = fmean(max(cell.epochs for cell in cells) for cells in networks)
        words = f"search: {count:,} cells, {trained:,} networks, {round(trained * usual):,} epochs"
    return Content.styled(words, MUTED).wrap(width)


_OFTEN = ("training.epochs", "training.learning_rate", "training.batch_size", "training.optimizer")


def options(experiment: Experiment, taken: Container[str]) -> list[Option]:
    """Return an option for each setting, with its current value; often searched ones first."""
    found = {path: value for path, value in searchable(experiment).items() if path not in taken}
    together = _units(experiment)
    often = [
        Option(path, path, value_text(found[path]), group="Often searched") for path in _OFTEN if path in found
    ]
    if together and together not in taken:
        about = "The hidden layers' sizes, set together."
        often.insert(1, Option(together, together, "hidden layers", about, "Often searched"))
    rest = [
        Option(path, path, value_text(value), group=_group(experiment, path))
        for path, value in found.items()
        if path not in _OFTEN
    ]
    return [*often, *sorted(rest, key=lambda option: not option.key.startswith("layers"))]


def _units(experiment: Experiment) -> str:
    """Return the paths of the units of all layers but the last, to set together; empty if there are fewer than
    two.
    """
    indices = [index for index, layer in enumerate(experiment.layers) if layer.enabled and hasattr(layer, "units")]
    return "+".join(f"layers.{index}.units" for index in indices[:-1]) if len(indices) > 2 else ""


def _group(experiment: Experiment, path: str) -> str:
    section, _, rest = path.partition(".")
    if section != "layers":
        return {"data": "Data", "training": "Training"}.get(section, "Seed")
    index = int(rest.partition(".")[0])
    return f"Layer {index + 1}, {experiment.layers[index].kind.replace('_', ' ')}"
