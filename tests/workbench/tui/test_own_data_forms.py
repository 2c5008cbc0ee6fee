"""A file of one's own in every form that is read: opened, trained, looked into, retrained and tested, by keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import openpyxl
import polars
import pytest

from engine.experiment import own_file
from tests.workbench.tui.walk import Walk
from workbench.tui.app import Workbench

SAMPLES = 80
CITIES = ("Bonn", "Ulm", "Kiel")
WORDS = {"good": "a brilliant film with warm wit", "bad": "an awful film and a dull waste"}

Line = dict[str, object]
Write = Callable[[Path], object]


def lines(target: Callable[[int], object]) -> list[Line]:
    """Two numbers that tell the target, a category and a date."""
    drawn = np.random.default_rng(3).normal(size=SAMPLES)
    return [
        {
            "age": round(40 + 10 * (number % 3) + float(noise), 2),
            "size": 10 * (number % 3) + round(float(noise), 2),
            "city": CITIES[number % 3],
            "since": f"20{number % 20 + 1:02}-03-{number % 28 + 1:02}",
            "target": target(number),
        }
        for number, noise in enumerate(drawn)
    ]


def two(number: int) -> object:
    return ("no", "yes")[number % 3 == 1]


def three(number: int) -> object:
    return ("low", "middle", "high")[number % 3]


def price(number: int) -> object:
    return 100.5 + 20 * (number % 3)


def texts() -> list[tuple[str, str]]:
    """Texts that differ, with their classes."""
    names = tuple(WORDS)
    return [(f"{WORDS[names[number % 2]]} seen {number} times", names[number % 2]) for number in range(SAMPLES)]


def delimited(found: Sequence[Line], comma: bool = False) -> str:
    """Lines of a CSV file; with ``comma``, as Excel writes them in Europe."""
    rows = [";".join(found[0]), *(";".join(map(str, one.values())) for one in found)]
    return "\n".join(rows).replace(".", ",") if comma else "\n".join(rows).replace(";", ",")


def csv(target: Callable[[int], object]) -> Write:
    return lambda path: path.write_text(delimited(lines(target)))


def european(path: Path) -> None:
    path.write_bytes(delimited(lines(three), comma=True).encode("utf-8-sig"))


def text_column(path: Path) -> None:
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in texts()))


def json_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines(two)))


def parquet(path: Path) -> None:
    polars.DataFrame(lines(three)).write_parquet(path)


def excel(path: Path) -> None:
    book, found = openpyxl.Workbook(), lines(two)
    for row in (tuple(found[0]), *(tuple(one.values()) for one in found)):
        book.active.append(row)
    book.save(path)


def arff(path: Path) -> None:
    names = "@attribute age numeric\n@attribute city {Bonn,Ulm,Kiel}\n@attribute class {no,yes}\n"
    found = "".join(f"{one['age']},{one['city']},{one['target']}\n" for one in lines(two))
    path.write_text(f"@relation r\n{names}@data\n{found}")


def svmlight(path: Path) -> None:
    found = (f"{one % 2} {one % 2 + 1}:1 {3 + one % 5}:{0.5 + one % 4}\n" for one in range(SAMPLES))
    path.write_text("".join(found))


def arrays(path: Path) -> None:
    y = np.arange(SAMPLES) % 3
    np.savez(path, x=np.random.default_rng(1).normal(y[:, None], 0.3, (SAMPLES, 4)), y=y)


def folders(path: Path) -> None:
    for number, (text, label) in enumerate(texts()):
        (path / label).mkdir(parents=True, exist_ok=True)
        (path / label / f"{number}.txt").write_text(text)


SAMPLE, TEXT = ("Samples · test", "Your own sample"), ("Texts · test", "Your text")
"""What the samples are called in the list of them, and in the dialog for one's own."""


@pytest.mark.parametrize(
    ("name", "write", "called"),
    [
        ("two.csv", csv(two), SAMPLE),
        ("price.csv", csv(price), SAMPLE),
        ("european.csv", european, SAMPLE),
        ("texts.csv", text_column, TEXT),
        ("lines.jsonl", json_lines, SAMPLE),
        ("table.parquet", parquet, SAMPLE),
        ("book.xlsx", excel, SAMPLE),
        ("table.arff", arff, SAMPLE),
        ("sparse.svm", svmlight, SAMPLE),
        ("arrays.npz", arrays, SAMPLE),
        ("folders", folders, TEXT),
    ],
)
async def test_data_of_every_form_from_the_file_to_the_evidence(
    name: str, write: Write, called: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    title, dialog = called
    write(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    app = Workbench(own_file.of_data(name))
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        walk = Walk(app, pilot)
        await walk.sees("✓ ready", title)
        await walk.sets_epochs(3)
        await walk.runs("3 epochs", "best epoch")
        await walk.press("n")
        await walk.sees("2 of")
        await walk.press("t")
        await walk.sees(dialog)
        await walk.press("escape", "b")
        await walk.sees("✓ retrained for", "test loss")
        await walk.press("I")
        await walk.sees("Slices", "16 test samples")
    app.store.close()
