"""Exports: each form holds what the run was, and what is to run elsewhere does run elsewhere."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings

from engine import exporting
from engine.errors import EngineError, StoreError
from engine.evaluation.intervals import Interval
from engine.events import DataFacts, EpochEnded, Status
from engine.experiment import toml_file as files
from engine.experiment.layers import Dense, Embedding, GlobalAveragePooling1D
from engine.experiment.model import Data, EarlyStopping, Experiment, ReduceOnPlateau, Training
from engine.experiment.setting_paths import with_settings
from engine.exporting.curves_figure import RunEvidence, figure
from engine.exporting.keras_script import script
from engine.exporting.text_card import card
from engine.features.table import TableFeatures
from engine.features.treatments import NumberTreatment
from engine.runs import RunRecord, RunStore
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine.fake_runs import number_of
from tests.engine.strategies import instances

# Keras turns its variables into arrays in a way that NumPy 2 will not have for ever.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

HOSTILE = '"""\\\n# $x_$ \x1b[31m \u202e {} 漢字'


def record(experiment: Experiment, count: int = 3, **changes: Any) -> RunRecord:
    """A record of a run that was never trained."""
    ended = tuple(
        EpochEnded(n, {"loss": 1 / n, "accuracy": 1 - 0.5 / n, "penalty": 0.0, "val_loss": 0.5 + 0.1 * abs(n - 2),
                       "val_accuracy": 0.8}, 1.0, n == 2, 0.001)
        for n in range(1, count + 1)
    )  # fmt: skip
    values: dict[str, Any] = {
        "id": "7", "name": experiment.name, "kind": "train", "status": Status.FINISHED, "interrupted": False,
        "owned": False, "reason": None, "created": datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "seed": experiment.seed,
        "group": None, "parent": None,
        "data": DataFacts(experiment.data.dataset, "made up", 30, 10, 10, "d"), "parameters": 160_305,
        "epochs_done": count, "best_epoch": 2 if count > 1 else None, "best": {}, "test": None,
        "deleted": False, "revision": 1,
        "seconds_prepare": 0.5, "seconds_train": 3.0, "tags": ("course",), "note": "", "epochs": ended,
        "experiment_text": experiment.model_dump_json(), "baselines": {"loss": 0.69, "accuracy": 0.5},
        "machine": {"cores": "2"}, "versions": {"keras": "3"}, "options": {},
    }  # fmt: skip
    return RunRecord(**values | changes)


# Real runs on small data, trained once for all tests


def write_data(folder: Path) -> None:
    """Small data in the layouts of the published files, and a table and a folder of texts."""
    random = np.random.default_rng(1)

    def texts(classes: Any, spread: int) -> Any:
        rows = np.empty(len(classes), object)
        rows[:] = [random.integers(1 + spread * c, 1 + spread * (c + 2), 30).tolist() for c in classes]
        return rows

    y = random.integers(0, 2, 400)
    x = texts(y, 20)
    np.savez(folder / "imdb.npz", x_train=x[:300], y_train=y[:300], x_test=x[300:], y_test=y[300:])
    topics = random.integers(0, 46, 800)
    np.savez(folder / "reuters.npz", x=texts(topics, 10), y=topics)
    values = random.normal(size=(506, 13)) * np.arange(1, 14)
    np.savez(folder / "boston_housing.npz", x=values, y=20 + values @ np.linspace(-1, 1, 13))
    words = [f"w{rank}" for rank in range(700)]
    (folder / "imdb_word_index.json").write_text(json.dumps({word: at for at, word in enumerate(words, 1)}))
    lines = [f"{word} {' '.join(f'{value:.3f}' for value in random.normal(size=4))}" for word in words[:100]]
    (folder / "vectors.txt").write_text("\n".join(lines))
    kinds = random.integers(0, 3, 200)
    rows = [f"{c + random.normal():.3f},{'abc'[c]},{random.normal():.3f},class {c}" for c in kinds]
    (folder / "table.csv").write_text("\n".join(["size,shade,noise,label", *rows]))
    sentences = [" ".join(words[rank] for rank in row) for row in texts(kinds, 20)]
    for number, (sentence, kind) in enumerate(zip(sentences, kinds, strict=True)):
        (folder / "texts" / f"k{kind}").mkdir(parents=True, exist_ok=True)
        (folder / "texts" / f"k{kind}" / f"{number}.txt").write_text(sentence)


