"""Data sets shown by name or path: names that lead nowhere are one clear message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.commanding import Result
from workbench import cli


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> Result:
    capsys.readouterr()
    status = cli.call(arguments)
    written = capsys.readouterr()
    return Result(status, written.out, written.err)


@pytest.mark.parametrize("name", ["", "x" * 300, "x/" * 3000, "~nosuchuser/x.csv", "loop"])
@pytest.mark.parametrize(("command", "what"), [("show", "data set or file"), ("get", "data set")])
def test_names_that_lead_nowhere(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    what: str,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    result = call(capsys, "data", command, name)
    assert result.status == 2
    assert result.message.startswith(f"no {what} is called '{name[:50]}")
    assert len(result.message) < 200


@pytest.mark.parametrize("name", ["a\0", "~nosuchuser/x", "x" * 300])
def test_an_experiment_whose_data_leads_nowhere(capsys: pytest.CaptureFixture[str], name: str) -> None:
    result = call(capsys, "train", "digits", "--set", f"data.dataset={name}")
    assert result.status == 2
    assert "no data set, file or folder" in result.message


def test_files_are_found_in_the_home_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.csv").write_text("x,y\n" + "".join(f"{n},{n / 7}\n" for n in range(30)))
    assert call(capsys, "data", "show", "~/own.csv").status == 0
