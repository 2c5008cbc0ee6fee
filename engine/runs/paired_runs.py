"""Paired tests of stored runs on the held-out samples that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets import catalogue
from engine.errors import EngineError, StoreError
from engine.evaluation.chance import lead_in_words
from engine.evaluation.paired_tests import compare_outputs, over_seeds
from engine.events import Preparation
from engine.runs import held_out_outputs
from engine.runs.group_comparison import by_seed, two_groups
from engine.runs.kept_decision import read_decision

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.paired_tests import PairedTest
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.runs.records import RunRecord
    from engine.runs.store import RunStore

ONE_SEED = "one seed each: another seed may turn it round (`workbench train --repeat` trains several)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The paired tests that could be made, with notes on those that could not and on the effect of chance."""

    tests: tuple[PairedTest, ...]
    notes: tuple[str, ...] = ()

    def as_object(self) -> dict[str, Any]:
        """Return the comparison as the command's ``--json`` shows it."""
        return {"tests": [asdict(one) for one in self.tests], "notes": list(self.notes)}


def compare_runs(runs: RunStore, records: Sequence[RunRecord]) -> Preparation[Comparison]:
    """Compare two groups over their seeds, two runs with each other, or several runs with the best of them.

    Runs are compared on the validation samples that they share, by the outputs of their best epochs with each
    run's stored decision. Test samples are only used for retrained runs, which were tested on them. Runs that
    cannot be compared are listed in the notes.
    """
    groups = two_groups(records)
    if groups:
        return _over_seeds(*groups)
    plain, notes = yield from outputs_of(runs, records)
    outputs, decisions = _decided(runs, [record for record in records if record.id in plain], plain)
    notes += decisions
    present = [record for record in records if record.id in outputs]
    if len(present) < 2:
        return Comparison((), tuple(notes))
    best = present[0] if len(present) == 2 else _best(present, outputs)
    others = [record for record in present if record.id != best.id]
    tests, more = _tests(best, others, outputs)
    many = [_by_chance(best, len(present), outputs)] if len(present) > 2 else []
    return Comparison(tuple(tests), (*notes, *more, *([ONE_SEED] if tests else []), *many))


def _over_seeds(ours: Sequence[RunRecord], theirs: Sequence[RunRecord]) -> Comparison:
    tests, notes = [], []
    for metric in ("val_loss", *(name for name in ours[0].best if name.startswith("val_") and name != "val_loss")):
        first, second = by_seed(ours, metric), by_seed(theirs, metric)
        seeds = sorted(first.keys() & second.keys())
        if len(seeds) < 2:
            notes.append(f"{metric}: two seeds in both groups are needed, and there are {len(seeds)}")
            continue
        pairs = np.array([[first[seed], second[seed]] for seed in seeds])
        tests.append(over_seeds(ours[0].group or "", theirs[0].group or "", metric, pairs[:, 0], pairs[:, 1]))
    return Comparison(tuple(tests), tuple(notes))


def outputs_of(
    runs: RunStore, records: Sequence[RunRecord]
) -> Preparation[tuple[dict[str, SplitOutputs], list[str]]]:
    """Return each run's held-out outputs, and notes on runs without; data that runs share is loaded once."""
    loaded: dict[tuple[Any, ...], Dataset] = {}
    outputs, notes = dict[str, "SplitOutputs"](), list[str]()
    for record in records:
        try:
            known = held_out_outputs.kept(runs, record)
            if known is None:
                key = (record.experiment.data.model_dump_json(), record.seed, record.data)
                if key not in loaded:
                    loaded[key] = yield from held_out_outputs.load_data(record)
                known = yield from held_out_outputs.held_out_outputs(runs, record.id, loaded[key])
            outputs[record.id] = known
        except EngineError as error:
            notes.append(f"run {record.id} is not compared: {error}")
    return outputs, notes


def _decided(
    runs: RunStore, records: Sequence[RunRecord], outputs: dict[str, SplitOutputs]
) -> tuple[dict[str, SplitOutputs], list[str]]:
    """Apply each run's stored decision to its outputs; leave out, with a note, runs with a damaged decision."""
    found, notes = dict[str, "SplitOutputs"](), list[str]()
    for record in records:
        try:
            decision = read_decision(runs, record)
        except StoreError as error:
            notes.append(f"run {record.id} is not compared: {error}")
            continue
        found[record.id] = outputs[record.id].decided(decision)
        if not decision.plain:
            notes.append(f"the predictions of run {record.id} use its stored {decision.words}")
    return found, notes


def _best(records: Sequence[RunRecord], outputs: dict[str, SplitOutputs]) -> RunRecord:
    """Return the run with the highest accuracy or the lowest mean absolute error."""

    def merit(record: RunRecord) -> float:
        found = outputs[record.id]
        return -float(np.abs(found.errors).mean()) if found.regression else float(found.correct.mean())

    return max(records, key=merit)


def _tests(
    best: RunRecord, others: Sequence[RunRecord], outputs: dict[str, SplitOutputs]
) -> tuple[list[PairedTest], list[str]]:
    tests, notes = [], []
    noun = f"{catalogue.noun(best.dataset)}s"
    for other in others:
        try:
            _check_same_data(best, other)
            tests.append(compare_outputs(best.id, other.id, outputs[best.id], outputs[other.id], noun))
        except EngineError as error:
            notes.append(f"runs {best.id} and {other.id} are not compared: {error}")
    return tests, notes


def _check_same_data(one: RunRecord, other: RunRecord) -> None:
    if not one.data or not other.data or one.data.digest != other.data.digest:
        raise StoreError("they were trained on different data")


def _by_chance(best: RunRecord, count: int, outputs: dict[str, SplitOutputs]) -> str:
    found = outputs[best.id]
    accuracy = None if found.regression else float(found.correct.mean())
    lead = lead_in_words(accuracy, count, len(found))
    return f"the best of {count} equally good runs would score {lead} above their mean by chance"
