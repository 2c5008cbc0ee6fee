"""The command on made-up runs: what it says, what it writes, and how it ends."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from engine.errors import DataError
from engine.events import Event, Preparing, Progress, Started, Status
from engine.experiment.model import Experiment
from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun, replace_run
from tests.fresh_process import printed
from tests.workbench.commanding import Workbench
from workbench import cli, typer_app
from workbench.terminal import streams
from workbench.tui import app


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command of these tests trains anything."""
    replace_run(monkeypatch, FakeRun)


class NoData(FakeRun):
    """A run whose data is not there."""

    def read(self) -> Iterator[Preparing]:
        yield Preparing("reading reuters")
        raise DataError("Reuters is not on this machine: `workbench data get reuters`")


class Signalled(FakeRun):
    """A run whose process is told to stop in its second epoch."""

    number = signal.SIGINT

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            if isinstance(event, Progress) and event.epoch == 2:
                os.kill(os.getpid(), self.number)
            yield event


class Early(FakeRun):
    """A run whose process is told to stop before its first epoch."""

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            if isinstance(event, Started):
                os.kill(os.getpid(), signal.SIGINT)
            yield event


# Training


def test_train_tells_what_it_trains_each_epoch_and_how_it_ended(workbench: Workbench) -> None:
    result = workbench("train", "digits", "--set", "training.epochs=4", "--name", "mine")
    lines = result.out.splitlines()
    assert result.status == 0
    assert result.err == ""
    assert lines[0] == "run 1 · mine · digits, made up: 100 train, 50 validation, 25 test samples · 18 parameters"
    assert lines[1].split() == ["epoch", "loss", "val_loss", "val_accuracy"]
    assert [line.split()[0] for line in lines[2:6]] == ["1", "2", "3", "4"]
    assert [line.endswith("*") for line in lines[2:6]] == [True, True, True, False]
    assert lines[6].startswith("run 1 finished in 1.0 s · best epoch 3: val_loss 0.3")


def test_a_run_of_one_epoch_ends_well(workbench: Workbench) -> None:
    result = workbench("train", "digits", "--set", "training.epochs=1")
    assert (result.status, result.err) == (0, "")


def test_train_writes_one_json_object(workbench: Workbench) -> None:
    result = workbench("train", "digits", "--set", "training.epochs=2", "--test", "--json")
    found = result.json
    assert (result.status, result.err) == (0, "")
    assert found["run"] == "1"
    assert (found["status"], found["error"], found["best_epoch"]) == ("finished", None, 2)
    assert found["data"] == {"dataset": "digits", "source": "made up", "train": 100, "validation": 50, "test": 25}
    assert found["history"]["loss"] == pytest.approx([1.007, 0.507])
    assert found["test"] == {"loss": 0.4, "accuracy": 0.9}
    assert set(found["seconds"]) == {"prepare", "train"}


def test_an_experiment_is_read_from_a_file_or_standard_input(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('base = "digits"\nname = "from a file"\n[training]\nepochs = 1\n')
    assert workbench("train", str(file), "--json").json["name"] == "from a file"
    given = io.BytesIO(b'base = "digits"\nname = "given"\ntraining.epochs = 1\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given))
    assert workbench("train", "-", "--json").json["name"] == "given"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'base = "digits"\nname = "caf\xe9"\n')))
    wrong = workbench("train", "-")
    assert (wrong.status, wrong.message) == (2, "standard input: line 2: the text is not UTF-8: save it as UTF-8")