def small(name: str, **changes: Any) -> Experiment:
    usual: dict[str, Any] = {"data.vocabulary": 700, "training.batch_size": 32, "training.epochs": 8}
    return with_settings(files.load(name), usual | {key.replace("__", "."): v for key, v in changes.items()})


def experiments(folder: Path) -> dict[str, Experiment]:
    softmax = [{"kind": "dense", "activation": "relu"}, {"kind": "dense", "units": 3, "activation": "softmax"}]
    own: dict[str, Any] = {"layers": softmax, "training__loss": "sparse_categorical_crossentropy"}
    own["training__learning_rate"] = 0.01  # few batches are enough, whatever the initial weights
    embedding: Any = (
        Embedding(output_dim=4, vectors=str(folder / "vectors.txt")),
        GlobalAveragePooling1D(),
        Dense(units=1, activation="sigmoid"),
    )
    return {
        "imdb": small("imdb-l2", training__early_stopping__patience=7),
        "vectors": small(
            "imdb-embedding",
            data__length=20,
            training__learning_rate=0.02,
            layers=[layer.model_dump() for layer in embedding],
        ),
        "reuters": small("reuters", data__encoding="tf-idf", training__epochs=12),
        "boston": small("boston", training__epochs=15),
        "powers": small("boston", training__epochs=15, data__scaling="power"),
        "table": small("imdb", data__dataset=str(folder / "table.csv"), **own),
        "folder": small("imdb", data__dataset=str(folder / "texts"), data__encoding="count", **own),
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A home in which each experiment has been run, and the runs' numbers by the experiments' names."""
    home = tmp_path_factory.mktemp("exporting")
    (home / "data").mkdir()
    write_data(home / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        patch.setenv("WORKBENCH_DATA", str(home / "data"))
        patch.delenv("WORKBENCH_DB", raising=False)
        store, numbers = RunStore(), {}
        for name, experiment in experiments(home / "data").items():
            numbers[name] = number_of(store.record(Run(experiment, test=name in ("imdb", "boston"))))
            assert store.get(numbers[name]).status is Status.FINISHED, store.get(numbers[name]).reason
        retraining = store.retraining(numbers["boston"])
        numbers["retrained"] = number_of(store.record(retraining, parent=numbers["boston"]))
        store.close()
    return home, numbers


@pytest.fixture
def store(trained: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """The store with those runs."""
    monkeypatch.setenv("WORKBENCH_HOME", str(trained[0]))
    monkeypatch.setenv("WORKBENCH_DATA", str(trained[0] / "data"))
    opened = RunStore()
    yield opened
    opened.close()


ELSEWHERE = """
import contextlib, io, json, os, runpy, sys
import keras, numpy as np
found = {"history": {}, "outputs": {}, "said": {}}
for path in sys.argv[1:]:
    name = os.path.basename(path).split(".")[0]
    if path.endswith(".py"):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            found["history"][name] = runpy.run_path(path)["history"].history
        found["said"][name] = said.getvalue().splitlines()[-2:]
    else:
        model = keras.saving.load_model(path, safe_mode=True)
        found["outputs"][name] = model.predict(np.load(path[:-6] + ".npy"), verbose=0).tolist()
found["ours"] = [module for module in sys.modules if module.split(".")[0] in ("engine", "workbench")]
print(json.dumps(found))
"""


def dense(encoded: Any, features: Any) -> Any:
    """Encoded rows as an exported model reads them."""
    if isinstance(encoded, np.ndarray):
        return encoded
    rows = np.zeros((len(encoded), *features.shape), "int32" if features.form == "sequence" else "float32")
    for index in range(len(encoded)):
        start, end = encoded.offsets[index : index + 2]
        if features.form == "sequence":
            rows[index, features.length - (end - start) :] = encoded.values[start:end]
        else:
            rows[index, encoded[index]] = 1 if encoded.weights is None else encoded.weights[start:end]
    return rows


def test_scripts_reach_the_runs_curves_and_models_load_in_a_process_of_their_own(
    store: RunStore, trained: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    from engine.datasets import load

    _, numbers = trained
    paths = [exporting.export(store, run, "python", tmp_path / f"{name}.py") for name, run in numbers.items()]
    expected = {}
    for name in ("imdb", "vectors", "boston"):
        experiment, features = store.get(numbers[name]).experiment, store.features(numbers[name])
        rows = drain(load(experiment.data, experiment.seed)).samples
        rows = rows[:5] if isinstance(rows, np.ndarray) else rows.take(np.arange(5))
        expected[name] = store.predictor(numbers[name]).outputs(rows)
        np.save(
            tmp_path / f"{name}.npy",
            rows if features.form == "columns" else dense(features.encode(rows), features),
        )
        paths.append(exporting.export(store, numbers[name], "keras", tmp_path / f"{name}.keras"))
    command = [sys.executable, "-c", ELSEWHERE, *map(str, paths)]
    environment = os.environ | {"PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["ours"] == []
    for name, outputs in expected.items():
        np.testing.assert_allclose(found["outputs"][name], outputs, atol=1e-5)
    for name, run in numbers.items():
        compare(found["history"][name], store.get(run))
    assert found["said"]["boston"][-1].startswith("test samples: {'loss': ")
    assert found["said"]["imdb"][-1].startswith("test samples: {'accuracy': ")
    assert found["said"]["table"][-1].startswith("best epoch ")


def compare(theirs: dict[str, list[float]], run: RunRecord) -> None:
    """The last epoch's figures agree to within what another order of rows and other weights make of them."""
    ours = run.history
    assert len(theirs["loss"]) == len(ours["loss"])
    assert ("val_loss" in theirs) == ("val_loss" in ours)
    for name in ("accuracy", "val_accuracy"):
        if name in ours:
            assert theirs[name][-1] == pytest.approx(ours[name][-1], abs=0.2), run.name
    if "mae" in ours:
        assert theirs["mae"][-1] == pytest.approx(ours["mae"][-1], rel=0.3)
    if run.experiment.data.dataset == "imdb":
        loss = theirs.get("binary_crossentropy", theirs["loss"])
        assert loss[-1] == pytest.approx(ours["loss"][-1], rel=0.3)


def linted(folder: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F,E7,E9,W",
        str(folder),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_the_script_of_every_preset_is_clean_python(tmp_path: Path) -> None:
    for name, preset in files.presets().items():
        for kind in ("train", "retrain"):
            text = script(record(preset, kind=kind, test={"loss": 0.3} if kind == "retrain" else None))
            assert not [line for line in text.split("\n") if line.startswith(("import engine", "from engine"))]
            (tmp_path / f"{name}-{kind}.py".replace("-", "_")).write_text(text)
    assert linted(tmp_path) == "All checks passed!\n"


def syntax_error(text: str) -> SyntaxError | None:
    """Why a text is not Python; None where it is."""
    try:
        compile(text, "script", "exec")
    except SyntaxError as error:
        return error
    return None


@settings(max_examples=60, deadline=None)
@example(Experiment(layers=(Embedding(vectors="0"),)))
@example(Experiment(data=Data(dataset="boston", scaling="power")))
@given(instances(Experiment))
def test_any_experiment_s_script_is_python(experiment: Experiment) -> None:
    for name in ("imdb", "reuters", "boston", "wine"):
        data = experiment.data.model_copy(update={"dataset": name})
        assert syntax_error(script(record(experiment.model_copy(update={"data": data})))) is None


def test_what_a_person_wrote_is_comment_or_literal_in_a_script() -> None:
    data = Data(dataset="imdb", text=HOSTILE, target=HOSTILE)
    written = Experiment(name=HOSTILE, about=HOSTILE, data=data, layers=(Dense(),))
    text = script(record(written, reason=HOSTILE, note=HOSTILE))
    assert syntax_error(text) is None
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_script_has_the_run_s_callbacks_and_optimiser() -> None:
    training = Training(
        optimizer="sgd", learning_rate=0.1, momentum=0.9, metrics=("accuracy", "auc"),
        early_stopping=EarlyStopping(patience=0, min_delta=0.01), reduce_on_plateau=ReduceOnPlateau(),
    )  # fmt: skip
    text = script(record(Experiment(layers=(Dense(units=1, l1=0.1),), training=training)))
    for line in (
        "optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),",
        'metrics=["accuracy", keras.metrics.AUC(name="auc"), "binary_crossentropy"],',
        'stopping = keras.callbacks.EarlyStopping(monitor="val_binary_crossentropy", mode="min", patience=1, '
        "min_delta=0.01)",
        "        stopping,",
        "best = stopping.best_epoch",
        'ReduceLROnPlateau(monitor="val_binary_crossentropy", mode="min", factor=0.5, patience=2, min_lr=0.0),',
        'Dense(units=1, activation="linear", kernel_regularizer=keras.regularizers.L1L2(l1=0.1, l2=0.0)),',
    ):
        assert line in text


def test_curves_are_a_table_with_a_line_for_each_epoch(store: RunStore, trained: Any, tmp_path: Path) -> None:
    numbers = trained[1]
    out = exporting.export_many(store, [numbers["imdb"], numbers["boston"]], "csv", tmp_path / "curves.csv")
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    imdb, boston = store.get(numbers["imdb"]), store.get(numbers["boston"])
    assert len(rows) == len(imdb.epochs) + len(boston.epochs)
    assert [float(row["val_loss"]) for row in rows if row["run"] == imdb.id] == imdb.history["val_loss"]
    assert {row["accuracy"] for row in rows if row["run"] == boston.id} == {""}
    assert [int(row["epoch"]) for row in rows if row["best"] == "1"] == [imdb.best_epoch, boston.best_epoch]
    assert {row["learning_rate"] for row in rows} == {"0.001"}


@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_is_drawn_in_each_form(form: str, begins: bytes) -> None:
    named = Experiment(name=HOSTILE, training=Training(metrics=("accuracy",)))
    assert figure([record(named)], form).startswith(begins)


def test_a_figure_holds_several_runs_and_those_without_validation() -> None:
    runs = [record(files.load("imdb"), id=str(number)) for number in range(9)]
    alone = tuple(EpochEnded(n, {"loss": 10.0**-n}, 1.0, False, 0.1) for n in (1, 2, 3))
    runs.append(record(files.load("boston")))
    drawn = figure([*runs, record(files.load("imdb"), 0)], "svg")
    assert len(drawn) > len(figure(runs[:1], "svg"))
    assert figure([record(files.load("boston"), epochs=alone)], "png")
    with pytest.raises(EngineError, match="no epoch has ended"):
        figure([record(files.load("imdb"), 0)], "png")


def test_intervals_and_a_linear_model_stand_in_figures_and_cards() -> None:
    imdb = record(files.load("imdb"), 5)
    found = RunEvidence({"val_loss": Interval(0.45, 0.55)}, {"val_loss": 0.4})
    drawn = figure([imdb], "svg", {imdb.id: found})
    assert len(drawn) > len(figure([imdb], "svg", {imdb.id: RunEvidence({}, found.linear)})) + 200
    best = next(ended.logs["val_loss"] for ended in imdb.epochs if ended.epoch == imdb.best_epoch)
    assert f"<!-- {best:.3g} ±0.05 -->".encode() in drawn, "the value and its interval are written out"
    text = card(imdb, None, {"val_accuracy": Interval(0.87, 0.89)}, {"val_accuracy": 0.85})
    assert "Intervals   val_accuracy [0.87, 0.89]" in text
    assert "Linear      val_accuracy 0.85" in text


def test_a_card_tells_a_run_on_one_page_and_how_to_run_it_again() -> None:
    imdb = files.load("imdb-dropout")
    text = card(record(imdb, 5, test={"loss": 0.3, "accuracy": 0.88}, note="worth a second look"))
    for line in (
        "IMDB with dropout",
        "Run         7, train, 2026-01-02 03:04, finished",
        "Data        imdb (made up), 30 training, 10 validation and 10 test samples",
        "Encoding    multi-hot, 10,000 words",
        "Network     Dense 16 relu > Dropout 0.5 > Dense 16 relu > Dropout 0.5 > Dense",
        "Parameters  160,305",
        "Training    binary_crossentropy, rmsprop 0.001, 20 epochs in batches of 512",
        "Best epoch  2 of 20: loss 0.5, accuracy 0.75, penalty 0, val_loss 0.5,",
        "Test        loss 0.3, accuracy 0.88",
        "Note        worth a second look",
        "- overfitting from epoch 3 on: the validation loss rose from 0.5 (epoch 2) to",
    ):
        assert line in text.split("\n")
    file = text.split("Experiment file\n\n")[1]
    assert files.parse("\n".join(line[4:] for line in file.split("\n")), "card") == imdb
    hostile = card(record(Experiment(name=HOSTILE), note=HOSTILE, reason=HOSTILE, tags=(HOSTILE,)))
    assert all(line.isprintable() for line in hostile.split("\n"))


def test_a_card_describes_the_columns_of_a_table_and_no_words() -> None:
    size = NumberTreatment(
        name="size",
        imputing="median",
        missing=0,
        scaling="standard",
        fill=2.0,
        indicator=False,
        center=(2.0,),
        scale=(4.0,),
    )
    features = TableFeatures(task="regression", labels=(), names=("size",), treatments=(size,))
    lines = card(record(Experiment(data=Data(dataset="houses.csv"))), features).split("\n")
    assert "Scaling     standard" in lines
    assert any(line.startswith("Columns     size: ") for line in lines)
    assert not any(line.startswith("Encoding") for line in lines)


def test_event_files_hold_curves_and_hyperparameters(store: RunStore, trained: Any, tmp_path: Path) -> None:
    numbers = trained[1]
    out = exporting.export_many(store, [numbers["imdb"], numbers["boston"]], "tensorboard", tmp_path / "logs")
    imdb = store.get(numbers["imdb"])
    folder = out / f"run-{imdb.id}"
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"run-{numbers[name]}" for name in ("imdb", "boston")
    )
    losses = [(step, value) for step, tag, value in scalars(folder / "validation") if tag == "epoch_loss"]
    assert losses == [(n, pytest.approx(v, rel=1e-6)) for n, v in enumerate(imdb.history["val_loss"], 1)]
    assert {tag for _, tag, _ in scalars(folder / "train")} == {
        "epoch_loss", "epoch_accuracy", "epoch_penalty", "epoch_learning_rate",
    }  # fmt: skip
    start, end = (plugin_data(event) for event in read_events(folder)[1:])
    assert start.session_start_info.hparams["training.optimizer"].string_value == "rmsprop"
    assert start.session_start_info.hparams["layers.0.l2"].number_value == pytest.approx(0.001)
    assert start.session_start_info.hparams["layers.0.enabled"].bool_value is True
    assert start.session_start_info.start_time_secs == pytest.approx(imdb.created.timestamp())
    assert end.session_end_info.status == 1


def read_events(folder: Path) -> list[Any]:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    [path] = folder.glob("events.out.tfevents.*")
    return [Event.FromString(raw) for raw in RawEventFileLoader(str(path)).Load()]


def scalars(folder: Path) -> list[tuple[int, str, float]]:
    return [(event.step, v.tag, v.simple_value) for event in read_events(folder)[1:] for v in event.summary.value]


def plugin_data(event: Any) -> Any:
    """The message of TensorBoard's hyperparameter plugin."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    [value] = event.summary.value
    assert value.metadata.plugin_data.plugin_name == "hparams"
    return HParamsPluginData.FromString(value.metadata.plugin_data.content)


def test_exports_are_named_into_folders_and_not_written_over_unasked(
    store: RunStore, trained: Any, tmp_path: Path
) -> None:
    run = trained[1]["boston"]
    path = exporting.export(store, run, "card", tmp_path)
    assert path == tmp_path / f"run-{run}.txt"
    path.write_text("mine")
    with pytest.raises(EngineError, match="already exists"):
        exporting.export(store, run, "card", tmp_path)
    assert path.read_text() == "mine"
    exporting.export(store, run, "card", path, force=True)
    assert path.read_text().startswith("Boston housing")
    exporting.export(store, run, "tensorboard", tmp_path / "logs")
    with pytest.raises(EngineError, match="already exists"):
        exporting.export(store, run, "tensorboard", tmp_path / "logs")
    exporting.export(store, run, "tensorboard", tmp_path / "logs", force=True)
    assert [entry.name for entry in (tmp_path / "logs").iterdir()] == [f"run-{run}"]
    assert (tmp_path / "logs" / f"run-{run}").stat().st_mode == (tmp_path / "logs").stat().st_mode


@pytest.mark.parametrize("to", ["csv", "tensorboard", "keras"])
def test_what_cannot_be_written_leaves_nothing(store: RunStore, trained: Any, tmp_path: Path, to: str) -> None:
    (tmp_path / "file").write_text("")
    for index in (tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(EngineError, match="cannot write"):
            exporting.export(store, trained[1]["boston"], to, index)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["file"]


def test_wrong_requests_are_refused(store: RunStore, trained: Any, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="did you mean 'python'"):
        exporting.export(store, "1", "pyton", tmp_path)
    with pytest.raises(EngineError, match="python can only contain one run"):
        exporting.export_many(store, ["1", "2"], "python", tmp_path)
    with pytest.raises(StoreError):
        exporting.export(store, "999", "csv", tmp_path)
