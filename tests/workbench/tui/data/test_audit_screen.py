"""The audit of a data set on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.app import App
from textual.pilot import Pilot

from engine.datasets.dataset import Dataset
from engine.evaluation.audit import audit_marks, data_audit
from engine.evaluation.audit.audit_marks import Mark
from engine.evaluation.audit.data_audit import Audit, Conflict, Suspect
from engine.evaluation.audit.drift import Drift
from engine.evaluation.audit.duplicates import Duplicates
from engine.events import Preparing
from tests.engine import tiny
from tests.workbench.fake import screen_text, until
from tests.workbench.runs_host import STYLES
from workbench.tui.data.audit_screen import AuditScreen
from workbench.tui.themes import variable_defaults


class Host(App[None]):
    """What the audit asks of the app."""

    CSS_PATH = STYLES

    def __init__(self) -> None:
        super().__init__()
        self.run_state = ("idle", "")
        self.reads: list[str] = []
        self.store = self

    def count_test_read(self, dataset: str, digest: str) -> None:
        """Note a read."""
        self.reads.append(dataset)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The workbench's variables."""
        return variable_defaults(self.current_theme)


def made_up() -> Dataset:
    """Columns of two classes, one of them with markup in its name."""
    return replace(tiny.columns(60, task="binary", classes=2), labels=("[b]no", "yes"))


@pytest.fixture
def dataset() -> Dataset:
    return made_up()


@pytest.fixture
def audits(monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> list[tuple[dict[int, Mark], bool]]:
    """What an audit was asked for."""
    return finds_suspects(monkeypatch, dataset)


def finds_suspects(monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> list[tuple[dict[int, Mark], bool]]:
    """Audits find two suspects and a conflict, made up; gives what they are asked for."""
    asked: list[tuple[dict[int, Mark], bool]] = []
    first, second = dataset.split.train[:2].tolist()

    def audit(_data: Dataset, marks: Any = None, test: bool = True) -> Iterator[Preparing]:
        asked.append((dict(marks), test))
        yield Preparing("cross-validating labels", 1, 5)
        label = dataset.labels[int(dataset.targets[first])]
        suspects = (
            Suspect(first, "train", label, 0.02, True, marks.get(first)),
            Suspect(second, "train", label, 0.3, False, None),
        )
        same = Duplicates(((first, second),), ((3, 4, 5),), 1, 0, 2, 0)
        cleaned = 0.93 if "wrong" in marks.values() else float("nan")
        conflicts = (Conflict((first, second), ("no", "yes")),)
        return Audit(same, conflicts, suspects, Drift("train", "test", 0.51), 0.9, cleaned, 50, test)

    monkeypatch.setattr(data_audit, "audit", audit)
    return asked


@asynccontextmanager
async def audited(
    dataset: Dataset, named: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None], AuditScreen]]:
    app = Host()
    async with app.run_test(size=size) as pilot:
        screen = AuditScreen(dataset, named)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.found)
        yield app, pilot, screen


def says(screen: AuditScreen, words: str) -> Callable[[], bool]:
    return lambda: words in screen_text(screen)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_suspect_is_read_and_marked_by_key(
    dataset: Dataset, audits: list[Any], tmp_path: Path, size: tuple[int, int]
) -> None:
    named = str(tmp_path / "mine.csv")
    file = audit_marks.marks_file(dataset, named)
    first, second = dataset.split.train[:2].tolist()
    async with audited(dataset, named, size) as (_, pilot, screen):
        await until(pilot, says(screen, f"#{first} · "))
        assert "Suspects   Duplicates   Findings" in screen_text(screen)
        await until(pilot, says(screen, "50 labels judged · 2 doubted, 0 marked"))
        await pilot.press("w")
        await until(pilot, lambda: screen.marks == {first: "wrong"})
        await until(pilot, says(screen, f"#{second} · "))
        await pilot.press("u")
        await until(pilot, lambda: screen.marks == {first: "wrong", second: "unclear"})
        assert audit_marks.read_marks(file, dataset) == screen.marks
        await until(pilot, says(screen, "2 marked, 1 of them wrong"))
        await pilot.press("home", "x")
        await until(pilot, lambda: screen.marks == {second: "unclear"})
        assert "train      [b]no " in screen_text(screen)


