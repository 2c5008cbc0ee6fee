"""The runs and show commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from engine.datasets.undefined_metrics import with_undefined
from engine.experiment.score_names import PENALTY, first_metric
from engine.experiment.toml_file import dumps
from engine.runs import RunRecord, RunSummary
from engine.runs.grouping import grouped
from engine.runs.query import selected
from engine.runs.query_names import is_pinned
from engine.runs.standings import Standing, standings
from engine.system.counts import counted
from workbench.commands.evidence_output import OfData, listed_baselines, say_known_evidence, with_evidence
from workbench.commands.inputs import store
from workbench.commands.options import Json, RunId
from workbench.commands.output import say, say_lines, say_table, warn, write_json
from workbench.commands.progress_bar import wait
from workbench.text.describe import samples_line
from workbench.text.group_words import mean_text, preferred, setting_text
from workbench.text.numbers import duration, number, scores

SHOWN = 30
"""The number of runs listed by default."""

WHERE = "Only runs that match, as in --where 'val_accuracy > .88 and layers == 3 and not tag:old'."

AGAINST_BEST = "Test the listed runs against the best on the same validation samples."


def runs(
    last: Annotated[
        int | None,
        typer.Option(min=0, help=f"List this many of the latest (0: all). Default: {SHOWN}; with --json, all."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only runs on this data set.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only runs with this tag.")] = None,
    where: Annotated[str | None, typer.Option(metavar="QUERY", help=WHERE)] = None,
    group_by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Group the runs by a setting, as in --group-by units.")
    ] = None,
    against_best: Annotated[bool, typer.Option("--against-best", help=AGAINST_BEST)] = False,
    as_json: Json = False,
) -> None:
    """List the stored runs, the latest last, then the pinned ones (`workbench tag RUN pinned`)."""
    kept = store()
    found = [
        run
        for run in selected(kept.summaries(), where or "")
        if (dataset is None or run.dataset == dataset) and (tag is None or tag in run.tags)
    ]
    if group_by is not None:
        say_groups(found, group_by, as_json)
        return
    found.sort(key=lambda run: run.number)
    limit = last if last is not None else 0 if as_json else SHOWN
    listed = found[-limit:] if limit else found
    if not as_json:
        listed = _pinned_last(listed, found)
    standing = wait(standings(kept, listed)) if against_best else None
    below = listed_baselines(kept, listed)
    if as_json:
        of_data = [{"dataset": dataset, **values} for dataset, values in below]
        more: dict[str, Any] = {"baselines": of_data} if of_data else {}
        more |= {} if standing is None else {"standings": [one.as_object() for one in standing]}
        write_json({"runs": [brief(run) for run in listed], **more})
    else:
        _say_runs(listed, below, len(found) - len(listed), standing or ())


def _pinned_last(listed: Sequence[RunSummary], found: Sequence[RunSummary]) -> list[RunSummary]:
    """Return the listed runs without the pinned ones, then every pinned run found, however old."""
    return [*(run for run in listed if not is_pinned(run)), *filter(is_pinned, found)]


def _say_runs(listed: Sequence[RunSummary], below: OfData, earlier: int, standing: Sequence[Standing]) -> None:
    say_table(
        ("run", "name", "status", "epochs", "best", "val_loss", "metric", "test", "trained", "when", "tags"),
        [*(_row(run) for run in listed), *_baseline_rows(below)],
        yielding=("name", "tags", "trained", "when", "test", "metric", "best", "epochs", "val_loss"),
    )
    if earlier > 0:
        warn(f"{counted(earlier, 'earlier run')} not listed: --last 0 lists all")
    for one in standing:
        say(one.note)
        if one.unbeaten:
            say(f"    not beaten: {', '.join(one.unbeaten)}")


def say_groups(found: Sequence[RunSummary], name: str, as_json: bool) -> None:
    """Print the runs grouped by a setting: each group's mean scores at the best epochs, with intervals."""
    groups = grouped(found, name)
    if as_json:
        write_json({"group_by": name, "groups": [one.as_object() for one in groups]})
        return
    names = list(dict.fromkeys(score for one in groups for score in preferred(one.scores)))
    rows = [
        (
            setting_text(one.values),
            one.dataset,
            len(one.runs),
            *(mean_text(one.scores.get(name)) for name in names),
        )
        for one in groups
    ]
    say_table((name, "dataset", "runs", *names), rows, yielding=("dataset", *reversed(names)))


