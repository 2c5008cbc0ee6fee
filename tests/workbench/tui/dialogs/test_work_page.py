"""Pages that fill while long work goes on, at 80x24."""

from __future__ import annotations

import threading
from collections.abc import Generator

from textual.app import App
from textual.pilot import Pilot

from engine.errors import DataError
from engine.evaluation.audit.data_audit import audit
from engine.evaluation.report import report
from engine.evaluation.sanity.ladder import Rung
from engine.events import Preparing
from engine.prediction.decision import Decision
from engine.system.drain import drain
from tests.engine import tiny
from tests.engine.evaluation import made
from workbench.text import evidence
from workbench.tui.dialogs.work_page import WorkPage


class Bare(App[None]):
    """An app without screens of its own."""


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_lines_and_errors_are_shown_as_text() -> None:
    def job() -> Generator[Preparing | str, None, None]:
        yield Preparing("counting", 1, 2)
        yield "[b]first[/b]"
        yield "second\x1b[31m"
        raise DataError("the file is gone")

    app = Bare()
    async with app.run_test(size=(80, 24)) as pilot:
        page = WorkPage("A [page]", job)
        await app.push_screen(page)
        await settled(pilot)
        assert page.text.splitlines()[0] == "[b]first[/b]"
        assert "\x1b" not in page.text
        assert page.text.splitlines()[-1] == "the file is gone"
        await pilot.press("escape")
        assert app.screen is not page


async def test_closing_the_page_stops_the_work() -> None:
    going, closed = threading.Event(), threading.Event()

    def job() -> Generator[Preparing | str, None, None]:
        try:
            while True:
                going.set()
                yield Preparing("working")
        finally:
            closed.set()

    app = Bare()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(WorkPage("Work", job))
        await pilot.pause()
        assert going.wait(5)
        await pilot.press("escape")
        await settled(pilot)
        assert closed.wait(5)


def test_a_report_fits_80_columns() -> None:
    dataset = tiny.columns(400, task="binary", classes=2)
    lines = "\n".join(evidence.report(report(made.binary(), dataset, Decision(0.4, "f1", 1.5)))).splitlines()
    assert lines[0] == "400 validation samples"
    assert lines[1] == "threshold 0.400 (by f1), temperature 1.50"
    assert any(line.startswith("reliability: expected calibration error") for line in lines)
    assert any(line.startswith("positive against the rest: ROC area 0.") for line in lines)
    assert max(map(len, lines)) <= 78
    numbers = list(evidence.report(report(made.values(200), tiny.columns(200))))
    assert numbers[1].startswith("mae ")


def test_an_audit_reads_its_suspects() -> None:
    dataset = tiny.columns(120, task="binary", classes=2)
    lines = list(evidence.audit(dataset, drain(audit(dataset, {}, test=False))))
    assert lines[0].startswith("120 samples")
    assert any(line.startswith("doubted labels: ") for line in lines)
    values = tiny.columns(60)
    assert len(list(evidence.audit(values, drain(audit(values))))) == 4


def test_a_rung_is_one_line() -> None:
    assert evidence.rung(Rung("one_batch", True, 0.01, 0.0, "learnt")) == (
        "✓ overfit one batch 0.0100 against 0.0000: learnt"
    )
    assert evidence.rung(Rung("learning_rate", False, None, None, "no")) == "✗ learning rate: no"
