"""config.toml as it is read: defaults, every kind of mistake with its line, and the file that is written."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from workbench.config import document, file
from workbench.config.model import Config, Theme
from workbench.tui import themes

KEYS = [document.KeyLine("run.start", "r", "Run"), document.KeyLine("app.help", "question_mark", "Keys")]


def said(tmp_path: Path, text: str) -> str:
    """What is said of a file with this text."""
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(file.ConfigError) as caught:
        file.read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(f"{path}: ")


def test_without_a_file_everything_is_as_usual(home: Path) -> None:
    found = file.read()
    assert found.path == home / "config.toml"
    assert not found.exists
    assert found.config == Config()


def test_without_workbench_home_the_file_lies_in_the_platforms_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_config_dir", lambda name, **_: str(tmp_path / name))
    assert file.location() == tmp_path / "workbench" / "config.toml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nmoose = true", "line 2, moose: unknown key 'moose': did you mean 'mouse'?"),
        (
            "theme = 'workbench-drak'",
            "line 1, theme: there is no theme 'workbench-drak': did you mean 'workbench-dark'?",
        ),
        ("mouse = 1", "line 1, mouse: expected true or false, not 1"),
        ("experiment = ['a']", "line 1, experiment: expected text in quotes, at least 1 characters, not ['a']"),
        ("series = ['red']", "line 1, series: expected a list of at most 8 colours, such as"),
        ("data_folders = 'a'", "line 1, data_folders: expected a list of folders, such as ['~/data'], not 'a'"),
        ("keymap = 'emacs'", "line 1, keymap: there is no keymap 'emacs': it is one of standard, vim"),
        ("[keys]\nrun.start = 3", "line 2, keys.run.start: expected a key in quotes, or several"),
        ('[keys]\n\n"run.start" = 3', "line 3, keys.run.start: expected a key in quotes, or several"),
        ("keys = 3", "line 1, keys: expected a table of keys by the binding's id"),
        ("notifications = true", "line 1, notifications: expected a table, headed [notifications], not true"),
        ("[notifications]\nbel = true", "line 2, notifications.bel: unknown key 'bel': did you mean 'bell'?"),
        ("[notifications]\nevents = ['x']", "line 2, notifications.events: there is no event 'x': it is one of"),
        (
            "[notifications]\nleast_seconds = -1",
            "line 2, notifications.least_seconds: expected a number, at least 0",
        ),
        ('[notifications]\non_end = "a \'b"', "line 2, notifications.on_end: the command cannot be split"),
        ("mouse =", "line 1: this is not TOML"),
        ("# \xe9", "line 1: the text is not UTF-8"),
        ("a = " + "[" * 5000, "lists or tables are nested too deeply"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_is_allowed(tmp_path: Path, text: str, message: str) -> None:
    assert said(tmp_path, text).startswith(message)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    lines = said(tmp_path, "mouse = 1\nslow_link = 'no'\n").splitlines()
    assert lines[0] == "2 mistakes"
    assert [line.split(",")[0].strip() for line in lines[1:]] == ["line 1", "line 2"]


def test_a_folder_in_the_files_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(file.ConfigError, match="this is a folder"):
        file.read(tmp_path / "config.toml")


def test_keys_are_taken_in_both_spellings(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\nrun.start = "f5"\n"app.help" = "f1,h"\n')
    assert file.read(path).config.keys == {"run.start": "f5", "app.help": "f1,h"}


def test_the_written_file_changes_nothing_and_shows_every_setting(tmp_path: Path) -> None:
    text = document.text(Config(), KEYS)
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert file.read(path).config == Config()
    assert all(f"\n# {name} = " in text for name in Config.model_fields if name not in ("keys", "notifications"))
    assert '\n# "run.start" = "r"' in text


def test_what_is_set_survives_writing(tmp_path: Path) -> None:
    raw = {
        "theme": "nord",
        "series": ["#112233"],
        "keys": {"run.start": "f5"},
        "notifications": {"bell": True, "on_end": 'say "done"', "events": ["failed"]},
    }
    config = Config.model_validate(raw)
    path = tmp_path / "config.toml"
    path.write_text(document.text(config, KEYS))
    assert file.read(path).config == config


def test_the_schema_knows_every_setting_and_key() -> None:
    schema = document.schema(KEYS)
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["properties"]) == set(Config.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["keys"]["properties"]["run.start"]["default"] == "r"
    assert all(part.get("description") for part in schema["properties"].values())


def test_the_themes_of_the_configuration_are_those_of_the_screen() -> None:
    from typing import get_args

    from tests.workbench import fake

    assert set(get_args(Theme)) == set(fake.app().available_themes)
    assert set(themes.OWN) <= set(get_args(Theme))


def test_folders_that_are_not_there_are_said(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"data_folders = ['{tmp_path}', '/nowhere/at/all']\n")
    (mistake,) = file.missing_folders(file.read(path))
    assert str(mistake).startswith("line 1, data_folders: '/nowhere/at/all' is not a folder")


def test_the_shown_file_is_toml() -> None:
    assert "notifications" in tomllib.loads(document.text(Config(), KEYS))
