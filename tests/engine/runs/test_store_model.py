"""The run store against a model of it: whatever is done in whatever order, it holds what was put in."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from engine.events import EpochEnded, Status
from engine.experiment.model import Experiment, Training
from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun, ended

EPOCHS = 4
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
HOSTILE = st.sampled_from(["[red]x[/]", "\x1b[2J", "\u202etxt", "a'b\"c; drop table runs", "{}", "%s", "😀"])


class Store(RuleBasedStateMachine):
    """Runs that are recorded, stopped, resumed, edited, deleted, brought back and purged."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = os.environ.get("WORKBENCH_HOME")
        os.environ["WORKBENCH_HOME"] = self.folder.name
        self.store = RunStore()
        self.model: dict[str, dict[str, object]] = {}
        self.highest = 0

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.store.close()
        self.folder.cleanup()
        if self.home is not None:
            os.environ["WORKBENCH_HOME"] = self.home

    @rule(target=runs, stop=st.integers(0, EPOCHS), seed=st.integers(0, 99))
    def record(self, stop: int, seed: int) -> str:
        """Record a run, leaving it after an epoch or, at 0, before the first."""
        run = FakeRun(Experiment(seed=seed, training=Training(epochs=EPOCHS)))
        stream = self.store.record(run)
        run_id = next(stream).run
        done = 0
        for event in stream:
            done = event.epoch if isinstance(event, EpochEnded) else done
            if (isinstance(event, EpochEnded) and done == stop) or not stop:
                break
        stream.close()
        assert int(run_id) > self.highest
        self.highest = int(run_id)
        self.model[run_id] = {
            "seed": seed, "epochs": done, "status": Status.STOPPED,
            "name": "Untitled", "tags": (), "note": "", "deleted": False,
        }  # fmt: skip
        return run_id

    @rule(run=runs)
    def resume(self, run: str) -> None:
        """Go on with a run to its end."""
        known = self.model.get(run)
        if known is None or known["status"] is Status.FINISHED:
            return
        experiment = Experiment(seed=known["seed"], training=Training(epochs=EPOCHS))
        state = self.store.checkpoint(run) if known["epochs"] else None
        list(self.store.resume(run, FakeRun(experiment, resume=state)))
        known |= {"epochs": EPOCHS, "status": Status.FINISHED, "deleted": False}

    @rule(run=runs, name=TEXT | HOSTILE, tags=st.lists(TEXT | HOSTILE, max_size=3), note=TEXT | HOSTILE)
    def edit(self, run: str, name: str, tags: list[str], note: str) -> None:
        """Name, tag and note a run."""
        if run not in self.model:
            return
        if name.strip():
            self.store.rename(run, name)
            self.model[run]["name"] = name.strip()
        self.store.tag(run, tags)
        self.store.note(run, note)
        kept = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
        self.model[run] |= {"tags": kept, "note": note}

    @rule(run=runs)
    def delete(self, run: str) -> None:
        """Take a run out of sight."""
        if run in self.model:
            self.store.delete(run)
            self.model[run]["deleted"] = True

    @rule(run=runs)
    def restore(self, run: str) -> None:
        """Bring a run back."""
        if run in self.model:
            self.store.restore(run)
            self.model[run]["deleted"] = False

    @rule(run=runs)
    def purge(self, run: str) -> None:
        """Remove a run for good, if it was deleted."""
        self.store.purge(run)
        if run in self.model and self.model[run]["deleted"]:
            del self.model[run]

    @rule()
    def reopen(self) -> None:
        """Open the store anew."""
        self.store.close()
        self.store = RunStore()

    @invariant()
    def holds_what_was_put_in(self) -> None:
        """What the store says of its runs is what the model says."""
        for deleted in (False, True):
            expected = [run for run, known in self.model.items() if known["deleted"] is deleted]
            assert [run.id for run in self.store.summaries(deleted)] == sorted(expected, key=int, reverse=True)
        for run, known in self.model.items():
            record = self.store.get(run)
            assert (record.name, record.tags, record.note) == (known["name"], known["tags"], known["note"])
            assert (record.seed, record.status) == (known["seed"], known["status"])
            assert record.epochs == tuple(ended(record.seed, epoch + 1) for epoch in range(known["epochs"]))
        assert self.store.check() == []


TestStore = Store.TestCase
TestStore.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
