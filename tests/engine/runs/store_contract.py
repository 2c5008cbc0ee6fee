"""The run store's contract, stated once: what every store does, whatever its database.

A test module of a store subclasses :class:`StoreContract` and gives it a ``store`` fixture.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from engine.errors import StoreError, TrainingError
from engine.events import Ended, EpochEnded, Progress, Recorded, Started, Status
from engine.runs import RunStore
from engine.runs.ledger import Ledger
from engine.runs.run_folder import RunFolder, State
from tests.engine.fake_runs import EXPERIMENT, FACTS, FakeRun, ended, recorded, weights_at


class StoreContract:
    """The tests that every store passes; a subclass gives the ``store`` fixture."""

    def test_is_stored_before_its_data_is_loaded(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        first = next(stream)
        assert first == Recorded("1")
        summary = store.get("1")
        assert (summary.status, summary.owned, summary.name) == (Status.QUEUED, True, "Fake")
        next(stream)
        assert store.get("1").status is Status.PREPARING
        stream.close()

    def test_keeps_everything(self, store: RunStore) -> None:
        events = list(store.record(FakeRun(EXPERIMENT, test=True), group="g"))
        record = store.get("1")
        assert record.experiment == EXPERIMENT
        assert record.epochs == tuple(event for event in events if isinstance(event, EpochEnded))
        assert record.data == FACTS
        assert record.status is Status.FINISHED
        assert record.best_epoch == 3
        assert record.best["val_loss"] == ended(7, 3).logs["val_loss"]
        assert record.test == {"loss": 0.4, "accuracy": 0.9}
        assert record.baselines == {"loss": 0.69}
        assert record.group == "g"
        assert record.options == {"test": True, "evaluate_training": False}
        assert "keras" in record.versions
        assert record.machine["python"].startswith("3.")
        assert record.seconds_train == pytest.approx(0.5)
        assert record.seconds_prepare == 0.5

    def test_json_is_what_the_command_shows(self, store: RunStore) -> None:
        shown = store.get(recorded(store)).json()
        assert list(shown) == [
            "run", "name", "status", "error", "data", "parameters", "history", "best_epoch", "test", "seconds",
            "peak_memory_mb",
        ]  # fmt: skip
        assert shown["data"] == {
            "dataset": "digits",
            "source": "made up",
            "train": 100,
            "validation": 50,
            "test": 25,
        }
        assert shown["history"]["val_loss"][2] == ended(7, 3).logs["val_loss"]
        assert (shown["status"], shown["error"], shown["test"]) == ("finished", None, None)

    def test_an_epoch_is_stored_before_it_is_passed_on(self, store: RunStore) -> None:
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded):
                assert store.get("1").epochs[-1] == event
                assert store.checkpoint("1").epoch == event.epoch
                np.testing.assert_array_equal(store.weights("1", "last")[0], weights_at(7, event.epoch)[0])

    def test_the_next_epoch_trains_while_an_epoch_is_saved(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained_on, overlapped = threading.Event(), []
        save = RunFolder.save

        class Watched(FakeRun):
            def recordable(self) -> Iterator[Any]:
                for item in super().recordable():
                    yield item
                    if isinstance(item, Progress) and item.epoch == 2:
                        trained_on.set()

        def save_late(folder: RunFolder, state: State) -> None:
            overlapped.append(trained_on.wait(20))
            save(folder, state)

        monkeypatch.setattr(RunFolder, "save", save_late)
        stream = store.record(Watched(EXPERIMENT))
        assert [event.epoch for event in stream if isinstance(event, EpochEnded)] == [1, 2, 3, 4, 5]
        assert overlapped[0], "the first epoch was saved before the second began"

    def test_keeps_the_models_of_the_best_and_the_last_epoch_alone(self, store: RunStore) -> None:
        run = recorded(store)
        assert store.folder(run).saved() == [3, 5]
        np.testing.assert_array_equal(store.weights(run)[0], weights_at(7, 3)[0])
        np.testing.assert_array_equal(store.weights(run, "last")[0], weights_at(7, 5)[0])
        assert store.features(run).names == ("a", "b")

    def test_leaving_the_loop_stops_the_run(self, store: RunStore) -> None:
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded) and event.epoch == 2:
                break
        del event
        record = store.get("1")
        assert (record.status, record.owned, record.resumable) == (Status.STOPPED, False, True)
        assert len(record.epochs) == 2

    def test_a_failed_run_says_why(self, store: RunStore) -> None:
        record = store.get(recorded(store, FakeRun(EXPERIMENT, fails=3)))
        assert record.status is Status.FAILED
        assert record.error is not None
        assert "not a number in epoch 3" in record.error
        assert len(record.epochs) == 2

    def test_a_long_reason_is_kept_as_a_line_and_in_full_in_the_log(self, store: RunStore) -> None:
        class Talkative(FakeRun):
            def checkpoint(self) -> None:  # type: ignore[override]
                raise TrainingError(f"Graph execution error: {'x' * 400}\n\nDetected at node\n")

        record = store.get(recorded(store, Talkative(EXPERIMENT)))
        assert record.error == f"Graph execution error: {'x' * 277}"
        assert (store.folder("1").path / "log").read_text().endswith("xxx\n\nDetected at node\n\n")

    def test_a_bug_in_a_run_is_kept_as_its_failure_and_raised(self, store: RunStore) -> None:
        class Broken(FakeRun):
            def checkpoint(self) -> None:  # type: ignore[override]
                raise ZeroDivisionError("oops")

        with pytest.raises(ZeroDivisionError):
            list(store.record(Broken(EXPERIMENT)))
        assert store.get("1").error == "unexpected ZeroDivisionError: oops"

    def test_a_stop_asked_for_from_elsewhere(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        epochs = 0
        for event in stream:
            if isinstance(event, EpochEnded):
                epochs += 1
                with closing(RunStore(store.url)) as other:
                    other.request_stop("1")
        assert epochs == 1
        assert isinstance(event, Ended)
        assert event.status is Status.STOPPED
        assert store.get("1").status is Status.STOPPED
        with pytest.raises(StoreError, match="run 1 is not running"):
            store.request_stop("1")

    def test_a_paused_run_is_seen_as_such_until_it_ends(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        while not isinstance(next(stream), EpochEnded):
            pass
        store.set_paused("1", True)
        assert store.get("1").status is Status.PAUSED
        store.set_paused("1", False)
        assert store.get("1").status is Status.TRAINING
        list(stream)
        store.set_paused("1", False)
        assert store.get("1").status is Status.FINISHED

    def test_counts_evaluations_of_test_samples(self, store: RunStore) -> None:
        assert store.test_evaluations("digits", "d1") == 0
        recorded(store)
        first = recorded(store, FakeRun(EXPERIMENT, test=True))
        recorded(store, FakeRun(EXPERIMENT, test=True))
        store.delete(first)
        store.purge(first)
        assert store.test_evaluations("digits", "d1") == 2
        assert store.test_evaluations("digits", "d2") == 0

    def test_goes_on_after_the_last_ended_epoch(self, store: RunStore) -> None:
        whole = recorded(store)
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded) and event.epoch == 2:
                break
        resumed = FakeRun(EXPERIMENT, resume=store.checkpoint("2"))
        events = list(store.resume("2", resumed))
        assert events[0] == Recorded("2")
        assert [event.first_epoch for event in events if isinstance(event, Started)] == [3]
        assert store.get("2").epochs == store.get(whole).epochs
        assert store.get("2").status is Status.FINISHED
        np.testing.assert_array_equal(store.weights("2")[0], store.weights(whole)[0])

    def test_goes_on_from_the_best_epoch_where_the_last_ones_file_is_damaged(self, store: RunStore) -> None:
        whole = recorded(store)
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded) and event.epoch == 4:
                break
        last = store.folder("2").path / "epoch-4.npz"
        last.write_bytes(last.read_bytes()[:100])
        checkpoint = store.checkpoint("2")
        assert (checkpoint.epoch, checkpoint.best_epoch) == (3, 3)
        list(store.resume("2", FakeRun(EXPERIMENT, resume=checkpoint)))
        assert store.get("2").epochs == store.get(whole).epochs
        np.testing.assert_array_equal(store.weights("2", "last")[0], store.weights(whole, "last")[0])

    def test_heals_an_epoch_whose_row_was_never_written(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        assert any(isinstance(event, EpochEnded) for event in stream)
        stream.close()
        store.folder("1").save(State(ended(7, 2), 2, weights_at(7, 2), (np.array(2),)))
        checkpoint = store.checkpoint("1")
        assert [one.epoch for one in checkpoint.epochs] == [1, 2]
        list(store.resume("1", FakeRun(EXPERIMENT, resume=checkpoint)))
        assert [one.epoch for one in store.get("1").epochs] == [1, 2, 3, 4, 5]

    def test_a_run_that_goes_on_or_has_finished_is_refused(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        next(stream)
        with pytest.raises(StoreError, match="running in another process"):
            next(store.resume("1"))
        list(stream)
        with pytest.raises(StoreError, match="has finished"):
            next(store.resume("1"))

    def test_other_data_is_refused(self, store: RunStore) -> None:
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded):
                break
        from dataclasses import replace

        changed = FakeRun(EXPERIMENT, resume=store.checkpoint("1"), facts=replace(FACTS, digest="d2"))
        *_, last = store.resume("1", changed)
        assert isinstance(last, Ended)
        assert last.reason is not None
        assert "digest was d1, is d2" in last.reason

    def test_names_tags_and_notes(self, store: RunStore) -> None:
        run = recorded(store)
        store.rename(run, "  [b]Mine[/b] ")
        store.tag(run, ["good", "good", " ", "später"])
        store.note(run, "two\nlines")
        record = store.get(run)
        assert (record.name, record.tags, record.note) == ("[b]Mine[/b]", ("good", "später"), "two\nlines")
        with pytest.raises(StoreError, match="cannot be empty"):
            store.rename(run, " ")

    def test_deleted_runs_can_be_brought_back_until_purged(self, store: RunStore) -> None:
        first, second = recorded(store), recorded(store)
        store.delete(first)
        assert [run.id for run in store.summaries()] == [second]
        assert store.purge() == ()
        store.restore(first)
        assert [run.id for run in store.summaries()] == [second, first]
        store.delete(first)
        store.delete(second)
        assert [run.id for run in store.summaries(deleted=True)] == [second, first]
        assert store.purge(second, "99") == (second,)
        with pytest.raises(StoreError, match="no run '2'"):
            store.get(second)
        assert not store.folder(second).path.exists()
        assert recorded(store) == "3"

    def test_a_run_that_goes_on_cannot_be_deleted(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        next(stream)
        with pytest.raises(StoreError, match="stop it first"):
            store.delete("1")
        stream.close()

    def test_a_run_that_is_resumed_while_it_is_deleted_stays(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        _ended_epoch(stream)
        stream.close()
        run = "1"
        resumed = store.resume(run, FakeRun(EXPERIMENT, resume=store.checkpoint(run)))
        delete = Ledger.set_deleted

        def resumed_before(ledger: Ledger, run_id: str, deleted: float | None) -> None:
            next(resumed)
            delete(ledger, run_id, deleted)

        monkeypatch.setattr(Ledger, "set_deleted", resumed_before)
        with pytest.raises(StoreError, match="stop it first"):
            store.delete(run)
        resumed.close()
        assert [one.id for one in store.summaries()] == [run]

    def test_an_epoch_that_a_later_one_replaces_is_no_damage(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        _ended_epoch(stream)
        load, advanced = RunFolder.load, []

        def replaced_before(folder: RunFolder, epoch: int) -> State:
            if not advanced:
                advanced.append(epoch)
                _ended_epoch(stream)
                _ended_epoch(stream)
            return load(folder, epoch)

        monkeypatch.setattr(RunFolder, "load", replaced_before)
        assert store.check() == []
        advanced.clear()
        assert store.weights("1", "last")
        stream.close()

    @pytest.mark.parametrize("run", ["9", "", "-1", "1; drop table runs", "٣", "9" * 40])
    def test_a_run_that_is_not_there(self, store: RunStore, run: str) -> None:
        asked = (store.get, store.delete, store.restore, store.weights, store.checkpoint, store.features)
        asked += (store.request_stop, store.again, lambda run: next(store.resume(run)))
        for ask in asked:
            with pytest.raises(StoreError, match="there is no run"):
                ask(run)
        assert not list(store.folder("9").path.parent.glob("*"))

    def test_tells_what_has_happened_since(self, store: RunStore) -> None:
        first, second, third = (recorded(store) for _ in range(3))
        known = store.summaries()
        assert store.news(known) == []
        with closing(RunStore(store.url)) as other:
            other.note(first, "changed elsewhere")
            other.delete(second)
            fourth = recorded(other)
        assert [(run.id, run.deleted) for run in store.news(known)] == [
            (fourth, False),
            (second, True),
            (first, False),
        ]
        store.restore(second)
        assert [run.id for run in store.news(store.summaries())] == []
        assert third not in [run.id for run in store.news(known)]

    def test_tells_what_has_happened_after_a_purge(self, store: RunStore) -> None:
        first, second = recorded(store), recorded(store)
        known = store.summaries()
        with closing(RunStore(store.url)) as other:
            other.delete(second)
            other.purge(second)
            other.note(first, "changed elsewhere")
        assert [run.id for run in store.news(known)] == [first]

    def test_tells_of_runs_that_go_on_again_and_again(self, store: RunStore) -> None:
        stream = store.record(FakeRun(EXPERIMENT))
        next(stream)
        known = store.summaries()
        assert [run.id for run in store.news(known)] == ["1"]
        list(stream)
        assert [run.status for run in store.news(known)] == [Status.FINISHED]
        assert store.news(store.summaries()) == []

    def test_a_damaged_model_leaves_the_rest_usable(self, store: RunStore) -> None:
        first, second = recorded(store), recorded(store)
        path = store.folder(first).path / "epoch-3.npz"
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(StoreError, match=str(path)):
            store.weights(first)
        assert store.weights(first, "last")
        assert store.weights(second)
        assert store.check() == [f"{path} is damaged and cannot be read (File is not a zip file)"]

    def test_a_disk_that_fills_fails_the_run_and_keeps_the_rest(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = recorded(store)
        saves = []
        sync = os.fsync

        def full(handle: int) -> None:
            saves.append(handle)
            if len(saves) > 6:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(handle)

        monkeypatch.setattr(os, "fsync", full)
        *_, last = store.record(FakeRun(EXPERIMENT))
        assert isinstance(last, Ended)
        assert last.status is Status.FAILED
        record = store.get("2")
        assert record.error is not None
        assert record.error == last.reason
        assert "epoch-3.npz: the disk is full" in record.error
        assert [one.epoch for one in record.epochs] == [1, 2]
        assert store.checkpoint("2").epoch == 2
        assert store.weights(earlier)
        assert store.check() == []

    def test_a_disk_that_fills_at_the_very_end_is_no_finished_run(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change = Ledger.change

        def full(ledger: Ledger, run_id: str, values: Mapping[str, object]) -> None:
            if values.get("status") is Status.FINISHED:
                raise StoreError("No space left on device")
            change(ledger, run_id, values)

        monkeypatch.setattr(Ledger, "change", full)
        *_, last = store.record(FakeRun(EXPERIMENT))
        assert isinstance(last, Ended)
        assert (last.status, last.reason) == (Status.FAILED, "No space left on device")
        assert store.get("1").error == last.reason


def _ended_epoch(stream: Iterator[object]) -> None:
    """Let a run end another epoch."""
    next(event for event in stream if isinstance(event, EpochEnded))
