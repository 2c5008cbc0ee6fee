"""Levels and runs of the log's lines, whatever wrote them."""

from __future__ import annotations

from pathlib import Path

from workbench.terminal import log_lines

LOG = """\
I0000 00:00:1795707543.699438   12561 port.cc:153] oneDNN custom operations are on.
2026-11-26 17:00:00 pid 12: run 7 begins
W0000 00:00:1795707543.700901   12561 cudart_stub.cc:31] Could not find cuda drivers.
2026-11-26 17:00:01.123456: E tensorflow/core/x.cc:52] failed call to cuInit
/a/b.py:3: RuntimeWarning: overflow encountered
Traceback (most recent call last):
  File "a.py", line 1, in f
ValueError: no such thing
2026-11-26 17:00:02 pid 12: run 7 ends
a worker's \x1b[31mline
"""


def test_lines_have_levels_and_runs_and_are_safe_to_show() -> None:
    found = list(log_lines.parsed(LOG.split("\n")))
    assert [line.level for line in found] == [
        "info", "info", "warning", "error", "warning", "error", "error", "error", "info", "info",
    ]  # fmt: skip
    assert [line.run for line in found] == ["", *["7"] * 8, ""]
    assert found[-1].text == "a worker's \N{REPLACEMENT CHARACTER}[31mline"
    assert {line.level for line in log_lines.at_least(found, "warning")} == {"warning", "error"}


def test_a_long_log_is_read_from_its_end_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a line of no interest\n" * 20_000 + "x" * 10_000 + "\n")
    found = log_lines.read(path)
    assert sum(len(line.text) for line in found) <= log_lines.TAIL
    assert found[0].text == "a line of no interest"
    assert len(found[-1].text) == log_lines.LONGEST
    assert log_lines.read(tmp_path / "none") == []