async def test_the_score_without_what_is_marked_wrong(dataset: Dataset, audits: list[Any], tmp_path: Path) -> None:
    first = int(dataset.split.train[0])
    async with audited(dataset, str(tmp_path / "mine.csv")) as (_, pilot, screen):
        await until(pilot, says(screen, "accuracy of a linear model 0.9000"))
        await pilot.press("a")
        assert len(audits) == 1
        await pilot.press("w")
        await until(pilot, lambda: screen.marks)
        await pilot.press("a")
        await until(pilot, says(screen, "without the wrong 0.9300"))
        assert audits[1] == ({first: "wrong"}, False)


async def test_a_mark_keeps_an_audit_that_ended_while_it_was_written(
    dataset: Dataset, audits: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = int(dataset.split.train[0])
    async with audited(dataset, str(tmp_path / "mine.csv")) as (_, pilot, screen):
        assert screen.found is not None
        later = replace(screen.found, cleaned_accuracy=0.93)

        def mark(*_: object) -> dict[int, Mark]:
            screen.call_later(screen._begin, later, {})
            return {first: "wrong"}

        monkeypatch.setattr(audit_marks, "mark", mark)
        screen._write_mark(first, "wrong")
        await until(pilot, lambda: screen.marks == {first: "wrong"})
        assert screen.found is later


async def test_groups_and_findings_have_a_panel_each(dataset: Dataset, audits: list[Any], tmp_path: Path) -> None:
    async with audited(dataset, str(tmp_path / "mine.csv")) as (app, pilot, screen):
        await pilot.press("tab")
        await until(pilot, says(screen, "different labels"))
        await until(pilot, says(screen, "near   3 samples: #3 #4 #5"))
        await pilot.press("w")
        assert screen.marks == {}
        await pilot.press("tab")
        await until(pilot, says(screen, "drift between train and test: AUC 0.510"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)


async def test_test_labels_are_read_only_when_asked_and_counted(
    dataset: Dataset, audits: list[Any], tmp_path: Path
) -> None:
    async with audited(dataset, str(tmp_path / "mine.csv")) as (app, pilot, screen):
        assert audits == [({}, False)]
        test = int(dataset.split.test[0])
        assert f"#{test} · label not read" in screen._read_texts((test,))
        await pilot.press("t")
        await pilot.press("c")
        assert app.reads == []
        await pilot.press("t")
        await pilot.press("t")
        await until(pilot, says(screen, "test labels too, counted"))
        assert app.reads == ["tiny"]
        assert audits[-1] == ({}, True)
        assert "label not read" not in screen._read_texts((test,))


async def test_marks_that_cannot_be_read_say_so(dataset: Dataset, audits: list[Any], tmp_path: Path) -> None:
    named = str(tmp_path / "mine.csv")
    audit_marks.marks_file(dataset, named).write_text("{")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = AuditScreen(dataset, named)
        await app.push_screen(screen)
        await until(pilot, says(screen, "not audited"))
        assert any("is damaged" in note.message for note in app._notifications)
        await pilot.press("w", "a", "tab", "tab")
        assert screen.found is None


def test_samples_of_one_group_are_judged_together() -> None:
    from engine.evaluation.audit.label_suspects import _splits

    groups = np.repeat(np.arange(12), 5)
    labels = np.tile([0, 1], 30)
    for kept, judged in _splits(labels, groups):
        assert not set(groups[kept]) & set(groups[judged])
    assert len(_splits(labels, np.repeat([0, 1], 30))) == 2
