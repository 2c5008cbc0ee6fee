"""The command on real reviews and values: accuracy, memory, predictions and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workbench.commanding import Result, finish, start

MOST_MEMORY_KB = 1_200_000


MEASURED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""
"""Runs a command from a small process: on Linux a child's peak memory begins with that of who started it."""


def trained(folder: Path, *arguments: str) -> tuple[dict[str, Any], int]:
    """Train in a process of its own; the JSON, and the peak memory in kB."""
    peak = folder / "peak"
    command = [sys.executable, "-c", MEASURED, str(peak), sys.executable, "-m", "workbench", "train"]
    done = subprocess.run([*command, *arguments, "--json"], capture_output=True, text=True, timeout=280)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout), int(peak.read_text())


@pytest.mark.slow
@pytest.mark.usefixtures("real_data", "warm_home")
def test_the_imdb_baseline_reaches_the_courses_values_in_little_memory(tmp_path: Path) -> None:
    run, memory = trained(tmp_path, "imdb")
    history = run["history"]
    assert run["data"]["train"] == 15_000
    assert run["data"]["validation"] == 10_000
    assert run["data"]["test"] == 25_000
    assert run["parameters"] == 160_305
    assert max(history["val_accuracy"]) >= 0.880
    assert 3 <= run["best_epoch"] <= 6
    assert memory < MOST_MEMORY_KB
    again, _ = trained(tmp_path, "imdb", "--set", "training.epochs=3")
    for name, values in again["history"].items():
        assert values == pytest.approx(history[name][:3], abs=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("warm_home")
def test_packaged_reviews_train_predict_and_export(tmp_path: Path) -> None:
    run, memory = trained(tmp_path, "imdb", "--set", "training.epochs=6", "--test")
    assert run["data"] == {
        "dataset": "imdb",
        "source": "packaged",
        "train": 15_000,
        "validation": 5_000,
        "test": 5_000,
    }
    assert max(run["history"]["val_accuracy"]) >= 0.870
    assert run["test"]["accuracy"] >= 0.860
    assert memory < MOST_MEMORY_KB

    text = "A brilliant film with xyzzyx, and the acting is superb!"
    good = finish(start("predict", run["run"], "--text", text, "--json")).json
    assert good["label"] == "positive"
    assert good["prediction"] > 0.5
    assert good["decoded"] == "? a brilliant film with ? and the acting is superb"
    effects = {word["word"]: word["effect"] for word in good["words"]}
    assert effects["superb"] > 0
    assert effects["brilliant"] > 0
    strengths = [abs(effect) for effect in effects.values()]
    assert strengths == sorted(strengths, reverse=True)

    review = tmp_path / "review.txt"
    review.write_text("The worst film. Awful, boring, terrible.")
    bad = finish(start("predict", run["run"], "--file", str(review), "--which", "last"))
    assert bad.out.startswith("negative  0.")
    given = finish(start("predict", run["run"], "-", "--json", stdin=-1), review.read_text())
    assert given.json["label"] == "negative"

    model = tmp_path / "model.keras"
    exported = finish(start("export", run["run"], str(model), "--to", "keras"))
    assert exported == Result(0, f"1 run written to {model}\n", "")
    assert model.stat().st_size > 600_000


@pytest.mark.slow
def test_classes_and_values_are_predicted(tmp_path: Path) -> None:
    run, _ = trained(tmp_path, "digits", "--set", "training.epochs=3")
    row = ",".join(["0"] * 64)
    found = finish(start("predict", run["run"], "--text", row, "--json")).json
    assert found["label"] == found["classes"][0]["label"]
    assert found["prediction"] == found["classes"][0]["probability"]
    assert sum(one["probability"] for one in found["classes"]) == pytest.approx(1, abs=1e-5)
    assert len(found["words"]) == 64
    wrong = finish(start("predict", run["run"], "--text", "1,2,x"))
    assert (wrong.status, wrong.message.partition(".")[0]) == (2, "the sample is not all numbers: 'x'")
    short = finish(start("predict", run["run"], "--text", "1,2"))
    assert "reads 64 numbers a sample" in short.message
