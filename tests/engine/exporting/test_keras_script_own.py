"""Scripts of a person's own data: they read the run's very samples in a process of their own, or are refused."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from openpyxl import Workbook

from engine import datasets, exporting, features
from engine.datasets.ragged import Ragged
from engine.errors import EngineError
from engine.events import Status
from engine.experiment import toml_file as files
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.exporting.keras_script_data import data_lines
from engine.exporting.keras_script_own import OwnData, refuse
from engine.runs import RunStore
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine.fake_runs import number_of

HOSTILE = '"""\\ # $x_$ \x1b[31m \u202e {} 漢字'
HIDDEN = {"kind": "dense", "units": 8, "activation": "relu"}
CLASSES: Mapping[str, Any] = {
    "layers": [HIDDEN, {"kind": "dense", "units": 3, "activation": "softmax"}],
    "training.loss": "sparse_categorical_crossentropy",
}
NUMBERS: Mapping[str, Any] = {
    "layers": [HIDDEN, {"kind": "dense", "units": 1}],
    "training.loss": "mse",
    "training.metrics": ["mae"],
}


def write_table(path: Path, separator: str = ",", encoding: str = "utf-8") -> None:
    """Numbers with gaps, categories with rare, missing and unseen values, dates, flags, and two targets."""
    random = np.random.default_rng(3)
    lines = [
        separator.join(
            ["age", "fare", "shade", "rooms", "seen", "paid", HOSTILE.replace('"', ""), "kind", "price"]
        )
    ]
    for n in range(240):
        kind = int(random.integers(0, 3))
        age, fare = 30 + 10 * kind + random.normal(), float(np.exp(random.normal() + kind))
        shade = f"öd{n}" if n % 40 == 7 else random.choice(["rot", "grün", "blau"])
        date = f"{random.integers(1, 28)}.{random.integers(1, 13)}.{2000 + 5 * kind}"
        price = "" if n % 60 == 11 else f"{1000 + 300 * kind + 50 * random.normal():.2f}"
        cells = ["NA" if n % 9 == 0 else f"{age:.3f}", f"{fare:.4f}", "" if n % 11 == 0 else shade,
                 str(random.integers(1, 6)), "?" if n % 13 == 0 else date, random.choice(["True", "False"]),
                 f"{random.normal():.3e}", f"class {kind}", price]  # fmt: skip
        lines.append(separator.join(cells))
        lines += [""] * (n % 50 == 3)
    path.write_bytes("\n".join(lines).encode(encoding, "replace"))


def write_texts(path: Path) -> None:
    """Texts with line breaks of every sort, and words of scripts without spaces."""
    random = np.random.default_rng(4)
    words = [f"w{n}" for n in range(60)] + ["好电影", "ดีมาก", "don't", "A-B", "x\u2028y"]
    lines = ["review,label"]
    for _ in range(150):
        kind = int(random.integers(0, 3))
        chosen = [words[w] for w in random.integers(15 * kind, 15 * kind + 35, 12)]
        lines.append(f'"{chosen[0]}<br />{" ".join(chosen[1:6])}\r\n{chosen[6]}。{" ".join(chosen[7:])}",k{kind}')
    path.write_bytes("\n".join(lines).encode())


def experiment(path: Path, **changes: Any) -> Experiment:
    usual: dict[str, Any] = {
        "data.dataset": str(path),
        "data.vocabulary": 60,
        "training.batch_size": 16,
        "training.epochs": 15,
    }
    usual["training.learning_rate"] = 0.03
    return with_settings(files.load("imdb"), usual | changes)


