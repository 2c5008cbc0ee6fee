"""Predictions for whole files: texts, a text on each line, and tables."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook

from engine import datasets, features
from engine.datasets.dataset import Dataset
from engine.datasets.readers import opening
from engine.experiment.model import Data
from engine.prediction.decision import PLAIN
from engine.prediction.file_predictions import predict_file
from engine.system.drain import drain
from tests.engine import tiny


def predictor(dataset: Dataset, data: Data) -> Any:
    """A predictor whose network gives 0.75, with features as the store keeps them; ``read`` are its samples."""
    fitted = drain(features.fit(dataset, data, dataset.split.train))
    read: list[Any] = []

    def outputs(samples: Any) -> Any:
        read.extend(samples)
        return np.full((len(samples), 1), 0.75)

    return SimpleNamespace(
        features=features.from_json(fitted.to_json()),
        decision=PLAIN,
        experiment=SimpleNamespace(data=data),
        outputs=outputs,
        read=read,
    )


@pytest.mark.parametrize(
    ("content", "texts", "note"),
    [
        ("w3\x0bw4\u2028w5\r\nw6\n".encode(), 2, ""),
        (b"\xef\xbb\xbfw3\rw4", 2, ""),
        ("caf\u00e9 w3\n\nfen\u00eatre w4\n".encode("cp1252"), 3, "The encoding is windows-1252."),
        (b"w3 plain\n" * 100 + b"caf\xe9\n", 101, "The encoding is windows-1252."),
        (b"", 0, ""),
    ],
)
def test_each_line_of_a_file_of_texts_is_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, texts: int, note: str
) -> None:
    monkeypatch.setattr(opening, "SAMPLE", 300)
    (tmp_path / "new.txt").write_bytes(content)
    found = drain(
        predict_file(predictor(tiny.text(), Data(vocabulary=20)), tmp_path / "new.txt", tmp_path / "out.csv")
    )
    assert found.samples == texts == len((tmp_path / "out.csv").read_text().splitlines()) - 1
    assert "Each line is read as a text." in found.notes
    assert note in " ".join(found.notes)


def test_days_and_times_of_a_few_new_rows_are_read_as_in_training(tmp_path: Path) -> None:
    lines = [
        f"2024{n % 12 + 1:02}{n % 27 + 1:02},{n % 24}:{n % 60:02},{20240101 + n},{'ab'[n % 2]}" for n in range(60)
    ]
    (tmp_path / "train.csv").write_text("\n".join(["when,at,number,y", *lines]))
    data = Data(dataset=str(tmp_path / "train.csv"))
    trained = predictor(drain(datasets.load(data, 7)), data)
    (tmp_path / "new.csv").write_text("when,at,number\n20240131,13:30,20240103\n20240201,8:15,20240104\n")
    found = drain(predict_file(trained, tmp_path / "new.csv", tmp_path / "out.csv"))
    assert (found.samples, "missing" in " ".join(found.notes)) == (2, False)


def reviews(count: int, heading: str = "id,title,review,mood") -> str:
    """Rows with an id and two texts, of which the title is the longer and more varied."""
    rows = (
        f"id-{n:03},{' '.join(f't{n + one}' for one in range(12))},a film that was {n % 40} and {n % 7} "
        f"times seen,{('good', 'bad')[n % 2]}"
        for n in range(count)
    )
    return "\n".join([heading, *rows])


@pytest.mark.parametrize("settings", [{}, {"columns": {"review": {"role": "text"}}}, {"text": "review"}])
def test_the_column_of_text_is_the_one_that_was_trained_on(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "train.csv").write_text(reviews(60))
    data = Data(dataset=str(tmp_path / "train.csv"), ignore=("title",) if not settings else (), **settings)
    trained = predictor(drain(datasets.load(data, 7)), data)
    (tmp_path / "new.csv").write_text(reviews(2))
    found = drain(predict_file(trained, tmp_path / "new.csv", tmp_path / "out.csv"))
    assert found.notes == ("The text is the column 'review'.",)
    assert trained.features.decode(trained.read[1]) == "? a film that was 1 and 1 times seen"
    (tmp_path / "new.csv").write_text(reviews(2, "id,title,text,mood"))
    found = drain(predict_file(trained, tmp_path / "new.csv", tmp_path / "out.csv"))
    assert found.notes == ("The text is the column 'title', the longest: none is called 'review'.",)


def test_the_settings_by_which_a_workbook_was_read_hold_for_new_ones(tmp_path: Path) -> None:
    book = Workbook()
    for name, shift in (("Old", 0), ("New", 100)):
        sheet = book.create_sheet(name)
        for row in [["size", "kind"], *([n + shift, "ab"[n % 2]] for n in range(30))]:
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    data = Data(dataset=str(tmp_path / "a.xlsx"), sheet="New")
    trained = predictor(drain(datasets.load(data, 7)), data)
    drain(predict_file(trained, tmp_path / "a.xlsx", tmp_path / "out.csv"))
    assert [row.column("size").values[0] for row in trained.read] == list(range(100, 130))


def test_what_is_no_number_or_date_of_a_new_file_is_missing_and_said(tmp_path: Path) -> None:
    """Python and NumPy would read these as numbers that a table does not hold, as years and as today."""
    rows = [f"{n / 2},2020-01-{n % 27 + 1:02},{'ab'[n % 2]}" for n in range(60)]
    (tmp_path / "train.csv").write_text("\n".join(["size,day,kind", *rows]))
    data = Data(dataset=str(tmp_path / "train.csv"))
    trained = predictor(drain(datasets.load(data, 7)), data)
    for cells, sizes, days in (
        (["x,today", "1_000,2020-01", "inf,5", "1.5,2020-01-05"], 3, 3),
        (["1e50,43831", "2,43832"], 1, 2),
    ):
        (tmp_path / "new.csv").write_text("\n".join(["size,day", *cells]))
        trained.read.clear()
        notes = " ".join(drain(predict_file(trained, tmp_path / "new.csv", tmp_path / "out.csv")).notes)
        number = "1 value is not a number that is" if sizes == 1 else f"{sizes} values are not numbers that are"
        assert f"'size': {number} finite in float32, the first in line 2" in notes
        assert f"'day': {days} values are not dates, the first in line 2" in notes
        assert sum(bool(row.column("size").missing[0]) for row in trained.read) == sizes
        assert sum(bool(row.column("day").missing[0]) for row in trained.read) == days
    assert trained.read[1].column("size").values.tolist() == [2.0]


@pytest.mark.parametrize("file", ["new.csv", "new.jsonl"])
def test_days_and_months_and_truths_are_read_as_in_training(tmp_path: Path, file: str) -> None:
    lines = [f"{1 + n % 12}/{1 + n % 28}/2020,{str(n % 3 == 0).lower()},{'xy'[n % 2]}" for n in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["day,open,kind", *lines]) + "\n")
    data = Data(dataset=str(tmp_path / "a.csv"))
    fake = predictor(drain(datasets.load(data, 7)), data)
    content = "day,open\n3/4/2021,TRUE\n" if file.endswith("csv") else '{"day": "3/4/2021", "open": "TRUE"}\n'
    (tmp_path / file).write_text(content)
    given: list[Any] = []
    fake.outputs = lambda samples: given.append(samples) or np.full((len(samples), 1), 0.75)
    found = drain(predict_file(fake, tmp_path / file, tmp_path / "out.csv"))
    assert given[0].column("day").values[0] == np.datetime64("2021-03-04")
    assert given[0].column("open").texts() == ["true"]
    assert "Dates: 'day' as month/day/year." in found.notes
    assert "'open': 'TRUE' is read as 'true', as in training." in found.notes
