"""A student's walk through the whole course with keys alone, at 80x24, on tiny data and the real engine."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.experiment import toml_file
from engine.selection import search as selection
from tests.workbench.tui.walk import Walk
from workbench.tui.app import Workbench

WORDS = 60


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the course's data sets in miniature and a table of one's own."""
    generator = np.random.default_rng(2)

    def texts(classes: Any, least: int) -> Any:
        own = [list(generator.integers(4 + 5 * label, 9 + 5 * label, 8)) for label in classes]
        rest = [list(generator.integers(4, WORDS, generator.integers(least, 30))) for _ in classes]
        return np.array([[1, *map(int, a), *map(int, b)] for a, b in zip(own, rest, strict=True)], dtype=object)

    labels = np.arange(200) % 2
    x = texts(labels, 10)
    np.savez(tmp_path / "imdb.npz", x_train=x[:120], y_train=labels[:120], x_test=x[120:], y_test=labels[120:])
    names = {("brilliant", "awful")[n] if n < 2 else f"word{n}": n + 1 for n in range(WORDS)}
    (tmp_path / "imdb_word_index.json").write_text(json.dumps(names))
    topics = np.arange(460) % 46
    np.savez(tmp_path / "reuters.npz", x=texts(topics % 8, 10), y=topics)
    (tmp_path / "reuters_word_index.json").write_text(json.dumps(names))
    features = generator.normal(size=(120, 13))
    np.savez(tmp_path / "boston_housing.npz", x=features, y=20 + features @ np.linspace(-1, 1, 13))
    lines = [f"{n % 6 + 1},{20 + n},{('Bonn', 'Ulm')[n % 2]},{100 + 3 * n + n % 6}" for n in range(80)]
    (tmp_path / "houses.csv").write_text("rooms,area,city,price\n" + "\n".join(lines) + "\n")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    here = partial(selection.search)
    monkeypatch.setattr(selection, "search", lambda *a, **k: here(*a, **k | {"apart": False}))
    folds = selection.cross_validate
    monkeypatch.setattr(selection, "cross_validate", lambda *a, **k: folds(*a, **k | {"apart": False}))
    return tmp_path


@pytest.mark.parametrize("size", [(80, 24)])
async def test_the_whole_course_with_keys_alone(course: Path, size: tuple[int, int]) -> None:
    app = Workbench(toml_file.load("imdb"))
    async with app.run_test(size=size, notifications=True) as pilot:
        walk = Walk(app, pilot)
        await baseline_and_variants(walk)
        await comparison(walk)
        await topics_and_bottleneck(walk)
        await folds_and_test(walk)
        await grid(walk)
        await embedding_and_own_review(walk)
        await own_table(walk, course)
        await notes_deleting_and_exports(walk, course)
    app.store.close()


async def baseline_and_variants(walk: Walk) -> None:
    await walk.sees("IMDB baseline", "✓ ready", "200 imdb.npz")
    await walk.sets_epochs(3)
    await walk.runs("best", "─●─ val")
    await walk.press("shift+tab", "home", "down", "enter")
    await walk.sees("▸ Units")
    await walk.write("4")
    await walk.press("enter")
    await walk.sees("Dense 4 relu")
    await walk.runs("3 epochs")
    await walk.sees("4-16 units")
    await walk.press("b")
    await walk.sees("✓ retrained for", "test loss", "±")


async def comparison(walk: Walk) -> None:
    await walk.press("2")
    await walk.sees("Runs · 3", "retrain")
    await walk.press("down", "space", "space", "tab")
    await walk.sees("validation", "● 2", "▲ 1")
    await walk.press("Z")
    await walk.sees("● 2", "▲ 1")
    await walk.press("escape", "tab")
    await walk.sees("What differs", "units 1", "16")
    await walk.press("escape", "shift+tab", "shift+tab")


async def topics_and_bottleneck(walk: Walk) -> None:
    await walk.opens("reuters", "Dense 46 softmax")
    await walk.sets_epochs(2)
    await walk.runs("2 epochs")
    await walk.opens("reuters-bottleneck", "Dense 4 relu")
    await walk.sets_epochs(2)
    await walk.runs("2 epochs")


async def folds_and_test(walk: Walk) -> None:
    await walk.opens("boston", "✓ ready", "Boston housing")
    await walk.sets_epochs(3)
    await walk.press("3")
    await walk.sees("cross-validation", "r runs the plan")
    await walk.press("r")
    await walk.sees("✓ finished", "mean curve best at epoch")
    await walk.press("b")
    await walk.sees("✓ retrained for", "test loss", "mae")


async def grid(walk: Walk) -> None:
    await walk.opens("imdb-small", "IMDB small")
    await walk.press("3", "a", "epochs", "enter")
    await walk.sees("as in 32, 64, 256: values separated by commas")
    await walk.write("1, x")
    await walk.press("enter")
    await walk.sees("✗")
    await walk.write("1, 500")
    await walk.press("enter")
    await walk.sees("search: 2 cells")
    await walk.press("r")
    await walk.sees("fold")
    await walk.press("s")
    await walk.sees("stopped", "r resumes it")
    await walk.press("r")
    await walk.sees("✓ finished", "2 of 2 scored", "b retrains the best")


async def embedding_and_own_review(walk: Walk) -> None:
    await walk.opens("imdb-embedding", "Embedding 16")
    await walk.sets_epochs(2)
    await walk.runs("2 epochs")
    await walk.press("t", "brilliant word9 zzz")
    await walk.sees("P(positive) 0.", "1 unknown: zzz", "ids 1")
    await walk.press("escape", "k", "word9", "enter")
    await walk.sees("texts have word9")
    await walk.press("n", "n")
    await walk.sees("3 of")


async def own_table(walk: Walk, course: Path) -> None:
    await walk.press("4", "home")
    await walk.sees("▸ Open a file of your own")
    await walk.press("enter")
    await walk.sees("houses.csv")
    await walk.press("houses.csv", "enter")
    await walk.sees("▸ houses.csv")
    await walk.press("tab", "tab")
    await walk.sees("city category", "price target")
    await walk.press("shift+tab", "shift+tab", "enter")
    await walk.sees("Houses", "✓ ready")
    await walk.sets_epochs(3)
    await walk.runs("3 epochs")
    await walk.press("t")
    await walk.sees("Your own sample", "predicted", "rooms")
    before = walk.shown
    await walk.write("999")
    await walk.until(
        lambda: "999" in walk.shown and walk.shown.partition("rooms")[0] != before.partition("rooms")[0]
    )
    await walk.write("many")
    await walk.sees("rooms takes a number such as 1.5")
    await walk.press("escape")


async def notes_deleting_and_exports(walk: Walk, course: Path) -> None:
    await walk.press("2")
    await walk.sees("Runs · ", "Houses")
    await walk.press("home")
    await walk.sees(f"▸ {len(walk.app.store.summaries())} ")
    await walk.press("m", "the first of my own", "enter")
    await walk.press("tab", "tab")
    await walk.sees("note the first of my own")
    await walk.press("shift+tab", "shift+tab", "x")
    await walk.sees("Delete?")
    await walk.press("d")
    await walk.sees("u restores them")
    await walk.press("u")
    await walk.sees("Restored")
    await walk.press("w", "csv", "enter")
    await walk.sees("Write run")
    await walk.write(str(course / "exports" / "curves.csv"))
    await walk.press("enter")
    await walk.sees("Create the folder?")
    await walk.press("y")
    await walk.until((course / "exports" / "curves.csv").exists, "the exported curves")
    await walk.sees("Written:")
