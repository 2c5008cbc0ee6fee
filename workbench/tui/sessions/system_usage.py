"""Samples the CPU, memory and GPU usage of this process, its workers and the machine, in a thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil

SECONDS = 2.0
"""Seconds between two samples."""

KEPT = 120
"""The number of samples that are kept."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU's utilization in percent, and its memory in bytes."""

    name: str
    busy: float
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample: CPU usage in percent of one core (``machine_cpu``: of all), memory in bytes."""

    cpu: float
    memory: int
    workers: int
    workers_cpu: float
    workers_memory: int
    machine_cpu: float
    machine_memory: int
    machine_total: int
    cores: int
    gpus: tuple[Gpu, ...] = ()


class Sampler:
    """Samples every few seconds between :meth:`start` and :meth:`stop`; ``samples`` holds the latest."""

    def __init__(self) -> None:
        self.samples: deque[Usage] = deque(maxlen=KEPT)
        self.peak = 0
        self._stop: threading.Event | None = None
        self._known: dict[int, psutil.Process] = {}

    def start(self) -> None:
        """Start sampling, unless it has started already."""
        if self._stop is None:
            self._stop = threading.Event()
            threading.Thread(target=self._run, args=(self._stop,), daemon=True, name="system-usage").start()

    def stop(self) -> None:
        """Stop sampling."""
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def _run(self, stop: threading.Event) -> None:
        import psutil  # imported late, to start the screen sooner

        process = psutil.Process()
        process.cpu_percent()
        psutil.cpu_percent()
        while not stop.wait(SECONDS):
            with suppress(psutil.Error, OSError):
                self.take(process)

    def take(self, process: psutil.Process) -> Usage:
        """Take a sample. Raises psutil.Error and OSError if the system does not report usage."""
        import psutil

        workers = list(self._workers(process))
        machine, memory = psutil.virtual_memory(), process.memory_info().rss
        usage = Usage(
            cpu=process.cpu_percent(),
            memory=memory,
            workers=len(workers),
            workers_cpu=sum(cpu for cpu, _ in workers),
            workers_memory=sum(size for _, size in workers),
            machine_cpu=psutil.cpu_percent(),
            machine_memory=machine.total - machine.available,
            machine_total=machine.total,
            cores=psutil.cpu_count() or 1,
            gpus=tuple(_gpus()),
        )
        self.peak = max(self.peak, memory + usage.workers_memory)
        self.samples.append(usage)
        return usage

    def _workers(self, process: psutil.Process) -> Iterator[tuple[float, int]]:
        """Yield the CPU usage and memory of each child process; the CPU usage is 0 at its first sample."""
        import psutil

        there = {child.pid: child for child in process.children(recursive=True)}
        self._known = {pid: self._known.get(pid, child) for pid, child in there.items()}
        for child in self._known.values():
            with suppress(psutil.Error):
                yield child.cpu_percent(), child.memory_info().rss


def _gpus() -> Iterator[Gpu]:
    """Yield the machine's GPUs; none without NVIDIA's library or its Python binding."""
    library = _nvidia()
    if library is None:
        return
    with suppress(library.NVMLError):
        for index in range(library.nvmlDeviceGetCount()):
            handle = library.nvmlDeviceGetHandleByIndex(index)
            name = library.nvmlDeviceGetName(handle)
            memory = library.nvmlDeviceGetMemoryInfo(handle)
            busy = library.nvmlDeviceGetUtilizationRates(handle).gpu
            yield Gpu(name if isinstance(name, str) else name.decode(), float(busy), memory.used, memory.total)


@cache
def _nvidia() -> Any:
    """Open NVIDIA's management library; None if it is not available."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # not installed, no driver, no GPU, or incompatible versions
        return None
    return pynvml
