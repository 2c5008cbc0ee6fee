"""Experiments from text and files, their mistakes, and their settings by path."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ExperimentError, Mistake
from engine.experiment import layers as stack
from engine.experiment import toml_file as files
from engine.experiment.keras_names import OptimizerName
from engine.experiment.model import Data, EarlyStopping, Experiment, ReduceOnPlateau, Training
from engine.experiment.setting_paths import differences, settings_of, value_of, with_settings
from tests.engine.strategies import instances


def mistakes(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ExperimentError) as caught:
        files.parse(text, "mine.toml")
    assert caught.value.source == "mine.toml"
    assert all(line.isprintable() for line in str(caught.value).split("\n"))
    return caught.value.mistakes


FULL = """\
name = "Mine"
seed = 3

[data]
dataset = "imdb"
vocabulary = 2_000
validation = 0.2

[[layers]]
kind = "dense"
units = 8
activation = "relu"
l2 = 0

[[layers]]
kind = "dropout"
rate = 0

[[layers]]
kind = "dense"
units = 1
activation = "sigmoid"
enabled = false

[training]
loss = "mean_squared_error"
optimizer = "sgd"
learning_rate = 1
momentum = 0.9
metrics = ["acc", "mae"]

[training.early_stopping]
patience = 2
"""


def test_a_file_is_read() -> None:
    found = files.parse(FULL, "mine.toml")
    assert (found.name, found.seed) == ("Mine", 3)
    assert found.data == Data(vocabulary=2000, validation=0.2)
    assert found.layers == (
        stack.Dense(units=8, activation="relu"),
        stack.Dropout(rate=0.0),
        stack.Dense(units=1, activation="sigmoid", enabled=False),
    )
    assert found.training == Training(
        loss="mse", optimizer="sgd", learning_rate=1.0, momentum=0.9, metrics=("accuracy", "mae"),
        early_stopping=EarlyStopping(patience=2),
    )  # fmt: skip


FULL_OF_MISTAKES = """\
name = 3
sed = 3
seed = true
[data]
validation = 0
length = 1.5
[[layers]]
kind = "Desne"
[[layers]]
units = 3
[[layers]]
kind = "dropout"
rate = 1
[[layers]]
kind = "dense"
activation = "relo"
unitz = 5
units = false
[training]
metrics = ["acurracy"]
epochs = 0
loss = "mean_squred_error"
learning_rate = nan
optimizer = 5
"""

SAID = (
    (1, "name", "expected text in quotes, at least 1 and at most 200 characters, not 3"),
    (2, "sed", "unknown key 'sed': did you mean 'seed'?"),
    (3, "seed", "expected a whole number, at least 0 and below 2,147,483,648, not true"),
    (5, "data.validation", "expected a number of samples (1 or more) or a fraction between 0 and 1, not 0"),
    (6, "data.length", "expected a whole number, at least 1 and at most 100,000, not 1.5"),
    (7, "layers.0", "unknown kind of layer 'Desne': did you mean 'dense'?"),
    (9, "layers.1", f"a layer needs a kind, for instance kind = 'dense': it is one of {', '.join(stack.KINDS)}"),
    (13, "layers.2.rate", "expected a number, at least 0 and below 1, not 1"),
    (16, "layers.3.activation", "unknown activation 'relo': did you mean 'relu'?"),
    (17, "layers.3.unitz", "unknown key 'unitz': did you mean 'units'?"),
    (18, "layers.3.units", "expected a whole number, at least 1 and at most 65,536, not false"),
    (20, "training.metrics", "unknown metric 'acurracy': did you mean 'accuracy'?"),
    (21, "training.epochs", "expected a whole number, at least 1 and at most 100,000, not 0"),
    (22, "training.loss", "unknown loss 'mean_squred_error': did you mean 'mse'?"),
    (23, "training.learning_rate", "expected a number, above 0 and at most 1,000, not nan"),
    (24, "training.optimizer", f"expected one of {', '.join(get_args(OptimizerName))}, not 5"),
)
"""Each mistake's line, path and message."""