def test_a_run_that_fails_is_kept_and_says_why(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_run(monkeypatch, partial(FakeRun, fails=2))
    result = workbench("train", "digits", "--json")
    assert result.status == 1
    assert result.err == "error: run 1 failed: the loss became not a number in epoch 2\n"
    assert (result.json["status"], result.json["error"]) == ("failed", "the loss became not a number in epoch 2")
    assert len(result.json["history"]["loss"]) == 1


def test_a_run_without_its_data_is_bad_input(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_run(monkeypatch, NoData)
    result = workbench("train", "digits")
    assert result.status == 2
    assert result.message == "Reuters is not on this machine: `workbench data get reuters`"
    assert RunStore().summaries() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_a_run_and_keeps_it(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr("workbench.terminal.signals._leave_soon", lambda: None)
    monkeypatch.setattr(Signalled, "number", number)
    replace_run(monkeypatch, Signalled)
    before = signal.getsignal(number)
    result = workbench("train", "digits", "--set", "training.epochs=3", "--json")
    assert result.status == 130
    assert result.err == "run 1 stopped after epoch 1 of 3: `workbench resume 1` resumes it\n"
    assert (result.json["status"], len(result.json["history"]["loss"])) == ("stopped", 1)
    assert signal.getsignal(number) is before

    replace_run(monkeypatch, FakeRun)
    resumed = workbench("resume", "1", "--json")
    whole = workbench("train", "digits", "--set", "training.epochs=3", "--json")
    assert resumed.status == 0
    assert resumed.json["history"] == whole.json["history"]


def test_a_signal_before_the_first_epoch_ends_at_once(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_run(monkeypatch, Early)
    result = workbench("train", "digits")
    assert result.status == 130
    assert "stopped before its first epoch ended: `workbench resume 1` resumes it" in result.err
    assert RunStore().get("1").status is Status.STOPPED


def test_repeat_trains_with_several_seeds_as_a_group(workbench: Workbench) -> None:
    found = workbench("train", "digits", "--set", "training.epochs=1", "--repeat", "3", "--json").json
    records = [RunStore().get(run["run"]) for run in found["runs"]]
    assert [record.seed for record in records] == [7, 8, 9]
    assert {record.group for record in records} == {found["group"]}


def test_repeat_stops_where_a_run_fails(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_run(monkeypatch, partial(FakeRun, fails=1))
    result = workbench("train", "digits", "--repeat", "3", "--json")
    assert (result.status, len(result.json["runs"])) == (1, 1)


def test_retrain_takes_the_best_epochs_count_and_tests(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=5")
    found = workbench("retrain", "1", "--json").json
    assert len(found["history"]["loss"]) == 3
    assert found["test"] == {"loss": 0.4, "accuracy": 0.9}
    record = RunStore().get("2")
    assert (record.kind, record.parent) == ("retrain", "1")
    assert len(workbench("retrain", "1", "--epochs", "2", "--json").json["history"]["loss"]) == 2


def test_follow_shows_a_run_from_its_first_epoch(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=2")
    result = workbench("follow", "1")
    assert result.status == 0
    assert [line.split()[0] for line in result.out.splitlines()[2:4]] == ["1", "2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resume", "1"], "finished"),
        (["stop", "1"], "not running"),
        (["resume", "99"], "there is no run '99'"),
        (["retrain", "x"], "there is no run 'x'"),
        (["retrain", "1", "--epochs", "100001"], "training.epochs"),
    ],
)
def test_what_cannot_be_done_to_a_run_is_refused(workbench: Workbench, arguments: list[str], message: str) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    result = workbench(*arguments)
    assert result.status == 2
    assert message in result.message


# Findings


def test_findings_are_printed_before_the_run_with_what_mends_them(workbench: Workbench) -> None:
    result = workbench("train", "boston", "--set", "data.scaling=none", "--set", "training.epochs=1")
    assert result.status == 0
    assert result.err.splitlines()[0] == "warning: data.scaling: the columns are not scaled"
    assert result.err.splitlines()[-1] == "    to scale them: --set data.scaling=standard"


def test_a_refusal_says_which_settings_mend_it(workbench: Workbench) -> None:
    refused = workbench("train", "digits", "--set", "layers.1.units=3")
    assert refused.status == 2
    assert "the output layer has 3 units, and 10 classes need 10; to " in refused.message
    assert refused.message.endswith("--set layers.1.units=10")


def test_findings_on_the_curves_are_printed_after_the_run_with_what_mends_them(workbench: Workbench) -> None:
    result = workbench("train", "digits", "--set", "training.epochs=9")
    assert "warning: training.epochs: overfitting from epoch" in result.out
    assert result.out.endswith("    to train 3 epochs: --set training.epochs=3\n")


# Bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "imbd"], ["imbd", "imdb"]),
        (["train", "nowhere/mine.toml"], ["nowhere/mine.toml"]),
        (["train", "imdb", "--set", "epochs"], ["PATH=VALUE"]),
        (["train", "imdb", "--set", "training.epoch=5"], ["training.epoch", "epochs"]),
        (["train", "imdb", "--set", "training.epochs=0"], ["training.epochs", "1"]),
        (["train", "imdb", "--set", "training.epochs=soon", "--set", "seed=-1"], ["training.epochs", "seed"]),
        (["train", "imdb", "--set", "layers.9.units=4"], ["layers.9"]),
        (["train", "reuters", "--set", "layers.2.units=1"], ["46"]),
        (["train"], ["EXPERIMENT"]),
        (["train", "imdb", "--repeat", "0"], ["--repeat"]),
        (["train", "imdb", "--set", "seed=2147483647", "--repeat", "2"], ["seed", "2147483648"]),
        (["train", "imdb", "--set", "seed=2147483647", "--repeat", "2", "--detach"], ["seed", "2147483648"]),
        (["train", "imdb", "--wrong"], ["--wrong"]),
        (["show"], ["RUN"]),
        (["compare", "1"], ["there is no run"]),
        (["predict", "1"], ["--text", "--file"]),
        (["predict", "1", "words"], ["--text"]),
        (["predict", "1", "--file", "nowhere.txt"], ["nowhere.txt"]),
        (["data", "show", "imbd"], ["imbd", "imdb"]),
        (["data", "get", "mnist"], ["mnist", "imdb"]),
        (["trian", "imdb"], ["trian", "train"]),
        (["export", "1", "out", "--to", "word"], ["word"]),
        (["export", "1", "--to", "csv"], ["OUT"]),
    ],
)
def test_bad_input_is_one_message(workbench: Workbench, arguments: list[str], words: list[str]) -> None:
    result = workbench(*arguments)
    assert result.status == 2
    for word in words:
        assert word in result.message
    assert RunStore().summaries() == []


def test_every_mistake_of_a_file_is_named_with_its_line(workbench: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        '[data]\ndataset = "imdb"\nvocabulery = 5\n\n[[layers]]\nkind = "dens"\n\n[training]\nepochs = "x"\n'
    )
    message = workbench("train", str(file)).message
    assert message.startswith(f"{file}: 3 mistakes")
    for part in ("line 3", "vocabulary", "dense", "line 9"):
        assert part in message


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[data", b"[data]\ndataset = 1\ndataset = 2\n", b"\x00" * 100]
)
def test_a_file_that_is_no_toml_is_refused(workbench: Workbench, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "wrong.toml"
    file.write_bytes(content)
    result = workbench("train", str(file))
    assert result.status == 2
    assert str(file) in result.message


def test_a_folder_is_no_experiment(workbench: Workbench, tmp_path: Path) -> None:
    assert workbench("train", str(tmp_path)).status == 2


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_the_screen_needs_a_terminal(workbench: Workbench, monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    for arguments in ([], ["imdb"], ["--slow-link"], ["digits", "--slow-link"]):
        result = workbench(*arguments)
        assert result.status == 2
        assert "workbench train" in result.message


def test_a_bug_goes_to_the_log_in_full(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: RunStore) -> None:
        raise RuntimeError("something\nodd")

    monkeypatch.setattr(RunStore, "summaries", broken)
    result = workbench("runs")
    assert result.status == 1
    assert result.message == f"unexpected RuntimeError: something; in full in {streams.log_path()}"
    assert "Traceback" in streams.log_path().read_text()


def test_an_error_that_an_interrupt_set_off_is_an_interrupt(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: RunStore) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(RunStore, "summaries", interrupted)
    result = workbench("runs")
    assert (result.status, result.err) == (130, "interrupted\n")


def test_a_home_that_cannot_be_made_is_one_message(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "file" / "home"))
    result = workbench("train", "digits")
    assert result.status == 2
    assert str(tmp_path / "file" / "home") in result.message


def test_data_that_is_missing_is_one_message(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> Iterator[None]:
        raise DataError(f"cannot download {name}: no route to host")
        yield

    monkeypatch.setattr("engine.datasets.get", nowhere)
    result = workbench("data", "get", "imdb")
    assert (result.status, result.message) == (2, "cannot download imdb: no route to host")


# The store


def test_presets_are_listed_and_written_as_files(workbench: Workbench, tmp_path: Path) -> None:
    assert "imdb-dropout" in workbench("presets").out
    listed = workbench("presets", "--json").json["presets"]
    assert listed[0]["preset"] == "imdb"
    file = tmp_path / "mine.toml"
    file.write_text(workbench("presets", "imdb-dropout").out)
    assert workbench("check", str(file)).status == 0
    assert workbench("presets", "imdb", "--json").json["training"]["epochs"] == 20


def test_check_shows_shapes_parameters_and_findings(workbench: Workbench) -> None:
    shown = workbench("check", "imdb").out
    assert "160,016" in shown
    assert "160,305 parameters in all" in shown
    wrong = workbench("check", "reuters", "--set", "layers.2.units=1", "--json")
    assert wrong.status == 2
    assert "error" in {finding["level"] for finding in wrong.json["findings"]}


def test_data_says_where_each_set_is_found(workbench: Workbench) -> None:
    listed = {one["name"]: one for one in workbench("data", "list", "--json").json["datasets"]}
    assert {"imdb", "reuters", "boston", "digits"} <= set(listed)
    assert [one["name"] for one in listed["imdb"]["sources"] if one["available"]] == ["packaged"]
    assert workbench("data").out == workbench("data", "list").out
    assert "`workbench data get reuters`" in workbench("data", "show", "reuters").out


def test_data_shows_the_values_of_a_set_and_of_ones_own_table(workbench: Workbench, tmp_path: Path) -> None:
    shown = workbench("data", "show", "boston").out
    assert "contested" in shown
    assert "packaged: 323 train, 81 validation, 102 test samples" in shown
    found = workbench("data", "show", "wine", "--json").json
    assert found["labels"] == ["class 0", "class 1", "class 2"]
    assert len(found["summary"]["columns"]) == 13
    own = tmp_path / "own.csv"
    own.write_text("length,weight\n" + "".join(f"{row},{2 * row}\n" for row in range(40)))
    assert "own.csv" in workbench("data", "show", str(own)).out


def test_doctor_checks_machine_and_terminal(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    result = workbench("doctor", "--json")
    assert result.status == 0
    terminal = {one["name"]: one for one in result.json["terminal"]}
    assert not terminal["TERM"]["fit"]
    assert "workbench train" in terminal["TERM"]["advice"]
    assert {"tensorflow", "memory", "home", "runs"} <= {one["name"] for one in result.json["machine"]}
    assert "TERM" in workbench("doctor").out


def test_version_and_help(workbench: Workbench) -> None:
    assert workbench("--version").out.startswith("workbench 0.")
    shown = workbench("--help").out
    for command in ("train", "crossval", "search", "predict", "doctor", "data"):
        assert command in shown


def test_text_of_any_origin_is_shown_as_text(workbench: Workbench) -> None:
    name = "[bold]\x1b[31mred\u202e"
    workbench("train", "digits", "--name", name, "--set", "training.epochs=1")
    for arguments in (["runs"], ["show", "1"], ["compare", "1", "1"]):
        out = workbench(*arguments).out
        assert "[bold]\ufffd[31mred\ufffd" in out
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_an_experiment_named_like_a_command_is_opened_as_a_file() -> None:
    assert cli.routed(["train", "x"]) == ["train", "x"]
    assert cli.routed(["./train"]) == ["open", "./train"]
    assert cli.routed(["imdb"]) == ["open", "imdb"]
    assert cli.routed([]) == ["open"]
    assert cli.routed(["--slow-link", "imdb"]) == ["open", "--slow-link", "imdb"]


def test_an_opened_experiment_is_handed_to_the_screen(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Experiment, bool, bool]] = []

    def run(screen: app.Workbench, running: object, *, mouse: bool, browser: bool) -> int:
        assert not browser
        seen.append((screen._first, screen.slow_link, mouse))
        return 0

    monkeypatch.setattr("workbench.terminal.launch.prepare", lambda _browser: None)
    monkeypatch.setattr("workbench.terminal.launch.run", run)
    assert workbench("digits", "--slow-link").status == 0
    assert workbench("--no-mouse").status == 0
    said = [(one.data.dataset, slow, mouse) for one, slow, mouse in seen]
    assert said == [("digits", True, True), ("imdb", False, False)]


def test_continuing_names_no_experiment(workbench: Workbench) -> None:
    refused = workbench("--continue", "imdb")
    assert refused.status == 2
    assert refused.message == "--continue opens the last session's experiment: leave out 'imdb'"


def test_the_list_of_commands_says_of_each_what_it_does() -> None:
    def said(made: typer.Typer) -> dict[str, str]:
        return {name: found.get_short_help_str(500) for name, found in get_command(made).commands.items()}  # type: ignore[attr-defined]

    listed = said(typer_app.with_summaries())
    assert listed == said(typer_app.with_commands())
    assert {"train", "learning-curve", "data", "config"} <= listed.keys()


def test_listing_commands_imports_nothing_that_they_use() -> None:
    code = "import sys; from workbench import cli; cli.call(['--help']); print('numpy' in sys.modules)"
    assert printed(code).splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("variable", "typed", "named"),
    [
        ("COMP_WORDS", "workbench train --s", "train"),
        ("_TYPER_COMPLETE_ARGS", "workbench tr", "tr"),
        ("COMP_WORDS", "workbench ", ""),
    ],
)
def test_completion_knows_the_command_that_is_typed(
    monkeypatch: pytest.MonkeyPatch, variable: str, typed: str, named: str
) -> None:
    for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, typed)
    assert typer_app._completed() == named
