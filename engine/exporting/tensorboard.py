"""Curves and hyperparameters as TensorBoard's event files.

TensorFlow writes the files and knows the form of an event; what it lacks without TensorBoard is the
hyperparameter plugin's own message (``tensorboard/plugins/hparams/plugin_data.proto``), put together here.
Importing this module imports TensorFlow: do it late.
"""

from __future__ import annotations

import secrets
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.util.event_pb2 import Event

from engine.errors import EngineError
from engine.events import Status
from engine.exporting.describe import printable
from engine.runs import RunRecord

CURVES = {"train": "", "validation": "val_", "train_evaluated": "eval_"}
"""The folders that TensorBoard draws as one run's lines, and what their figures' names begin with."""

_SUCCESS, _FAILURE = 1, 2


def write(records: Sequence[RunRecord], folder: Path) -> None:
    """Put a folder ``run-ID`` for each run into ``folder``; one that is there already is replaced.

    Each holds the run's hyperparameters and the folders of :data:`CURVES`. Raises EngineError where that
    cannot be written; then nothing half-written is left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for record in records:
            _replace(record, folder)
    except (OSError, tf.errors.OpError) as error:
        raise EngineError(f"cannot write {folder}: {getattr(error, 'strerror', None) or error}") from error


def _replace(record: RunRecord, folder: Path) -> None:
    made = folder / f".run-{record.id}.{secrets.token_hex(4)}"
    made.mkdir()
    try:
        _hyperparameters(record, made)
        for name, prefix in CURVES.items():
            _curves(record, made / name, prefix)
        place = folder / f"run-{record.id}"
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _curves(record: RunRecord, folder: Path, prefix: str) -> None:
    """The figures that begin with ``prefix``, named without it, at the times when their epochs ended."""
    others = [other for other in CURVES.values() if other and other != prefix]
    events, now = [], record.created.timestamp() + record.seconds_prepare
    for ended in record.epochs:
        now += ended.seconds
        logs = {name: value for name, value in ended.logs.items() if not name.startswith(tuple(others))}
        logs = {name.removeprefix(prefix): value for name, value in logs.items() if name.startswith(prefix)}
        logs |= {"learning_rate": ended.learning_rate} if not prefix else {}
        for name, value in logs.items():
            event = Event(wall_time=now, step=ended.epoch)
            event.summary.value.add(tag=f"epoch_{name}", simple_value=value)
            events.append(event)
    if any(prefix + "loss" in ended.logs for ended in record.epochs):
        _events(folder, record.created.timestamp(), events)


def _events(folder: Path, began: float, events: Sequence[Event]) -> None:
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{int(began)}.workbench")) as writer:
        for event in (Event(wall_time=began, file_version="brain.Event:2"), *events):
            writer.write(event.SerializeToString())


def _hyperparameters(record: RunRecord, folder: Path) -> None:
    began = record.created.timestamp()
    ended = began + record.seconds_prepare + record.seconds_train
    status = _FAILURE if record.status is Status.FAILED else _SUCCESS
    start = b"".join(_entry(name, value) for name, value in _settings(record).items())
    start += _bytes(4, f"run-{record.id}".encode()) + _double(5, began)
    messages = {
        "_hparams_/session_start_info": _bytes(3, start),
        "_hparams_/session_end_info": _bytes(4, _whole(1, status) + _double(2, ended)),
    }
    events = []
    for tag, message in messages.items():
        metadata = SummaryMetadata()
        metadata.plugin_data.plugin_name = "hparams"
        metadata.plugin_data.content = message
        event = Event(wall_time=ended)
        event.summary.value.add(tag=tag, metadata=metadata, tensor=_nothing())
        events.append(event)
    _events(folder, began, events)


def _settings(record: RunRecord) -> Mapping[str, Any]:
    """The settings that decide the outcome, by path; those of a list as one text."""
    left_out = {"name", "about"}
    return {
        path: ", ".join(map(str, value)) if isinstance(value, tuple) else value
        for path, value in record.settings.items()
        if path not in left_out and value is not None
    }


def _nothing() -> TensorProto:
    """The empty tensor that TensorBoard's own writer puts beside a plugin's data."""
    tensor = TensorProto(dtype=1)
    tensor.tensor_shape.dim.add(size=0)
    return tensor


def _entry(name: str, value: Any) -> bytes:
    """One entry of the message's map from a hyperparameter's name to its ``google.protobuf.Value``."""
    if isinstance(value, bool):
        wrapped = _whole(4, value)
    elif isinstance(value, int | float):
        wrapped = _double(2, value)
    else:
        wrapped = _bytes(3, printable(str(value)).encode())
    return _bytes(1, _bytes(1, printable(name).encode()) + _bytes(2, wrapped))


def _whole(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