def test_all_mistakes_come_at_once_with_line_path_and_nearest_name() -> None:
    found = mistakes(FULL_OF_MISTAKES)
    assert [(mistake.line, mistake.path, mistake.message) for mistake in found] == list(SAID)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "it is empty"),
        ("# a comment alone\n", None, "it is empty"),
        ("seed = 7\nlayers = [\n1,", 3, "this is not TOML: Invalid value"),
        ("seed == 7", 1, "this is not TOML"),
        ("[data]\nlength=1\n[data]\n", 3, "this is not TOML: Cannot declare"),
        ("seed = '\x1b[31m'", 1, "this is not TOML: Found invalid character '\\x1b'"),
        ("seed = " + "[" * 100_000, None, "nested too deeply"),
        ("seed = " + "1" * 10_000, None, "a number is too long"),
        ("seed = 1\n" + "a." * 300_000 + "b = 1", 2, "keys more than 32 deep"),
        ("base = 'imbd'", 1, "unknown preset or file 'imbd': did you mean 'imdb'?"),
        ("base = 3", 1, "expected a preset's name or the path of a file, not 3"),
        ("layers = 3", 1, "expected a list of at most 200 tables, each headed [[layers]], not 3"),
        ("layers = [1]", 1, "expected a table, not 1"),
        ("training = 'fast'", 1, "expected a table, not 'fast'"),
        ("training.metrics = 'accuracy'", 1, "expected a list, such as ['accuracy', 'precision']"),
        ("seed = 0x" + "F" * 6000, 1, "not one too large to show"),
        ("name = ''", 1, "expected text in quotes, at least 1 and at most 200 characters, not ''"),
        ("name = 2020-01-01", 1, "expected text in quotes"),
        ('"\\u001b[31m\\u202e" = 1', 1, "unknown key '\\x1b[31m\\u202e'"),
        (f"'{'x' * 500}' = 1", 1, "..."),
        ("training.early_stopping = 3", 1, "expected a table, not 3"),
        ("data.rows = true", 1, "expected a whole number, at least 4, not true"),
        ("data.charset = 'nonsense'", 1, "unknown encoding 'nonsense'"),
        ("data.charset = 'hex'", 1, "unknown encoding 'hex'"),
        ("data.charset = 'rot13'", 1, "unknown encoding 'rot13'"),
    ],
)  # fmt: skip
def test_each_kind_of_wrong_text_has_its_message(text: str, line: int | None, message: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert message in found[0].message
    assert found[0].line == line
    assert len(str(found[0])) < 300


def test_a_list_of_mistakes_without_end_is_cut() -> None:
    with pytest.raises(ExperimentError) as caught:
        files.parse("".join(f"key{number} = 1\n" for number in range(60)), "file")
    assert len(caught.value.mistakes) == 60
    lines = str(caught.value).split("\n  ")
    assert lines[0] == "file: 60 mistakes"
    assert len(lines) == 12
    assert lines[-1] == "and 50 more"


def test_more_layers_than_a_stack_may_have() -> None:
    assert mistakes("[[layers]]\nkind='flatten'\n" * 201)[0].path == "layers"


def test_files_that_cannot_be_experiments(tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(ExperimentError) as caught:
            files.load(str(path))
        return str(caught.value)

    (tmp_path / "latin.toml").write_bytes(b"seed = 1\nname = '\xe9'\n")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    os.mkfifo(tmp_path / "pipe.toml")
    assert told(tmp_path / "latin.toml").endswith("line 2: the text is not UTF-8: save it as UTF-8")
    assert "larger than 1,000,000 bytes" in told(tmp_path / "large.toml")
    assert "this is a folder" in told(tmp_path)
    assert "this is not a file" in told(tmp_path / "pipe.toml")
    assert "No such file" in told(tmp_path / "none.toml")
    assert "cannot be read" in told(tmp_path / "null\0.toml")
    assert "\x1b" not in told(tmp_path / "\x1b[31m.toml")


@pytest.mark.parametrize("name", ["a\0", "~nosuchuser/x", "x" * 300, "loop"])
def test_paths_that_lead_nowhere_are_mistakes_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises(ExperimentError, match=r"there is no such preset or file|cannot be read"):
        files.load(name)
    with pytest.raises(ExperimentError, match=r"cannot be read"):
        files.load(f"{name}.toml")
    Path("mine.toml").write_text(f"seed = 1\nbase = {json.dumps(name)}\n")
    with pytest.raises(ExperimentError, match=r"line 2, base: unknown preset or file"):
        files.load("mine.toml")
    Path("mine.toml").write_text(f"base = 'imdb'\ndata.dataset = {json.dumps(name)}\n")
    assert files.load("mine.toml").data.dataset == name


def test_names_that_are_neither_preset_nor_file() -> None:
    with pytest.raises(ExperimentError, match="did you mean 'imdb-small'"):
        files.load("imdb-smal")
    with pytest.raises(ExperimentError, match="`workbench presets` lists the presets"):
        files.load("\x1b[2J")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert files.read(path) == files.parse(FULL, "mine.toml")


def test_a_file_builds_on_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "wide.toml"
    path.write_text(
        "base = 'imdb'\n[data]\nvocabulary = 5000\n[training]\nepochs = 3\n"
        "[training.early_stopping]\npatience = 1\n"
    )
    found, base = files.load(str(path)), files.load("imdb")
    assert (found.name, found.about) == ("wide", "")
    assert found.layers == base.layers
    assert found.data == base.data.model_copy(update={"vocabulary": 5000})
    assert found.training.model_copy(update={"early_stopping": None, "epochs": 20}) == base.training
    assert found.training.early_stopping == EarlyStopping(patience=1)


def test_layers_replace_the_whole_stack_and_false_takes_away(tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text(FULL)
    (tmp_path / "above.toml").write_text(
        "base = 'below.toml'\n[[layers]]\nkind = 'dense'\nunits = 2\n[training]\nearly_stopping = false\n"
        "reduce_on_plateau = true\n[data]\nvalidation = false\n"
    )
    found = files.read(tmp_path / "above.toml")
    assert found.layers == (stack.Dense(units=2),)
    assert found.training.early_stopping is None
    assert found.training.reduce_on_plateau == ReduceOnPlateau()
    assert found.data.validation is None
    assert found.data.vocabulary == 2000


def test_files_that_build_on_themselves_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("seed = 1\nbase = 'b.toml'\n")
    (tmp_path / "b.toml").write_text("base = 'a.toml'\n")
    with pytest.raises(ExperimentError, match=r"b\.toml: line 1, base: the file builds on itself"):
        files.read(tmp_path / "a.toml")


def test_a_wrong_base_is_told_with_its_own_name_and_line(tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text("\n\nseed = -1\n")
    (tmp_path / "above.toml").write_text("base = 'below.toml'\n")
    with pytest.raises(ExperimentError, match=r"below\.toml: line 3, seed"):
        files.read(tmp_path / "above.toml")


def test_data_and_vectors_beside_the_file_are_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    (tmp_path / "glove.txt").write_text("a 1 2\n")
    path = tmp_path / "mine.toml"
    path.write_text("data.dataset = 'mine.csv'\n[[layers]]\nkind = 'embedding'\nvectors = 'glove.txt'\n")
    found = files.read(path)
    assert found.data.dataset == str(tmp_path / "mine.csv")
    assert value_of(found, "layers.0.vectors") == str(tmp_path / "glove.txt")
    path.write_text("data.dataset = 'elsewhere.csv'\n")
    assert files.read(path).data.dataset == "elsewhere.csv"
    (tmp_path / "imdb").mkdir()
    path.write_text("data.dataset = 'imdb'\n")
    assert files.read(path).data.dataset == "imdb"


def test_what_is_written_is_what_one_changes_in_a_stable_order() -> None:
    experiment = Experiment(
        name="Mine",
        seed=3,
        layers=(stack.Dense(units=8, activation="relu", l2=0.01), stack.LSTM()),
        training=Training(epochs=3, early_stopping=EarlyStopping(), metrics=("accuracy",)),
    )
    assert files.dumps(experiment) == (
        'name = "Mine"\nseed = 3\n\n[data]\ndataset = "imdb"\nvocabulary = 10000\nencoding = "multi-hot"\n\n'
        '[[layers]]\nkind = "dense"\nunits = 8\nactivation = "relu"\nl2 = 0.01\n\n'
        '[[layers]]\nkind = "lstm"\nunits = 32\n\n'
        '[training]\nloss = "binary_crossentropy"\noptimizer = "rmsprop"\nlearning_rate = 0.001\n'
        'metrics = ["accuracy"]\nbatch_size = 512\nepochs = 3\n\n'
        "[training.early_stopping]\n"
    )


def test_what_is_wrong_with_a_base_and_with_the_rest_is_said_together(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('base = "imbd"\nnmae = "x"\n[training]\nepochs = 0\n')
    with pytest.raises(ExperimentError) as caught:
        files.load(str(tmp_path / "a.toml"))
    assert [mistake.path for mistake in caught.value.mistakes] == ["base", "nmae", "training.epochs"]


def test_a_very_long_chain_of_bases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0.toml").write_text('name = "the first"\n')
    for number in range(1, 2000):
        (tmp_path / f"{number}.toml").write_text(f'base = "{number - 1}.toml"\n')
    assert files.load(str(tmp_path / "9.toml")).layers == ()
    with pytest.raises(ExperimentError, match="more than 32 deep"):
        files.load(str(tmp_path / "1999.toml"))


def test_paths_are_as_seen_from_the_folder_one_stands_in(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("a,b\n")
    experiment = with_settings(Experiment(), {"data.dataset": "own.csv"})
    assert files.beside(experiment, tmp_path).data.dataset == str(tmp_path / "own.csv")
    assert files.beside(experiment, tmp_path / "elsewhere") == experiment


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot write"):
        files.write(Experiment(), tmp_path / "file" / "mine.toml")


@settings(max_examples=60, deadline=None)
@given(instances(Experiment))
def test_what_is_written_reads_as_it_was(experiment: Experiment) -> None:
    text = files.dumps(experiment)
    assert files.parse(text, "written") == experiment
    assert files.dumps(files.parse(text, "written")) == text


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab.=[]{}\"'#\\\n 1,"), max_size=60) | st.text(max_size=40))
def test_no_text_does_anything_but_raise_mistakes(text: str) -> None:
    try:
        files.parse(text, "any")
    except ExperimentError as error:
        message = str(error)
    else:
        message = ""
    assert all(line.isprintable() for line in message.split("\n"))


OWN = """
[data]
dataset = "people.csv"
target = "income"
ignore = ["id"]
task = "regression"
header = false
decimal = ","
missing = ["?", "-"]
target_scaling = "log"
split_group = "household"

[data.columns.age]
role = "number"
missing = "constant"
fill = -1
scaling = "robust"

[data.columns."date of birth"]
role = "date"

[data.columns."3.5"]
role = "category"
rare = 5
"""


def test_settings_of_ones_own_table_are_read_written_and_set() -> None:
    data = files.parse(OWN, "file").data
    assert data.header is False
    assert data.columns["age"].fill == -1
    assert data.columns["date of birth"].role == "date"
    experiment = files.parse(OWN, "file")
    assert files.parse(files.dumps(experiment), "file") == experiment
    flat = settings_of(experiment)
    assert flat['data.columns."3.5".rare'] == 5
    assert all(value_of(experiment, path) == value for path, value in flat.items())
    changed = with_settings(experiment, {'data.columns."3.5".role': "ignored", "data.columns.7.rare": 2})
    assert changed.data.columns["3.5"].role == "ignored"
    assert changed.data.columns["7"].rare == 2
    assert differences(experiment, changed)['data.columns."3.5".role'] == ("category", "ignored")


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("columns.age.role = 'nubmer'", "data.columns.age.role", "unknown role 'nubmer': did you mean 'number'?"),
        ("columns.age.rolle = 'number'", "data.columns.age.rolle", "unknown key 'rolle': did you mean 'role'?"),
        ("columns.age = 3", "data.columns.age", "expected a table, not 3"),
        ("columns.age.rare = 0", "data.columns.age.rare", "expected a whole number, at least 1, not 0"),
        ("columns.age.fill = []", "data.columns.age.fill", "expected a number or text in quotes, not []"),
        ("ignore = 'id'", "data.ignore", "expected a list, such as ['a', 'b'], not 'id'"),
        ("missing = 3", "data.missing", "expected a list, such as ['a', 'b'], not 3"),
        ("columns = 3", "data.columns", "expected a table, not 3"),
        ("task = 'clases'", "data.task", "unknown task 'clases': did you mean 'classes'?"),
        ("header = 1", "data.header", "expected true or false, not 1"),
        ("class_weight = 'even'", "data.class_weight", "expected 'balanced', or a table of labels"),
        ("class_weight = {yes = -1}", "data.class_weight", "expected 'balanced', or a table of labels"),
        ("target_scaling = 'logg'", "data.target_scaling", "unknown target_scaling 'logg': did you mean 'log'?"),
    ],
)
def test_mistakes_in_settings_of_ones_own_table(text: str, path: str, message: str) -> None:
    [found] = mistakes(f"[data]\n{text}\n")
    assert found.path == path
    assert message in found.message
