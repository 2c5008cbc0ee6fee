"""The panel of processors and memory: what it says, and that it costs nothing while it is hidden."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from tests.workbench import fake
from workbench.tui.sessions import system_usage
from workbench.tui.sessions.system_usage import Gpu, Sampler, Usage
from workbench.tui.widgets.system_panel import SystemPanel

USAGE = Usage(153.0, 900_000_000, 2, 90.0, 1_400_000_000, 87.0, 11_200_000_000, 15_600_000_000, 2)


def test_a_sample_counts_this_process_its_workers_and_the_machine() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as worker:
        usage = Sampler().take(psutil.Process())
        worker.communicate(b"\n")
    assert usage.workers >= 1
    assert usage.workers_memory > 0
    assert usage.memory <= usage.machine_total
    assert usage.cores == psutil.cpu_count()


def test_without_nvidias_library_there_are_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_usage, "_nvidia", lambda: None)
    assert Sampler().take(psutil.Process()).gpus == ()


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_the_panel_stands_beside_the_curves_and_samples_only_when_shown(size: tuple[int, int]) -> None:
    async with fake.opened(fake.app(), size) as (pilot, bench):
        panel = bench.query_one(SystemPanel)
        assert not panel.display
        assert panel.sampler._stop is None
        await pilot.press("M")
        assert panel.display
        assert panel.sampler._stop is not None
        gpu = Gpu("A [b]card[/b]", 40.0, 1_000_000_000, 8_000_000_000)
        panel.show([replace(USAGE, gpus=(gpu,))])
        await pilot.pause()
        shown = fake.text_of(bench, "SystemPanel")
        assert "here 153% · 2 workers 90% · machine 87%" in shown
        assert "here 0.9" in shown
        assert "…" not in shown
        assert "A [b]card[/b]" in panel.displayed_text
        assert len(shown.splitlines()) == 3
        await pilot.press("M")
        assert not panel.display
        assert panel.sampler._stop is None