def cases(folder: Path) -> dict[str, Experiment]:
    """Experiments on own data, by name, of which scripts can be written."""
    write_table(folder / "plain.csv")
    write_table(folder / "other.csv", ";", "cp1252")
    write_texts(folder / "texts.csv")
    write_others(folder)
    columns = {"shade": {"missing": "most_frequent"}, "rooms": {"role": "category"}}
    log = {"data.scaling": "power", "data.columns": columns, "data.target_scaling": "log"}
    rows = {"data.rows": 160, "data.validation": 0.4, "data.class_weight": "balanced"}
    kind, price = {"data.target": "kind"}, {"data.target": "price"}
    return {
        "classes": experiment(folder / "plain.csv", **CLASSES, **kind, **rows),
        "scaled": experiment(folder / "plain.csv", **NUMBERS, **price),
        "log": experiment(folder / "other.csv", **NUMBERS, **price, **log),
        "bag": experiment(folder / "texts.csv", **CLASSES, **{"data.encoding": "tf-idf"}),
        "beside": experiment(folder / "beside.csv.zip", **CLASSES, **{"data.encoding": "tf-idf"}),
        "texts": experiment(folder / "beside.csv", **CLASSES, **TEXTS),
        "sparse": experiment(folder / "parts.svm.gz", **CLASSES),
        "dropped": experiment(folder / "parts.svm.zip", **CLASSES | {"layers": [DROPPED, *CLASSES["layers"]]}),
        "arrays": experiment(folder / "arrays.npz", **CLASSES),
    }


DROPPED = {"kind": "dropout", "rate": 0.1}
TEXTS: Mapping[str, Any] = {
    "data.columns": {"review": {"role": "text"}, "title": {"role": "text"}},
    "data.split_time": "day",
}


