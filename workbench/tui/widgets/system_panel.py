"""What this process, its workers and the machine take, in a few lines; hidden, it neither samples nor sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from engine.system.plain_text import plain
from workbench.terminal import output
from workbench.text.widths import shortened
from workbench.tui.sessions.system_usage import SECONDS, Sampler, Usage
from workbench.tui.widgets.palette import MUTED
from workbench.tui.widgets.partial_repaint import changed, of_content, rendered

BARS = " ▁▂▃▄▅▆▇█"
"""A value from none to all."""

HISTORY = 24
"""Samples that are drawn."""


class SystemPanel(Widget):
    """Processors, memory and GPUs; :meth:`toggle` shows and hides it."""

    DEFAULT_CSS = "SystemPanel { height: auto; padding: 0 1; display: none; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sampler = Sampler()
        self._lines: tuple[Content, ...] = (Content.styled("measuring ...", MUTED),)

    def toggle(self) -> None:
        """Show it and sample, or hide it and do not."""
        self.display = not self.display
        if self.display:
            self.sampler.start()
        else:
            self.sampler.stop()

    def on_mount(self) -> None:
        """Show what was sampled while it is in sight."""
        self.set_interval(SECONDS / 2, self._poll)

    def on_unmount(self) -> None:
        """Sample no more."""
        self.sampler.stop()

    @property
    def said(self) -> str:
        """What it says."""
        return "\n".join(line.plain for line in self._lines)

    def _poll(self) -> None:
        samples = list(self.sampler.samples)
        if self.display and samples and self.screen.is_current and not output.behind():
            self.show(samples)

    def show(self, samples: Sequence[Usage]) -> None:
        """Show samples, repainting the cells that differ."""
        before, self._lines = self._lines, tuple(_lines(samples, self.sampler.peak, max(self.size.width, 20)))
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if span := changed(of_content(old), of_content(new)):
                self.refresh(Region(span[0], y, span[1], 1))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A line for processors, memory and each GPU."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.visual_style.rich_style)
        return rendered(self, self._lines[y].truncate(width, ellipsis=True, pad=True), width)


def _lines(samples: Sequence[Usage], peak: int, width: int) -> Iterator[Content]:
    now, drawn = samples[-1], samples[-HISTORY:] if width >= 70 else ()
    cpu = [f"here {now.cpu:.0f}%"]
    memory = [f"here {_gigabytes(now.memory)}", f"peak {_gigabytes(peak)}"]
    if now.workers:
        cpu.append(f"{now.workers} workers {now.workers_cpu:.0f}%")
        memory.append(f"workers {_gigabytes(now.workers_memory)}")
    cpu.append(f"machine {now.machine_cpu:.0f}% of {now.cores} cores")
    memory.append(f"machine {_gigabytes(now.machine_memory)} of {_gigabytes(now.machine_total)}")
    yield _line("CPU", [one.machine_cpu / 100 for one in drawn], cpu)
    yield _line("Memory", [one.machine_memory / max(one.machine_total, 1) for one in drawn], memory)
    for index, gpu in enumerate(now.gpus):
        words = [f"{gpu.busy:.0f}%", f"{_gigabytes(gpu.used)} of {_gigabytes(gpu.total)}"]
        past = [one.gpus[index].busy / 100 for one in drawn if index < len(one.gpus)]
        yield _line("GPU", past, [*words, shortened(plain(gpu.name), 24)])


def _line(name: str, shares: Sequence[float], words: Sequence[str]) -> Content:
    bars = "".join(BARS[round(min(max(share, 0.0), 1.0) * (len(BARS) - 1))] for share in shares)
    past = ((f"{bars:>{HISTORY}} ", "$primary"),) if shares else ()
    return Content.assemble((f"{name:7}", MUTED), *past, " · ".join(words))


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
