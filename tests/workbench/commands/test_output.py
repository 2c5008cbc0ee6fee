"""Tables of text as commands write them."""

from __future__ import annotations

import pytest

from workbench.commands import output


def test_widths_are_measured_once_for_all_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = 0
    cell_len = output.cell_len

    def counted(text: str) -> int:
        nonlocal measured
        measured += 1
        return cell_len(text)

    monkeypatch.setattr(output, "cell_len", counted)
    output.say_table(("name", "number"), [(f"row {n}", n) for n in range(500)])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "name     number"
    assert printed[-1] == "row 499     499"
    assert measured < 10 * 500