def write_others(folder: Path) -> None:
    """A text beside a number and a date, sparse samples, and arrays: as they are, and packed."""
    random = np.random.default_rng(6)
    kinds = random.integers(0, 3, 150)
    words = [" ".join(f"w{word}" for word in random.integers(15 * kind, 15 * kind + 35, 12)) for kind in kinds]
    sizes = ["" if n % 9 == 4 else f"{kind + random.normal():.3f}" for n, kind in enumerate(kinds)]
    days = [f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}" for n in range(150)]
    table = "".join(f'"{text}, \n{n}",{text[:9]} and more,{size},{day},k{kind}\n' for n, (text, size, day, kind) in
                    enumerate(zip(words, sizes, days, kinds, strict=True)))  # fmt: skip
    (folder / "beside.csv").write_text(f"review,title,size,day,kind\n{table}")
    lines = [f"{kind} " + " ".join(f"{7 * kind + n}:{random.random() * (n + 1):.4f}" for n in range(1, 6))
             for kind in kinds]  # fmt: skip
    for name, text in (("beside.csv", f"review,title,size,day,kind\n{table}"), ("parts.svm", "\n".join(lines))):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(f"data/{name}", text)
            archive.writestr(f"__MACOSX/{name}", "x")
    (folder / "parts.svm.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    numbers = kinds[:, None] + random.normal(size=(150, 3))
    numbers[4, 1] = np.nan
    names = np.array(["leaf", "stem", "root"])[kinds]
    np.savez(folder / "arrays.npz", y=names.astype("S"), x=numbers, flag=random.random(150) < 0.5)


ELSEWHERE = """
import json, runpy, sys
import numpy as np
found = {}
for path in sys.argv[1:]:
    made = runpy.run_path(path)
    found[path] = made["history"].history
    parts = {name: made[name] for name in made if name[:2] in ("x_", "y_")}
    parts = {name: part.toarray() if hasattr(part, "toarray") else part for name, part in parts.items()}
    np.savez(path + ".npz", **parts)
assert not [name for name in sys.modules if name.split(".")[0] in ("engine", "workbench")]
print(json.dumps(found))
"""


def run_elsewhere(paths: list[Path], folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", ELSEWHERE, *map(str, paths)]
    environment = os.environ | {"PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def train(store: RunStore, wanted: Experiment) -> str:
    number = number_of(store.record(Run(wanted, test=True)))
    assert store.get(number).status is Status.FINISHED, store.get(number).reason
    return number


def samples(wanted: Experiment, store: RunStore, run: str) -> dict[str, Any]:
    """The run's own encoded samples and targets of each part."""
    loaded, features = drain(datasets.load(wanted.data, wanted.seed)), store.features(run)
    encoded = features.encode(loaded.samples)
    if isinstance(encoded, Ragged):
        dense = np.zeros((len(encoded), features.size), np.float32)
        for sample in range(len(encoded)):
            start, end = encoded.offsets[sample : sample + 2]
            dense[sample, encoded[sample]] = 1 if encoded.weights is None else encoded.weights[start:end]
        encoded = dense
    targets = features.target.scaled(loaded.targets) if loaded.task == "regression" else loaded.targets
    split = loaded.split
    parts = {"train": split.train, "val": split.validation, "test": split.test}
    inputs = {f"x_{name}": encoded[rows] for name, rows in parts.items()}
    return inputs | {f"y_{name}": targets[rows] for name, rows in parts.items()}


def test_scripts_train_on_the_run_s_samples_and_reach_its_curves(tmp_path: Path) -> None:
    store, runs = RunStore(), {}
    wanted = cases(tmp_path)
    for name, one in wanted.items():
        runs[name] = train(store, one)
    paths = {name: exporting.export(store, run, "python", tmp_path / f"{name}.py") for name, run in runs.items()}
    assert all("\x1b" not in path.read_text() for path in paths.values())
    found = run_elsewhere(list(paths.values()), tmp_path)
    for name, path in paths.items():
        made = np.load(f"{path}.npz")
        for part, expected in samples(wanted[name], store, runs[name]).items():
            given = made[part].reshape(expected.shape)
            np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-6, err_msg=f"{name} {part}")
        assert_alike(found[str(path)], store.get(runs[name]).history)
    store.close()


def assert_alike(theirs: dict[str, list[float]], ours: Mapping[str, list[float]]) -> None:
    """Asserts that the last epoch's metrics agree to within what other initial weights make of them."""
    for name in ("accuracy", "val_accuracy"):
        if name in ours:
            assert theirs[name][-1] == pytest.approx(ours[name][-1], abs=0.25)
    for name in ("mae", "val_mae"):
        if name in ours:
            assert theirs[name][-1] == pytest.approx(ours[name][-1], rel=0.4)


def refusal(wanted: Experiment, script: Path, meanwhile: Callable[[], object] = lambda: None) -> str:
    """Trains, does something else, and returns why no script is written of the run."""
    with closing(RunStore()) as store:
        run = train(store, wanted)
        meanwhile()
        with pytest.raises(EngineError) as caught:
            exporting.export(store, run, "python", script)
    assert not script.exists()
    return str(caught.value)


def test_a_table_below_a_title_is_refused(tmp_path: Path) -> None:
    lines = ["Plants of the garden", "amount,shade,kind", *(f"{n},x{n % 4},k{n % 3}" for n in range(90))]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    message = refusal(experiment(tmp_path / "table.csv", **CLASSES), tmp_path / "script.py")
    assert "written in a way that scripts do not read" in message


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    write_table(table)
    wanted = experiment(table, **CLASSES, **{"data.target": "kind"})
    changed = table.read_text().replace("rot", "rosa")
    message = refusal(wanted, tmp_path / "script.py", lambda: table.write_text(changed))
    assert "table.csv has changed since" in message


def tables(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Files of every format and ways to split them, each with the settings of its run."""
    write_table(folder / "plain.csv")
    frame = pl.read_csv(folder / "plain.csv", null_values=["NA", "?", ""]).filter(pl.col("kind").is_not_null())
    frame = frame.with_columns(
        pl.Series("part", ["train"] * 150 + ["val"] * 40 + ["test"] * (len(frame) - 190)),
        pl.Series("team", [f"team {n % 23}" for n in range(len(frame))]),
        pl.Series("day", [f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}" for n in range(len(frame))]),
    ).select("age", "fare", "shade", "paid", "kind", "part", "team", "day")
    frame.write_csv(folder / "all.csv")
    frame[:150].write_csv(folder / "train.csv")
    frame[150:].select(*frame.columns[::-1]).write_csv(folder / "test.csv")
    frame.write_ndjson(folder / "lines.jsonl")
    frame.write_json(folder / "records.json")
    frame.write_parquet(folder / "table.parquet")
    book = Workbook()
    for row in [frame.columns, *frame.rows()]:
        book.active.append(row)
    book.save(folder / "book.xlsx")
    (folder / "packed.csv.gz").write_bytes(gzip.compress((folder / "all.csv").read_bytes()))
    written = [f"{n % 7}.5 %;({1000 + n:,}.25);\u2212{n}.5;k{n % 3}" for n in range(90)]
    (folder / "notations.csv").write_text("\n".join(["a;b;c;kind", *written[:50], "a;b;c;kind", *written[50:]]))
    commas = [f"{n % 7},5;{1000 + n};$ {n},75-;k{n % 3}" for n in range(90)]
    (folder / "commas.csv").write_text("\n".join(["a;b;c;kind", *commas]))
    times = [f"{n % 24}:{n % 60:02}:30,2024{n % 12 + 1:02}{n % 27 + 1:02},$ {n + 1}.-,k{n % 3}" for n in range(90)]
    (folder / "times.csv").write_text("\n".join(["a,b,c,kind", *times[:50], "A,B,C,KIND", *times[50:]]))
    lines = (folder / "all.csv").read_text().split("\n")
    (folder / "comments.csv").write_text("\n".join(["# made", *lines[:9], "# more", *lines[9:]]))
    heads = ["@relation r", "% made", "@attribute 'age in years' numeric", "@attribute kind {a,'b b',c}", "@data"]
    kinds = ("a", "'b b'", "c")
    (folder / "weka.arff").write_text("\n".join(heads + [f"{n % 17 or '?'},{kinds[n % 3]}" for n in range(90)]))
    ignored: Mapping[str, Any] = {"data.ignore": ["part", "team", "day"]}
    return {
        "lines.jsonl": ignored, "records.json": ignored, "table.parquet": ignored, "book.xlsx": ignored,
        "weka.arff": {}, "times.csv": {}, "notations.csv": {}, "commas.csv": {}, "packed.csv.gz": ignored,
        "comments.csv": ignored,
        "all.csv": {"data.split_group": "team", "data.validation": 0.3},
        "all.csv ": {"data.split_time": "day"}, "all.csv  ": {"data.split_time": "fare", "data.rows": 120},
        "all.csv   ": {"data.split_column": "part", "data.ignore": ["team", "day"]},
        "train.csv": {"data.test_file": str(folder / "test.csv")},
    }  # fmt: skip


def test_scripts_of_every_format_and_split_read_the_run_s_samples(tmp_path: Path) -> None:
    for name, change in tables(tmp_path).items():
        wanted = experiment(tmp_path / name.strip(), **CLASSES, **{"data.target": "kind"}, **change)
        dataset = drain(datasets.load(wanted.data, wanted.seed))
        own = OwnData(dataset, drain(features.fit(dataset, wanted.data, dataset.split.train)))
        record: Any = SimpleNamespace(experiment=wanted, seed=wanted.seed, data=dataset.facts, kind="train")
        refuse(record, own)
        lines = list(data_lines(record, "columns", own, 3, ("train", "val", "test")))  # run, and compared
        assert "x_test, y_test = x[test], y[test]" in lines or "samples = order(y)" in lines
        record.kind = "retrain"
        assert list(data_lines(record, "columns", own, 3, ("train", "test")))


@pytest.mark.parametrize("name", ["a.csv", "a.svm"])
def test_scripts_keep_the_digits_of_targets_until_they_are_scaled(tmp_path: Path, name: str) -> None:
    values = [f"{1_700_000_000 + n}.5" for n in range(40)]
    rows = [f"{n % 7},{value}" for n, value in enumerate(values)]
    sparse = [f"{value} 1:{n % 7} 2:1" for n, value in enumerate(values)]
    (tmp_path / name).write_text("\n".join(["x,y", *rows] if name == "a.csv" else sparse))
    wanted = experiment(tmp_path / name)
    dataset = drain(datasets.load(wanted.data, wanted.seed))
    own = OwnData(dataset, drain(features.fit(dataset, wanted.data, dataset.split.train)))
    record: Any = SimpleNamespace(experiment=wanted, seed=wanted.seed, data=dataset.facts, kind="train")
    lines = list(data_lines(record, "columns", own, 1, ("train", "val", "test")))
    text = "\n".join(lines)
    scaling = text.index("y_train = scaled(y_train)")
    assert not any('"float32"' in line for line in text[:scaling].split("\n") if line.startswith("y"))
