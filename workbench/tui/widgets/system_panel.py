"""A panel with the CPU, memory and GPU usage; while hidden it neither samples nor sends anything."""

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
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.partial_repaint import changed, of_content, rendered

BARS = " ▁▂▃▄▅▆▇█"
"""The characters of a bar, from none to all."""

HISTORY = 24
"""The most samples drawn as bars, if they leave the values room."""

NAMES = 7
"""Columns for the name of what is measured."""


class SystemPanel(Widget):
    """CPU, memory and GPU usage; :meth:`toggle` shows and hides it."""

    DEFAULT_CSS = "SystemPanel { height: auto; padding: 0 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self.sampler = Sampler()
        self._lines: tuple[Content, ...] = (Content.styled("measuring ...", MUTED),)

    def toggle(self) -> None:
        """Show the panel and start sampling, or hide it and stop."""
        self.display = not self.display
        if self.display:
            self.sampler.start()
        else:
            self.sampler.stop()

    def on_mount(self) -> None:
        """Start to poll the samples."""
        self.set_interval(SECONDS / 2, self._poll)

    def on_unmount(self) -> None:
        """Stop sampling."""
        self.sampler.stop()

    @property
    def displayed_text(self) -> str:
        """The displayed text."""
        return "\n".join(line.plain for line in self._lines)

    def _poll(self) -> None:
        samples = list(self.sampler.samples)
        if self.display and samples and self.screen.is_current and not output.behind():
            self.show(samples)

    def show(self, samples: Sequence[Usage]) -> None:
        """Show samples, repainting only changed cells."""
        before, self._lines = self._lines, tuple(_lines(samples, self.sampler.peak, max(self.size.width, 20)))
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if span := changed(of_content(old), of_content(new)):
                self.refresh(Region(span[0], y, span[1], 1))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return one line for the CPU, one for memory and one for each GPU."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.visual_style.rich_style)
        return rendered(self, self._lines[y].truncate(width, ellipsis=True, pad=True), width)


def _lines(samples: Sequence[Usage], peak: int, width: int) -> Iterator[Content]:
    now = samples[-1]
    room = width - NAMES
    cpu, memory = _fitting(_cpu(now), room), _fitting(_memory(now, peak), room)
    drawn = samples[-HISTORY:] if max(len(cpu), len(memory)) + HISTORY + 1 <= room else ()
    yield _line("CPU", [one.machine_cpu / 100 for one in drawn], cpu)
    yield _line("Memory", [one.machine_memory / max(one.machine_total, 1) for one in drawn], memory)
    for index, gpu in enumerate(now.gpus):
        words = f"{gpu.busy:.0f}% · {_gigabytes(gpu.used)} of {_gigabytes(gpu.total)} · "
        past = [one.gpus[index].busy / 100 for one in drawn if index < len(one.gpus)]
        name = shortened(plain(gpu.name), max(room - len(words) - (HISTORY + 1) * bool(past), 8))
        yield _line("GPU", past, words + name)


def _fitting(forms: Sequence[Sequence[str]], room: int) -> str:
    """Return the first of several texts that fits, or else the last."""
    written = [" · ".join(words) for words in forms]
    return next((words for words in written if len(words) <= room), written[-1])


def _cpu(now: Usage) -> Sequence[Sequence[str]]:
    """Describe the CPU usage, in full and in shorter forms."""
    here, machine = f"here {now.cpu:.0f}%", f"machine {now.machine_cpu:.0f}%"
    workers = [f"{now.workers} workers {now.workers_cpu:.0f}%"] if now.workers else []
    return ([here, *workers, f"{machine} of {now.cores} cores"], [here, *workers, machine])


def _memory(now: Usage, peak: int) -> Sequence[Sequence[str]]:
    """Describe the memory usage, in full and in shorter forms."""
    here, total = f"here {_gigabytes(now.memory)}", _gigabytes(now.machine_total)
    workers = [f"workers {_gigabytes(now.workers_memory)}"] if now.workers else []
    machine = f"machine {now.machine_memory / 1e9:.1f} of {total}"
    short = [one.removesuffix(" GB") for one in (here, *workers)]
    return (
        [here, f"peak {_gigabytes(peak)}", *workers, machine],
        [here, *workers, machine],
        [*short, machine.replace(" of ", "/")],
    )


def _line(name: str, shares: Sequence[float], words: str) -> Content:
    bars = "".join(BARS[round(min(max(share, 0.0), 1.0) * (len(BARS) - 1))] for share in shares)
    past = ((f"{bars:>{HISTORY}} ", "$primary"),) if shares else ()
    return Content.assemble((f"{name:{NAMES}}", MUTED), *past, words)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
