"""The doctor command: checks whether this machine and this terminal can run the workbench."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from engine import datasets
from engine.errors import EngineError
from engine.system.installed import version
from engine.system.paths import exists, home
from workbench.commands.inputs import store
from workbench.commands.options import Json
from workbench.commands.output import say_table, write_json
from workbench.terminal.line_speed import measure
from workbench.terminal.reset import reset as reset_terminal
from workbench.terminal.streams import results

LIBRARIES = ("tensorflow", "keras", "numpy", "scikit-learn", "textual", "plotext", "sqlalchemy")
EXTRAS = {"distributed": "searches on a Dask cluster (pip install 'training-workbench[cluster]')"}

MEMORY_GB = 1.5
"""Memory in GB that a run of the IMDB baseline takes together with the screen, with room to spare."""

DISK_GB = 0.5
"""Disk space in GB for indexed reviews and a few dozen runs."""


SLOW_LINE = 8000
"""Bytes per second that a large screen sends during a run."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one property of the machine or the terminal, with advice if it fails."""

    name: str
    fit: bool
    found: str
    advice: str = ""


def doctor(
    reset: Annotated[
        bool, typer.Option("--reset", help="Only reset the terminal after a killed screen has left it unusable.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check this machine and terminal; exit status 2 if something prevents training."""
    if reset:
        reset_terminal()
        return
    python = Check("Python", True, sys.version.split()[0])
    machine = [python, *_libraries(), *_resources(), *_store(), *_data()]
    terminal = list(_terminal())
    if as_json:
        write_json({"machine": [asdict(one) for one in machine], "terminal": [asdict(one) for one in terminal]})
    else:
        rows = [("ok" if one.fit else "!!", one.name, one.found, one.advice) for one in (*machine, *terminal)]
        say_table(("", "what", "found", "advice"), rows)
    if not all(one.fit for one in machine):
        raise typer.Exit(2)


def _libraries() -> Iterator[Check]:
    for name in LIBRARIES:
        found = version(name)
        advice = "" if found else "reinstall: pip install training-workbench"
        yield Check(name, found is not None, found or "missing", advice)
    for name, purpose in EXTRAS.items():
        found = version(name)
        yield Check(name, True, found or "not installed", "" if found else f"only needed for {purpose}")


def _resources() -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Check("processor", True, f"{cores} cores" if cores > 1 else "1 core")
    free = _memory()
    if free is not None:
        fit = free >= MEMORY_GB
        yield Check("memory", fit, f"{free:.1f} GB free", "" if fit else f"an IMDB run takes about {MEMORY_GB} GB")
    folder = next(path for path in (home(), *home().absolute().parents) if exists(path))
    disk = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK)
    advice = "" if writable else "not writable: set WORKBENCH_HOME to a folder that is"
    advice = advice or ("" if disk >= DISK_GB else f"make room: runs and indexed data take about {DISK_GB} GB")
    yield Check("home", not advice, f"{home()}, {disk:.1f} GB free", advice)


def _memory() -> float | None:
    """Return the free memory in GB, the smaller of the machine's and the container's; None if unknown."""
    found = [free for read in (_machine_memory, _container_memory) if (free := _try(read)) is not None]
    return min(found) / 1e9 if found else None


def _machine_memory() -> float:
    lines = Path("/proc/meminfo").read_text().splitlines()
    available = next(line for line in lines if line.startswith("MemAvailable:"))
    return int(available.split()[1]) * 1024


def _container_memory() -> float:
    group = Path("/sys/fs/cgroup")
    return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())


def _try(read: Callable[[], float]) -> float | None:
    try:
        return read()
    except (OSError, ValueError, StopIteration):
        return None


def _store() -> Iterator[Check]:
    try:
        found = store().summaries()
    except EngineError as error:
        yield Check("runs", False, "cannot be read", str(error))
        return
    interrupted = [run.id for run in found if run.interrupted]
    advice = f"interrupted: {', '.join(interrupted)} (workbench resume RUN)" if interrupted else ""
    yield Check("runs", True, f"{len(found):,} stored", advice)


def _data() -> Iterator[Check]:
    for name in ("imdb", "reuters", "boston"):
        source = next((source.name for source in datasets.sources_of(name) if source.available), None)
        yield Check(f"{name} data", True, source or "not here", "" if source else f"workbench data get {name}")


def _terminal() -> Iterator[Check]:
    there = sys.stdin.isatty() and sys.stderr.isatty()
    yield Check("terminal", there, "yes" if there else "none", "" if there else "use `workbench train`")
    term = os.environ.get("TERM", "")
    able = term not in ("", "dumb")
    yield Check(
        "TERM", able, term or "not set", "" if able else "set it to what the terminal is; or use `workbench train`"
    )
    encoding = (sys.stdout.encoding or "").lower()
    fit = encoding.replace("-", "") == "utf8"
    yield Check(
        "encoding", fit, encoding, "" if fit else "curves are drawn with plain characters; a UTF-8 locale is finer"
    )
    colours = _colours(term)
    yield Check("colours", True, colours, "NO_COLOR is set" if "NO_COLOR" in os.environ else "")
    columns, lines = shutil.get_terminal_size()
    fit = columns >= 80 and lines >= 24
    yield Check(
        "size", fit, f"{columns} x {lines}", "" if fit else "80 x 24 is the smallest size that shows everything"
    )
    if able and sys.stdin.isatty() and results().isatty():
        yield _line()


def _line() -> Check:
    speed = measure(results().fileno(), sys.stdin.fileno())
    if speed is None:
        return Check("line", True, "not measured", "the terminal does not answer")
    fit = speed.rate >= SLOW_LINE
    found = f"{speed.rate:,.0f} bytes/s, an answer in {speed.answer * 1000:,.0f} ms"
    return Check("line", fit, found, "" if fit else "slow: `workbench --slow-link` repaints less")


def _colours(term: str) -> str:
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in term else "16"
