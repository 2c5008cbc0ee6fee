"""The columns of the table of runs: titles, widths, texts, sort keys, and which scores are comparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.datasets.undefined_metrics import with_undefined
from engine.experiment import flat_settings
from engine.experiment.score_names import first_metric, is_loss
from engine.runs.query_names import is_pinned
from engine.runs.records import OF_DAMAGED
from engine.system.plain_text import plain
from workbench.text.describe import dataset_title
from workbench.text.numbers import duration, number
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, WARN

if TYPE_CHECKING:
    from datetime import datetime

    from engine.runs import RunSummary

Value = Any
ScoreBasis = tuple[str, ...]

SETTINGS_SHOWN = 12
"""The most columns for settings that differ."""

SAMPLE = 500
"""The most runs that are searched for settings that differ."""

STATUS_STYLES: Mapping[str, str] = {
    "finished": GOOD,
    "training": "$accent",
    "paused": WARN,
    "failed": BAD,
    "damaged": BAD,
    "interrupted": WARN,
    "stopped": WARN,
}


STATUS_SIGNS: Mapping[str, str] = {
    "queued": "▶ ",
    "preparing": "▶ ",
    "training": "▶ ",
    "paused": "‖ ",
    "failed": "✗ ",
    "damaged": "✗ damaged ",
    "interrupted": "■ ",
    "stopped": "■ ",
}
"""Signs before the name of a run that has not finished, because its status may be out of sight."""

PIN_SIGN = "★ "
"""The sign before the name of a pinned run."""


def _plain(value: Value) -> str:
    return "" if value is None else plain(str(value))


def _number(value: float | None) -> str:
    return "-" if value is None else number(value, 3)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _local_time(when: datetime) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its width (0: all the room there is), and the value it is sorted by.

    A cell's text is the run's ``text``, or else its value formatted by ``form``. Runs of different ``group`` are
    not ranked against one another, because their values are not comparable.
    """

    key: str
    title: str
    width: int
    value: Callable[[RunSummary], Value]
    about: str
    text: Callable[[RunSummary], str] | None = None
    form: Callable[[Value], str] = _plain
    right: bool = False
    group: Callable[[RunSummary], ScoreBasis] = lambda _: ()

    def value_of(self, run: RunSummary) -> Value:
        """Return a run's value; None if it has none, or if it is unknown because the run is damaged."""
        return self.value(run) if self._knows(run) else None

    def text_of(self, run: RunSummary) -> str:
        """Return a run's value as text; empty if it is unknown because the run is damaged."""
        if not self._knows(run):
            return ""
        return self.text(run) if self.text else self.form(self.value(run))

    def _knows(self, run: RunSummary) -> bool:
        return not run.damaged or self.key in OF_DAMAGED


def status_style(run: RunSummary) -> str:
    """Return the colour of a run's state."""
    return STATUS_STYLES.get(run.state, MUTED)


def _name(run: RunSummary) -> str:
    """Return a run's name with signs of its pin and state, and its kind unless it is a plain training run."""
    kind = "" if run.kind == "train" else f"{run.kind} "
    pin = PIN_SIGN if is_pinned(run) else ""
    return f"{pin}{STATUS_SIGNS.get(run.state, '')}{kind}{plain(run.name)}"


def best_epoch(run: RunSummary) -> int | None:
    """Return the epoch with the lowest validation loss; None if there are no validation samples."""
    return run.best_epoch if "val_loss" in run.best else None


def _loss_column(key: str, title: str, about: str, name: str, value: Callable[[RunSummary], Value]) -> Column:
    return Column(key, title, 9, value, about, form=_number, right=True, group=lambda run: basis_of(run, name))


Metric = tuple[str, float]


def _metric_column(
    key: str, title: str, width: int, about: str, found: Callable[[RunSummary], Metric | None]
) -> Column:
    """Return a column of the first metric; runs with different first metrics are not comparable."""
    return Column(
        key,
        title,
        width,
        lambda run: (found(run) or (None, None))[1],
        about,
        lambda run: _metric(found(run)),
        group=lambda run: (run.dataset, *(found(run) or ())[:1]),
    )


def _metric(found: Metric | None) -> str:
    return f"{number(found[1], 3)} {found[0].removeprefix('val_').replace('accuracy', 'acc')}" if found else "-"


