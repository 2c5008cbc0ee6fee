"""A stored run's outputs on its held-out samples, computed once and stored beside its model."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import datasets
from engine.datasets import array_cache
from engine.errors import EngineError, StoreError
from engine.evaluation.split_outputs import SplitOutputs
from engine.events import Preparation, Preparing

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.runs.records import RunRecord, RunSummary
    from engine.runs.store import RunStore

CHUNK_SAMPLES = 2048
"""Number of samples predicted between two reports of progress."""


def kept(runs: RunStore, record: RunSummary, split: str | None = None) -> SplitOutputs | None:
    """Return the stored outputs of a run's best epoch; None if there are none or the file is damaged."""
    split = split or split_of(record)
    found = array_cache.read(_path(runs, record, split))
    if found is None or not {"indices", "targets", "outputs", "labels"} <= found.keys():
        return None
    labels = tuple(found["labels"].tobytes().decode().split("\0")) if len(found["labels"]) else ()
    return SplitOutputs(split, found["indices"], found["targets"], found["outputs"], labels)


def held_out_outputs(
    runs: RunStore, run_id: str, dataset: Dataset | None = None, split: str | None = None
) -> Preparation[SplitOutputs]:
    """Return a run's outputs at its best epoch on its validation samples, computing and storing them if needed.

    A retrained run has no validation samples; its outputs are those on the test samples, whose evaluation was
    counted when the run was tested. ``split="test"`` returns the outputs of a trained run on the test samples; the
    caller has to count that evaluation. Raises StoreError if the run has neither, or if the data has changed. Pass
    ``dataset`` to avoid loading the data.
    """
    record = runs.get(run_id)
    split = split or split_of(record)
    known = kept(runs, record, split)
    if known is not None:
        return known
    if record.kind == "retrain" and (split != "test" or record.test is None):
        raise StoreError(
            f"run {run_id} was trained on the validation samples too and never tested: nothing is held out"
        )
    if dataset is None:
        dataset = yield from load_data(record)
    found = yield from _predicted(runs, record, dataset, split)
    with suppress(EngineError):  # disk full: they are computed again next time
        _keep(_path(runs, record, split), found)
    return found


def split_of(record: RunSummary) -> str:
    """Return the name of the split that a run holds out: test for a retrained run, else validation."""
    return "test" if record.kind == "retrain" else "validation"


def load_data(record: RunRecord) -> Preparation[Dataset]:
    """Load the data set of a run; raises StoreError if it is not the data that the run was trained on."""
    dataset = yield from datasets.load(record.experiment.data, record.seed)
    if record.data and dataset.digest != record.data.digest:
        raise StoreError(
            f"the data of run {record.id} has changed since: {dataset.title} is not what it was trained on"
        )
    return dataset


def _predicted(runs: RunStore, record: RunRecord, dataset: Dataset, split: str) -> Preparation[SplitOutputs]:
    from engine.datasets.dataset import take

    indices = dataset.split.test if split == "test" else dataset.split.validation
    if not len(indices):
        raise StoreError(f"run {record.id} has no {split} samples: nothing is held out")
    predictor = runs.predictor(record.id, "last" if record.kind == "retrain" else "best")
    parts = []
    for start in range(0, len(indices), CHUNK_SAMPLES):
        yield Preparing("predicting held-out samples", start, len(indices))
        parts.append(predictor.outputs(take(dataset.samples, indices[start : start + CHUNK_SAMPLES])))
    return SplitOutputs(split, indices, dataset.targets[indices], np.concatenate(parts), dataset.labels)


def _keep(path: Path, found: SplitOutputs) -> None:
    labels = np.frombuffer("\0".join(found.labels).encode(), np.uint8)
    arrays: dict[str, Any] = {"indices": found.indices, "targets": found.targets, "outputs": found.outputs}
    array_cache.write(path, arrays | {"labels": labels})


def _path(runs: RunStore, record: RunSummary, split: str) -> Path:
    name = f"held-out-{split}-{record.best_epoch or 0}-of-{record.epochs_done}.arrays"
    return runs.folder(record.id).path / name
