"""The ``workbench config`` commands, and what a configuration changes of other commands and of the screen."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from engine.system.paths import data_folders
from tests.workbench.commanding import Workbench
from workbench import configure
from workbench.config.model import Config


@pytest.fixture
def path(home: Path) -> Path:
    """The file of the configuration, which is not there yet."""
    home.mkdir()
    return home / "config.toml"


def editor(tmp_path: Path, script: str) -> str:
    """An editor that is a shell script, with a blank in its path."""
    program = tmp_path / "my editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"'{program}' -x"


def test_the_configuration_is_shown_with_its_place(workbench: Workbench, path: Path) -> None:
    shown = workbench("config")
    assert shown.status == 0
    assert str(path) in shown.out.splitlines()[0]
    assert '# theme = "workbench-dark"' in shown.out
    path.write_text('theme = "nord"\n')
    assert '\ntheme = "nord"' in workbench("config").out
    assert json.loads(workbench("config", "--json").out)["config"]["theme"] == "nord"


def test_what_the_environment_says_instead_is_shown(
    workbench: Workbench, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "dracula")
    shown = " ".join(workbench("config").out.replace("\n# ", " ").split())
    assert "TEXTUAL_THEME is set now, to dracula" in shown


def test_a_bad_file_ends_commands_with_2_and_one_message(workbench: Workbench, path: Path) -> None:
    path.write_text("moose = true\n")
    for command in (("runs",), ("presets",), ("config",), ("config", "check")):
        done = workbench(*command)
        assert (done.status, done.out) == (2, "")
        assert done.err == f"error: {path}: line 1, moose: unknown key 'moose': did you mean 'mouse'?\n"
    assert workbench("runs", "--help").status == 0
    assert workbench("doctor").status in (0, 1)


def test_check_says_which_keys_clash_and_which_cannot_be(workbench: Workbench, path: Path) -> None:
    path.write_text('[keys]\nrun.start = "x"\n')
    done = workbench("config", "check")
    assert done.status == 0
    assert "x is the key of run.start and of stack.remove: on the screen Experiment it does run.start" in done.err
    path.write_text('[keys]\n"run.strat" = "x"\n"form.apply" = "y"\n')
    done = workbench("config", "check")
    assert done.status == 2
    assert "line 2, keys.run.strat: unknown binding 'run.strat': did you mean 'run.start'?" in done.err
    assert "line 3, keys.form.apply: 'y' would be typed into the field" in done.err


def test_the_schema_is_json_with_every_key(workbench: Workbench) -> None:
    schema = json.loads(workbench("config", "schema").out)
    assert "run.start" in schema["properties"]["keys"]["properties"]


def test_edit_writes_the_commented_file_and_opens_the_editor(
    workbench: Workbench, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", editor(tmp_path, 'test "$1" = -x && echo "mouse = false" > "$2"'))
    path.parent.rmdir()
    assert workbench("config", "edit").status == 0
    assert path.read_text() == "mouse = false\n"
    assert json.loads(path.with_name("config.schema.json").read_text())["title"] == "Config"


def test_edit_keeps_the_file_that_is_there_and_says_what_is_wrong_with_it(
    workbench: Workbench, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("mouse = false\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor(tmp_path, 'echo "moose = 1" >> "$2"'))
    done = workbench("config", "edit")
    assert done.status == 2
    assert "line 2, moose" in done.err
    assert path.read_text() == "mouse = false\nmoose = 1\n"


@pytest.mark.parametrize(
    ("command", "message"), [("nothing-here -w", "which is not there"), ("a 'b", "is not a command")]
)
def test_an_editor_that_is_not_there_is_said_and_nothing_is_written(
    workbench: Workbench, path: Path, monkeypatch: pytest.MonkeyPatch, command: str, message: str
) -> None:
    monkeypatch.setenv("VISUAL", command)
    done = workbench("config", "edit")
    assert done.status == 2
    assert message in done.err
    assert not path.exists()


def test_data_folders_are_searched_unless_the_environment_names_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", "")  # put back afterwards
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    path.write_text(f"data_folders = {json.dumps([str(one) for one in folders])}\n")
    configure.apply()
    assert data_folders() == folders
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    configure.apply()
    assert data_folders() == [tmp_path]


def test_a_data_folder_with_the_separator_in_its_name_is_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"a{os.pathsep}b"
    folder.mkdir()
    monkeypatch.setenv("WORKBENCH_DATA", str(folder))
    assert data_folders() == [folder]


def test_the_screen_starts_whatever_is_wrong_and_says_so(path: Path) -> None:
    path.write_text("moose = true\n")
    found = configure.preferences()
    assert found.config == Config()
    assert "line 1, moose" in found.notices[0]


def test_keys_that_cannot_be_are_said_and_the_others_used(path: Path) -> None:
    path.write_text('[keys]\nrun.start = "f5"\nrun.pause = "ctrl+c"\nrun.stop = "a"\n')
    found = configure.preferences()
    assert found.keymap == {"run.start": "f5", "run.stop": "a"}
    assert "keys.run.pause: ctrl+c interrupts the program" in found.notices[0]
    assert "a is the key of run.stop and of stack.add" in found.notices[1]


def test_an_experiment_that_cannot_be_opened_is_said_and_the_usual_one_opened(path: Path) -> None:
    path.write_text('experiment = "imbd"\n')
    chosen, found = configure.first_experiment(configure.preferences())
    assert chosen.name == "IMDB baseline"
    assert "did you mean 'imdb'?" in found.notices[0]
    path.write_text('experiment = "boston"\n')
    assert "Boston" in configure.first_experiment(configure.preferences())[0].name
