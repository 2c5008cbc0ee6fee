"""Curves and hyperparameters as TensorBoard's event files, written with TensorBoard's own messages."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.summary.writer.record_writer import RecordWriter

from engine.errors import EngineError
from engine.events import Status
from engine.runs import RunRecord
from engine.system.plain_text import plain

CURVES = {"train": "", "validation": "val_", "train_evaluated": "eval_"}
"""Folders that TensorBoard draws as one run's lines, with the prefix of their metrics in the logs."""


def write(records: Sequence[RunRecord], folder: Path) -> None:
    """Create a folder ``run-ID`` for each run in ``folder``, replacing existing ones.

    Each contains the run's hyperparameters and the folders of :data:`CURVES`. Raises EngineError if that fails;
    then no incomplete files remain.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for record in records:
            _replace(record, folder)
    except OSError as error:
        raise EngineError(f"cannot write {folder}: {error.strerror or error}") from error


def _replace(record: RunRecord, folder: Path) -> None:
    written = folder / f".run-{record.id}.{secrets.token_hex(4)}"
    written.mkdir()
    try:
        _write_events(written, record.created.timestamp(), _hyperparameters(record))
        for name, prefix in CURVES.items():
            if any(prefix + "loss" in ended.logs for ended in record.epochs):
                _write_events(written / name, record.created.timestamp(), _curves(record, prefix))
        target = folder / f"run-{record.id}"
        if target.exists():
            shutil.rmtree(target)
        written.rename(target)
    finally:
        shutil.rmtree(written, ignore_errors=True)


def _write_events(folder: Path, began: float, events: Sequence[Event]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / f"events.out.tfevents.{int(began)}.workbench").open("wb") as file:
        writer = RecordWriter(file)
        for event in (Event(wall_time=began, file_version="brain.Event:2"), *events):
            writer.write(event.SerializeToString())
        file.flush()
        os.fsync(file.fileno())


def _curves(record: RunRecord, prefix: str) -> list[Event]:
    """Return the metrics whose names start with ``prefix``, without it, at the times when their epochs ended."""
    others = tuple(other for other in CURVES.values() if other and other != prefix)
    events, now = [], record.created.timestamp() + record.seconds_prepare
    for ended in record.epochs:
        now += ended.seconds
        logs = {name: value for name, value in ended.logs.items() if not name.startswith(others)}
        logs = {name.removeprefix(prefix): value for name, value in logs.items() if name.startswith(prefix)}
        logs |= {"learning_rate": ended.learning_rate} if not prefix else {}
        for name, value in logs.items():
            event = Event(wall_time=now, step=ended.epoch)
            event.summary.value.add(tag=f"epoch_{name}", simple_value=value)
            events.append(event)
    return events


def _hyperparameters(record: RunRecord) -> list[Event]:
    """Return the messages of TensorBoard's hyperparameter plugin: session start with settings, and end."""
    began = record.created.timestamp()
    ended = began + record.seconds_prepare + record.seconds_train
    status = api_pb2.STATUS_FAILURE if record.status is Status.FAILED else api_pb2.STATUS_SUCCESS
    start = SessionStartInfo(group_name=f"run-{record.id}", start_time_secs=began)
    for path, value in _settings(record).items():
        setattr(start.hparams[path], _FIELDS[type(value)], value)
    end = SessionEndInfo(status=status, end_time_secs=ended)
    messages = {
        metadata.SESSION_START_INFO_TAG: HParamsPluginData(session_start_info=start),
        metadata.SESSION_END_INFO_TAG: HParamsPluginData(session_end_info=end),
    }
    events = []
    for tag, message in messages.items():
        events.append(Event(wall_time=ended))
        described = metadata.create_summary_metadata(message)
        events[-1].summary.value.add(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
    return events


_FIELDS = {bool: "bool_value", int: "number_value", float: "number_value", str: "string_value"}
"""The field of ``google.protobuf.Value`` for each type of value."""


def _settings(record: RunRecord) -> Mapping[str, bool | float | str]:
    """Return the settings that affect the outcome, by path; lists as one text."""
    return {
        plain(path): value if isinstance(value, bool | int | float) else plain(_as_text(value))
        for path, value in record.settings.items()
        if path not in ("name", "about") and value is not None
    }


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