COLUMNS: tuple[Column, ...] = (
    Column("run", "Run", 5, lambda run: run.number or None, "its number", lambda run: run.id, right=True),
    Column("name", "Name", 0, lambda run: run.name.lower(), "its name", _name),
    _loss_column(
        "loss",
        "Val loss",
        "the validation loss at the best epoch, without penalties",
        "val_loss",
        lambda run: run.best.get("val_loss"),
    ),
    _metric_column(
        "metric",
        "Val metric",
        11,
        "the first metric on the validation samples at the best epoch",
        lambda run: first_metric(with_undefined(run.best, run.metrics), "val_"),
    ),
    _metric_column(
        "test",
        "Test",
        9,
        "the first metric on the test samples",
        lambda run: first_metric(with_undefined(run.test or {}, run.metrics)),
    ),
    Column("status", "Status", 11, lambda run: run.state, "its state, or how it ended"),
    Column(
        "epochs",
        "Epochs",
        9,
        lambda run: run.epochs_done,
        "the number of completed epochs",
        lambda run: f"{run.epochs_done}/{run.epochs_planned}",
        right=True,
    ),
    Column("best", "Best", 5, best_epoch, "the epoch with the lowest val loss", form=_count, right=True),
    _loss_column(
        "test_loss",
        "Test loss",
        "the loss on the test samples",
        "test_loss",
        lambda run: (run.test or {}).get("loss"),
    ),
    Column(
        "data", "Data", 12, lambda run: run.dataset, "its data set", lambda run: plain(dataset_title(run.dataset))
    ),
    Column(
        "parameters",
        "Params",
        10,
        lambda run: run.parameters,
        "the network's number of weights",
        form=_count,
        right=True,
    ),
    Column(
        "seconds",
        "Trained",
        8,
        lambda run: run.seconds_train,
        "how long its epochs took",
        form=duration,
        right=True,
    ),
    Column("when", "When", 16, lambda run: run.created, "when it was started", form=_local_time),
    Column("seed", "Seed", 6, lambda run: run.seed, "the seed of its random numbers", right=True),
    Column("tags", "Tags", 14, lambda run: run.tags or None, "its tags", lambda run: plain(", ".join(run.tags))),
    Column("note", "Note", 20, lambda run: run.note or None, "its note"),
    Column("group", "Group", 9, lambda run: run.group, "the repetition it belongs to"),
    Column("kind", "Kind", 8, lambda run: run.kind, "trained, or retrained from another run"),
    Column(
        "parent",
        "Of run",
        6,
        lambda run: int(run.parent) if run.parent else None,
        "the run it was made from",
        right=True,
    ),
)


BASELINES = {"constant": "constant prediction", "linear": "linear model"}
"""Titles of the baselines in the table of runs."""


def baseline_cells(name: str, values: Mapping[str, float]) -> Mapping[str, str]:
    """Return a baseline's cells by column: as it is not a run, it only has a name and validation values."""
    return {
        "name": BASELINES.get(name, name),
        "loss": _number(values.get("val_loss")),
        "metric": _metric(first_metric(values, "val_")),
    }


BY_KEY = {column.key: column for column in COLUMNS}

USUAL = ("run", "name", "loss", "metric", "test", "status", "epochs", "seconds", "when", "tags")
"""The default columns."""


def setting_title(path: str) -> str:
    """Return a short title of a setting: ``epochs``, ``units 1`` of the first layer."""
    section, _, rest = path.partition(".")
    index, _, name = rest.partition(".")
    if section == "layers" and index.isdecimal():
        return f"{name} {int(index) + 1}"
    return rest if section in ("training", "data") else path


def setting_column(path: str) -> Column:
    """Return the column of a setting, such as ``layers.0.units``."""
    title = setting_title(path)
    width = min(max(len(title) + 1, 6), 20)
    return Column(path, title, width, lambda run: run.settings.get(path), f"the setting {path}", form=value_text)


def value_text(value: Value) -> str:
    """Format a setting's value."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return plain(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def differing(runs: Sequence[RunSummary]) -> list[str]:
    """Return the paths of the settings that differ between these runs, except name and seed.

    Of many runs, only an evenly spaced sample is read.
    """
    step = -(-len(runs) // SAMPLE) or 1
    distinct = list({id(one): one for one in (run.settings for run in runs[::step])}.values())
    return list(flat_settings.differing(distinct, (*flat_settings.WITHOUT_EFFECT, "seed")))


def ordered(runs: Sequence[RunSummary], column: Column, descending: bool) -> list[RunSummary]:
    """Sort the runs by a column, within comparable groups; those without a value come last in either direction."""
    values = [(column.value_of(run), run) for run in runs]
    there = [(_comparable(value), run) for value, run in values if value is not None and value == value]
    there.sort(key=lambda pair: pair[0], reverse=descending)
    there.sort(key=lambda pair: column.group(pair[1]))
    return [run for _, run in there] + [run for value, run in values if value is None or value != value]


def _comparable(value: Value) -> tuple[int, Any]:
    """Return a sort key for values of different types: numbers come before text."""
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value.lower()
    return (2, tuple(map(_comparable, value))) if isinstance(value, tuple) else (3, value)


def basis_of(run: RunSummary, score: str) -> ScoreBasis:
    """Return what a run's score refers to: its data set and, for a loss, which loss.

    Scores of the same name are comparable if this is equal.
    """
    return (run.dataset, str(run.settings.get("training.loss", ""))) if is_loss(score) else (run.dataset,)


def warning(runs: Sequence[RunSummary], score: str) -> str:
    """Return a warning that a score of these runs is not comparable; empty if it is."""
    datasets = list(dict.fromkeys(dataset_title(run.dataset) for run in runs))
    losses = list(dict.fromkeys(str(run.settings.get("training.loss", "")) for run in runs))
    if len(datasets) > 1:
        return f"different data sets ({_some(datasets)}): the values are not comparable"
    if is_loss(score) and len(losses) > 1:
        return f"different losses ({_some(losses)}): the values are not comparable"
    return ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return plain(", ".join(names[:3])) + more
