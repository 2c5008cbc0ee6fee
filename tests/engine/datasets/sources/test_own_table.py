"""A person's own tables and folders of texts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from engine import datasets, features
from engine.datasets import file_digest
from engine.datasets.dataset import Dataset, LeftOut
from engine.datasets.readers.table import Table
from engine.errors import DataError
from engine.experiment.model import ColumnSettings, Data
from engine.system.drain import drain


def load(path: Path, **settings: object) -> Dataset:
    return drain(datasets.load(Data(dataset=str(path), **settings), 7))  # type: ignore[arg-type]


MIXED = [f"{n},some words and number {n},{n % 2}" for n in range(30)]


def roles(found: Dataset) -> dict[str, str]:
    assert found.table is not None
    return {one.name: one.role for one in found.table.roles}


def table(path: Path, heading: str, rows: list[str]) -> Path:
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    rows = [f"{size},{'north' if size % 3 else 'south'},{size * 2.5 + 0.25}" for size in range(40)]
    return table(tmp_path / "houses.csv", "size,side,price", rows)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    rows = [
        f'"a {"good" if n % 2 else "bad"} film, number {n}",{"for" if n % 2 else "against"}' for n in range(50)
    ]
    return table(tmp_path / "reviews.csv", "review,opinion", rows)


def test_a_table_of_numbers_and_categories(houses: Path) -> None:
    found = load(houses)
    assert (found.kind, found.task, found.target, found.labels) == ("columns", "regression", "price", ())
    assert found.columns == ("size", "side")
    assert isinstance(found.samples, Table)
    assert [column.texts()[4] for column in found.samples.columns] == ["4", "north"]
    assert found.targets[4] == pytest.approx(10.25)
    split = found.split
    assert (len(split.train), len(split.validation), len(split.test)) == (26, 6, 8)
    assert found.notes == ("The target is the column 'price', predicted as a number (regression).",)


def test_the_target_can_be_named_and_text_becomes_classes(houses: Path) -> None:
    found = load(houses, target="side")
    assert (found.task, found.labels, found.columns) == ("binary", ("north", "south"), ("size", "price"))
    assert found.digest != load(houses).digest


def test_few_whole_numbers_are_classes(tmp_path: Path) -> None:
    rows = [f"{n},{n % 3 + 5}" for n in range(30)]
    found = load(table(tmp_path / "a.tsv", "x\tlabel", [row.replace(",", "\t") for row in rows]))
    assert (found.task, found.labels) == ("classes", ("5", "6", "7"))
    assert found.targets.tolist()[:4] == [0, 1, 2, 0]


def test_a_table_of_texts(reviews: Path) -> None:
    found = load(reviews)
    assert (found.kind, found.task, found.labels) == ("text", "binary", ("against", "for"))
    assert found.vocabulary is not None
    assert found.vocabulary.decode(found.samples[3].tolist()) == "? a good film number 3"
    assert found.original is not None
    assert found.original(3) == "a good film, number 3"
    assert load(reviews).samples[3].tolist() == found.samples[3].tolist()


def test_texts_are_read_beside_other_columns(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "number,words,y", MIXED)
    found = load(path)
    assert (found.kind, found.columns) == ("columns", ("number", "words"))
    assert roles(found) == {"number": "number", "words": "text", "y": "target"}
    alone = load(path, ignore=["number"])
    assert (alone.kind, alone.vocabulary is not None) == ("text", True)


def test_a_text_in_its_order_has_no_columns_beside_it(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "number,words,y", MIXED)
    found = load(path, encoding="sequence")
    assert found.kind == "text"
    assert (
        "The column 'number' is left out: a text read as a sequence cannot be combined with columns."
        in found.notes
    )
    with pytest.raises(DataError, match=r"only be read as a bag of words: set data.encoding"):
        load(path, encoding="sequence", columns={"number": ColumnSettings(role="number")})


@pytest.mark.parametrize(
    ("heading", "row", "message"),
    [
        ("a,b", "1,", r"30 rows and 1 column:.*Left out, being empty: 1 column \(b\)"),
        ("a,b", "7,x", r"the target 'b' is 'x' in every row"),
        ("a", "1", r"30 rows and 1 column:.*name it with data.separator"),
        ("a,b", "1,2,3,4", r"names 2 columns, the lines have 4 fields"),
        ("a,b,b", "1,2,3", r"two columns called 'b'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, heading: str, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(table(tmp_path / "a.csv", heading, [row] * 30))


def test_targets_that_cannot_be_predicted_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="30 different values in 30 rows, too many for classes"):
        load(table(tmp_path / "b.csv", "a,b", [f"{n},name {n}" for n in range(30)]))
    with pytest.raises(DataError, match="'b' holds dates: name another column"):
        load(table(tmp_path / "d.csv", "a,b", [f"{n},2024-01-{n % 28 + 1:02}" for n in range(30)]))
    with pytest.raises(DataError, match=r"data.task is regression, and the target 'b' is not all numbers"):
        load(table(tmp_path / "e.csv", "a,b", [f"{n},{'xy'[n % 2]}" for n in range(30)]), task="regression")


def test_several_labels_at_once_and_several_targets_are_refused_by_name(tmp_path: Path) -> None:
    tags = ["red", "blue", "green", "red|blue", "red|green", "blue|green", "red|blue|green"]
    path = table(tmp_path / "a.csv", "a,tags", [f"{n},{tags[n % 7]}" for n in range(42)])
    with pytest.raises(DataError, match=r"holds several labels at once .* multi-label targets are not predicted"):
        load(path)
    assert len(load(path, task="classes").labels) == 7
    with pytest.raises(DataError, match="two columns are the target"):
        load(path, target="a", columns={"tags": ColumnSettings(role="target")})


def test_samples_without_a_target_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [f"{n},{'' if n in (4, 9) else 'xy'[n % 2]}" for n in range(30)]
    found = load(table(tmp_path / "a.csv", "a,y", rows))
    assert len(found.samples) == len(found.targets) == 28
    assert found.table is not None
    assert found.table.left_out == LeftOut(2, "2 samples without a target ('y'), the first in line 6")


def test_identifiers_are_left_out_with_a_note(tmp_path: Path) -> None:
    found = load(table(tmp_path / "a.csv", "id,a,y", [f"K-{n * 37},{n},{'xy'[n % 2]}" for n in range(30)]))
    assert found.columns == ("a",)
    assert "The column 'id' is left out: every value is different: it identifies the row." in found.notes


def test_roles_are_as_the_person_says(tmp_path: Path) -> None:
    rows = [f"{n % 4},2024-03-{n % 28 + 1:02},{n},{n % 2}" for n in range(40)]
    path = table(tmp_path / "a.csv", "code,day,b,y", rows)
    assert roles(load(path)) == {"code": "number", "day": "date", "b": "number", "y": "target"}
    said = load(path, target="b", ignore=["y"], columns={"code": ColumnSettings(role="category")})
    assert roles(said) == {"code": "category", "day": "date", "b": "target", "y": "ignored"}
    with pytest.raises(DataError, match=r"'b' is target by data.target and ignored by data.ignore"):
        load(path, target="b", ignore=["b"])
    with pytest.raises(DataError, match=r"no column 'cod' \(data.columns.cod.role\): did you mean 'code'"):
        load(path, columns={"cod": ColumnSettings(role="number")})


def parts(path: Path, **settings: object) -> tuple[set[str], set[str], set[str]]:
    """The values of the first column in training, validation and test."""
    found = load(path, **settings)
    assert found.table is not None
    texts = np.array(found.table.table.columns[0].texts())
    split = found.split
    return set(texts[split.train]), set(texts[split.validation]), set(texts[split.test])


def test_no_group_is_in_two_parts(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "patient,a,y", [f"p{n % 12},{n},{n % 2}" for n in range(120)])
    train, validation, test = parts(path, split_group="patient")
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert (len(train) > 6, len(validation) >= 1, len(test)) == (True, True, 3)
    groups = load(path, split_group="patient").groups
    assert groups is not None
    assert len(np.unique(groups)) == 12
    few = table(tmp_path / "b.csv", "patient,a,y", [f"p{n % 2},{n},{n % 2}" for n in range(30)])
    with pytest.raises(DataError, match="has 2 different values"):
        load(few, split_group="patient")


def test_the_latest_samples_are_held_out(tmp_path: Path) -> None:
    days = [f"2024-{n % 12 + 1:02}-{n // 12 + 1:02}" for n in range(60)]
    path = table(tmp_path / "a.csv", "day,a,y", [f"{day},{n},{n % 2}" for n, day in enumerate(days)])
    train, validation, test = parts(path, split_time="day")
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert (len(train), len(validation), len(test)) == (38, 10, 12)


def test_a_column_says_which_part_a_sample_is_in(tmp_path: Path) -> None:
    said = ["train", "Training", "train", "valid", "TEST"]
    path = table(tmp_path / "a.csv", "n,part,y", [f"{n},{said[n % 5]},{n % 2}" for n in range(50)])
    train, validation, test = parts(path, split_column="part")
    assert {int(n) % 5 for n in train} == {0, 1, 2}
    assert ({int(n) % 5 for n in validation}, {int(n) % 5 for n in test}) == ({3}, {4})
    assert "part" not in load(path, split_column="part").columns
    wrong = table(tmp_path / "b.csv", "n,part,y", [f"{n},{'ab'[n % 2]},{n % 2}" for n in range(50)])
    with pytest.raises(DataError, match=r"has to say train, validation or test in every row, and holds 'a', 'b'"):
        load(wrong, split_column="part")


def test_separate_files_are_the_parts(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "n,c,y", [f"{n},u,{n % 2}" for n in range(30)])
    held_out = table(tmp_path / "v.csv", "y,c,n,more", [f"{n % 2},v,{n},1" for n in range(100, 110)])
    test = table(tmp_path / "t.csv", "n,c,y", [f"{n},7,{n % 2}" for n in range(200, 205)])
    files = {"validation_file": str(held_out), "test_file": str(test)}
    train, validation, tested = parts(path, **files)
    assert (len(train), len(validation), len(tested)) == (30, 10, 5)
    assert min(map(int, tested)) == 200
    found = load(path, **files)
    assert "Columns of v.csv that a.csv lacks are left out: more." in found.notes
    assert isinstance(found.samples, Table)
    assert found.samples.column("c").classes()[0] == ("7", "u", "v")
    lacking = table(tmp_path / "l.csv", "n,y", [f"{n},{n % 2}" for n in range(5)])
    with pytest.raises(DataError, match=r"l.csv lacks columns of a.csv: c"):
        load(path, test_file=str(lacking))
    with pytest.raises(DataError, match="cannot be combined"):
        load(path, split_group="c", **files)


def test_classes_too_small_to_be_split_are_said(tmp_path: Path) -> None:
    kinds = ["a"] * 20 + ["b"] * 20 + ["odd"] + ["pair"] * 2
    notes = load(table(tmp_path / "a.csv", "n,y", [f"{n},{kind}" for n, kind in enumerate(kinds)])).notes
    assert "Class 'odd' has 1 sample and can be neither validated nor tested: merge or collect more." in notes
    assert "Class 'pair' has 2 samples: training, validation and test cannot all have one." in notes


def test_a_few_long_texts_are_no_categories(tmp_path: Path) -> None:
    rows = [f"{'long ' * 30}{n % 3},{n % 2}" for n in range(40)]
    found = load(table(tmp_path / "a.csv", "words,target", rows))
    assert found.kind == "text"


@pytest.mark.parametrize(("heading", "name"), [("a ,a,y", "a"), ("b\t,b,c", "b")])
def test_two_columns_of_one_name_are_refused(tmp_path: Path, heading: str, name: str) -> None:
    with pytest.raises(DataError, match=f"two columns called {name!r}"):
        load(table(tmp_path / "a.csv", heading, [f"{n},{n},{n % 2}" for n in range(30)]))


@pytest.mark.parametrize("number", ["1e300", "-1e39"])
def test_values_beyond_what_a_network_reads_are_refused_with_their_column(tmp_path: Path, number: str) -> None:
    rows = [f"{n},{n / 7}" for n in range(29)]
    for column, row in (("first", f"{number},1.5"), ("last", f"1,{number}")):
        with pytest.raises(DataError, match=f"the column '{column}' holds a number that is too large, in line 31"):
            load(table(tmp_path / "a.csv", "first,last", [*rows, row]))


@pytest.mark.parametrize(
    ("targets", "task"),
    [
        (range(12), "regression"),
        ([n % 5 for n in range(12)], "regression"),
        ([n % 4 for n in range(12)], "classes"),
        ([1e30 * (n % 2) for n in range(12)], "regression"),
        ([-(n % 2) for n in range(12)], "binary"),
    ],
)
def test_whole_numbers_that_hardly_repeat_are_values(tmp_path: Path, targets: Iterable[float], task: str) -> None:
    found = load(table(tmp_path / "a.csv", "x,y", [f"{n},{target}" for n, target in enumerate(targets)]))
    assert found.task == task
    assert bool(found.labels) is (task != "regression")


@pytest.mark.parametrize("name", ["prize", "PRICE", "p_rice"])
def test_a_column_that_is_not_there_is_refused_with_the_nearest_name(houses: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"no column '{name}' \(data.target\): did you mean 'price'"):
        load(houses, target=name)


def test_a_wide_table_names_its_first_columns_and_counts_the_rest(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ",".join(f"c{n}" for n in range(30)), [",".join(["1"] * 30)] * 12)
    with pytest.raises(DataError, match=r"no column 'zebra' \(data.target\): it has 'c0', .*'c9', and 20 more$"):
        load(path, target="zebra")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00a,b\n", b"\x00\x01\x02", b"a,b\n"])
def test_files_that_are_no_table_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.csv"):
        load(path)


def test_paths_that_hold_no_data_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(DataError, match=r"has no texts.*train/ and test/$"):
        load(tmp_path / "empty")
    with pytest.raises(DataError, match=r"has no texts.*; to read a table, name its file, such as 'a\.pdf'$"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"a\.pdf is a PDF document"):
        load(tmp_path / "a.pdf")
    with pytest.raises(DataError, match="'imbd': did you mean 'imdb'"):
        drain(datasets.load(Data(dataset="imbd"), 7))


@pytest.mark.parametrize("name", ["a\0", "~nosuchuser/x", "x" * 300, "x" * 4000 + ".csv", "loop"])
def test_paths_that_lead_nowhere_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises(DataError, match=r"no data set or file is called .{,70}: it is one of imdb"):
        drain(datasets.load(Data(dataset=name), 7))
    assert not datasets.sources_of(name)[0].available


def folder(root: Path, texts: dict[str, list[str]]) -> Path:
    for relative, contents in texts.items():
        (root / relative).mkdir(parents=True)
        for number, text in enumerate(contents):
            (root / relative / f"{number}.txt").write_text(text, encoding="utf-8")
    return root


def test_a_folder_of_texts_for_each_class(tmp_path: Path) -> None:
    root = folder(tmp_path / "own", {name: [f"{name} text {n}" for n in range(20)] for name in ("a", "b", "c")})
    (root / "readme.txt").write_text("not a text of any class")
    found = load(root)
    assert (found.task, found.labels, len(found.samples)) == ("classes", ("a", "b", "c"), 60)
    assert found.targets.tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert (len(found.split.train), len(found.split.validation), len(found.split.test)) == (38, 10, 12)
    fitted = drain(features.fit(found, Data(dataset="x"), found.split.train))
    assert fitted.decode(found.samples[25]).startswith("? b text")
    assert found.original is not None
    assert found.original(25) == "b text 13"


def test_validation_rows_are_taken_of_the_training_folder_alone(tmp_path: Path) -> None:
    texts = {f"train/{name}": [f"{name} {n}" for n in range(30)] for name in "ab"}
    root = folder(tmp_path / "own", texts | {f"test/{name}": [f"{name} {n}" for n in range(2)] for name in "ab"})
    split = load(root, validation=55).split
    assert (len(split.train), len(split.validation), len(split.test)) == (5, 55, 4)


def test_train_and_test_folders_are_kept_apart_and_changes_are_noticed(tmp_path: Path) -> None:
    texts = {
        f"{part}/{name}": [f"{part} {name} {n}" for n in range(10)] for part in ("train", "test") for name in "ab"
    }
    root = folder(tmp_path / "own", texts | {"train/unsup": ["no label"]})
    found = load(root)
    assert (found.labels, len(found.samples)) == (("a", "b"), 40)
    assert found.split.test.tolist() == list(range(20, 40))
    (root / "train" / "a" / "0.txt").write_text("something else entirely")
    assert load(root).digest != found.digest


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    root = folder(tmp_path / "own", {name: [f"{name} {n}" for n in range(10)] for name in "ab"})
    (root / "a" / "link.txt").symlink_to(secret)
    (root / "c").symlink_to(root / "a")
    found = load(root)
    assert (found.labels, len(found.samples)) == (("a", "b"), 20)


def test_hidden_folders_readmes_and_empty_folders_are_no_classes_and_no_samples(tmp_path: Path) -> None:
    texts = {name: [f"{name} text {n}" for n in range(10)] for name in ("a", "b", ".git", "__MACOSX")}
    root = folder(tmp_path / "own", texts)
    (root / "empty").mkdir()
    (root / "photos").mkdir()
    (root / "photos" / "1.jpg").write_bytes(b"\xff")
    for name in ("README.txt", ".hidden.txt", "LICENSE.txt"):
        (root / "a" / name).write_text("not a sample")
    found = load(root)
    assert (found.labels, len(found.samples)) == (("a", "b"), 20)
    assert found.notes == ("Folders without .txt files were left out: empty, photos.",)


def test_texts_in_another_encoding_are_read_and_said_also_when_they_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_digest, "_SETTLED_NS", -1_000_000_000)
    root = folder(tmp_path / "own", {name: [f"{name} text {n}" for n in range(10)] for name in "ab"})
    (root / "a" / "0.txt").write_bytes("un café très bon<br />là\r\n".encode("cp1252"))
    for found in (load(root), load(root)):
        assert found.notes == ("1 text is not in UTF-8; it was read as windows-1252.",)
        assert found.vocabulary is not None
        assert found.vocabulary.decode(found.samples[0].tolist()) == "? un café très bon là"


def test_a_text_replaced_by_one_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    root = folder(tmp_path / "own", {name: [f"{name} text {n}" for n in range(10)] for name in "ab"})
    digest, path = load(root).digest, root / "a" / "0.txt"
    times = path.stat()
    path.write_text("b text 0")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert load(root).digest != digest


def test_one_class_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no training texts of two classes"):
        load(folder(tmp_path / "own", {"a": ["x"] * 20}))


def test_row_numbers_that_pandas_wrote_are_no_column(tmp_path: Path) -> None:
    rows = [f"{n},{n * 1.5},{n % 2}" for n in range(30)]
    assert load(table(tmp_path / "a.csv", ",x,y", rows)).columns == ("x",)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(reviews: Path, home: Path) -> None:
    home.write_text("a file where the folder should be")
    found = load(reviews)
    assert found.vocabulary is not None
    assert found.vocabulary.decode(found.samples[3].tolist()) == "? a good film number 3"


def test_the_hash_of_a_table_of_texts_is_what_earlier_runs_recorded(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.csv", "review,mood", [f"a film seen {n} times by me,{'ab'[n % 2]}" for n in range(40)]
    )
    assert load(path).digest == "61bf9bfdcd3ed4db21514a0e2d77d0a941c3abf9c97c8d363ce92b506dfa1d2f"
