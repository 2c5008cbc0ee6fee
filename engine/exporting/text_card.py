"""A run on one page of plain text, for a mail or a ticket."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine import checks
from engine.experiment.layer_words import whole_layer
from engine.experiment.model import Experiment
from engine.experiment.toml_file import dumps
from engine.exporting.run_words import data_words, encoding_words, scores_line, training_words
from engine.features import Features
from engine.features.table import TableFeatures
from engine.runs import RunRecord
from engine.system.plain_text import plain

if TYPE_CHECKING:
    from engine.evaluation.intervals import Interval
    from engine.runs.evidence import Decided

    Intervals = Mapping[str, Interval]

WIDTH = 78
NO_INTERVALS: Intervals = MappingProxyType({})


def card(
    record: RunRecord,
    features: Features | None = None,
    intervals: Intervals = NO_INTERVALS,
    linear: Mapping[str, float] | None = None,
    decided: Decided | None = None,
) -> str:
    """Describe a run, its data and its outcome, with the experiment file for running it again.

    ``features`` are the run's, if they were fitted; ``intervals`` are those of its best epoch and its test,
    ``linear`` a linear model's values, by history name; ``decided`` are the metrics with its stored threshold.
    """
    lines = [plain(record.name), "=" * min(len(plain(record.name)), WIDTH)]
    lines += [
        line
        for name, text in _facts(record, features, intervals, linear or {}, decided).items()
        if text
        for line in _wrapped(f"{name:<12}{text}", 12)
    ]
    found = checks.after(record.experiment, record.epochs, record.baselines)
    if found:
        lines += ["", "Findings", *(line for finding in found for line in _wrapped(f"- {finding.message}", 2))]
    file = "\n".join(map(plain, dumps(record.experiment).splitlines()))
    return "\n".join([*lines, "", "Experiment file", "", textwrap.indent(file, "    "), ""])


def _facts(
    record: RunRecord,
    features: Features | None,
    intervals: Intervals,
    linear: Mapping[str, float],
    decided: Decided | None,
) -> dict[str, str]:
    experiment = record.experiment
    status = str(record.status) + (f": {plain(record.reason)}" if record.reason else "")
    return {
        "Run": f"{record.id}, {record.kind}, {record.created:%Y-%m-%d %H:%M}, {status}",
        "Data": data_words(record),
        **_reading(experiment, features),
        "Network": " > ".join(plain(whole_layer(layer)) for layer in experiment.stack),
        "Parameters": f"{record.parameters:,}" if record.parameters is not None else "",
        "Training": training_words(experiment),
        "Seed": str(record.seed),
        "Best epoch": _epoch(record, record.best_epoch),
        "Last epoch": _epoch(record, record.epochs[-1].epoch if record.epochs else None),
        "Intervals": ", ".join(f"{name} [{one.low:.4g}, {one.high:.4g}]" for name, one in intervals.items()),
        "Decision": _decision(decided) if decided else "",
        "Baseline": scores_line(record.baselines),
        "Linear": scores_line(linear),
        "Test": scores_line(record.test) if record.test is not None else "",
        "Seconds": f"{record.seconds_prepare:.1f} to prepare, {record.seconds_train:.1f} to train",
        "Machine": ", ".join(f"{name} {plain(text)}" for name, text in record.machine.items()),
        "Versions": ", ".join(f"{name} {plain(text)}" for name, text in record.versions.items()),
        "Tags": ", ".join(map(plain, record.tags)),
        "Note": plain(record.note),
    }


def _decision(found: Decided) -> str:
    values = (
        f"{name} {found.values[name]:.4g} [{one.low:.4g}, {one.high:.4g}]" for name, one in found.intervals.items()
    )
    return f"{found.decision.words}: {', '.join(values)}"


def _reading(experiment: Experiment, features: Features | None) -> dict[str, str]:
    """Describe the encoding of text; for a table, the scaling and each column's treatment."""
    if not isinstance(features, TableFeatures):
        return {"Encoding": encoding_words(experiment)}
    words = {"Encoding": features.encoding} if features.text else {}
    columns = "; ".join(f"{one.name}: {one.described(bool(one.missing))}" for one in features.treatments)
    scaled = {} if features.target.identity else {"Target": features.target.described}
    return words | {"Scaling": experiment.data.scaling, "Columns": plain(columns)} | scaled


def _epoch(record: RunRecord, epoch: int | None) -> str:
    found = next((ended for ended in record.epochs if ended.epoch == epoch), None)
    return f"{found.epoch} of {record.epochs_planned}: {scores_line(found.logs)}" if found else ""


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)