def show(run: RunId, as_json: Json = False) -> None:
    """Show a run: its data, its curves, its scores and its settings."""
    stored = store()
    record = stored.get(run)
    if as_json:
        write_json(with_evidence(stored, run))
        return
    say(f"run {record.id} · {record.name} · {state(record)}")
    if record.data:
        say(f"{record.data.dataset}, {record.data.source}: {samples_line(record.data)}")
    parameters = "" if record.parameters is None else f"{counted(record.parameters, 'parameter')} · "
    timing = f"prepared in {duration(record.seconds_prepare)}, trained for {duration(record.seconds_train)}"
    say(f"{parameters}seed {record.seed} · {timing}")
    remarks = (
        (record.parent, f"{record.kind} of run {record.parent}"),
        (record.group, f"one of group {record.group}"),
        (record.tags, f"tags: {', '.join(record.tags)}"),
        (record.note, f"note: {record.note}"),
    )
    say_lines(text for given, text in remarks if given)
    _say_history(record)
    say_known_evidence(stored, record)
    say()
    say(dumps(record.experiment).rstrip())


def brief(run: RunSummary) -> dict[str, Any]:
    """Return a run as an entry of the list's JSON."""
    return {
        "run": run.id,
        "name": run.name,
        "kind": run.kind,
        "status": str(run.status),
        "interrupted": run.interrupted,
        "error": run.error,
        "dataset": run.dataset,
        "parameters": run.parameters,
        "epochs": run.epochs_done,
        "best_epoch": run.best_epoch,
        "best": with_undefined(run.best, run.metrics),
        "test": with_undefined(run.test, run.metrics) if run.test is not None else None,
        "seed": run.seed,
        "group": run.group,
        "parent": run.parent,
        "created": run.created.isoformat(),
        "seconds": {"prepare": run.seconds_prepare, "train": run.seconds_train},
        "tags": list(run.tags),
        "note": run.note,
        "damaged": run.damaged,
    }


def state(run: RunSummary) -> str:
    """Return a run's status, with the reason if there is one."""
    reason = run.reason or run.state
    return reason if reason.startswith(run.state) else f"{run.state}: {reason}"


def _row(run: RunSummary) -> tuple[object, ...]:
    if run.damaged:
        return (run.number or run.id, run.name, run.state, *[None] * 6, "", "")
    best, test = with_undefined(run.best, run.metrics), with_undefined(run.test or {}, run.metrics)
    return (
        run.number,
        run.name,
        run.state,
        f"{run.epochs_done}/{run.epochs_planned}",
        run.best_epoch,
        run.best.get("val_loss"),
        _first_metric(best),
        _first_metric(test),
        duration(run.seconds_train),
        f"{run.created.astimezone():%Y-%m-%d %H:%M}",
        ", ".join(run.tags),
    )


def _baseline_rows(below: OfData) -> Iterator[tuple[object, ...]]:
    """Yield a row per baseline, with only a name and validation values."""
    for dataset, baselines in below:
        for name, values in baselines.items():
            if values:
                scored = (values.get("val_loss"), _first_metric(values))
                yield (None, f"{name} baseline · {dataset}", *[None] * 3, *scored, *[None] * 3, "")


def _first_metric(values: Mapping[str, float]) -> str:
    found = first_metric(values, "val_") or first_metric(values)
    return f"{number(found[1], 3)} {found[0]}" if found else "-"


def _say_history(record: RunRecord) -> None:
    history = {name: values for name, values in record.history.items() if name != PENALTY or any(values)}
    if not history:
        return
    say()
    rows = [
        (ended.epoch, *values, "*" if ended.epoch == record.best_epoch else "")
        for ended, *values in zip(record.epochs, *history.values(), strict=True)
    ]
    say_table(("epoch", *history, ""), rows)
    if record.baselines:
        say(f"baseline (constant): {scores(record.baselines.items())}")
    if record.test is not None:
        say(f"test samples: {scores(with_undefined(record.test, record.metrics).items())}")
