"""The predict command: predictions for one text or sample, with each word's or column's effect, or for a whole
file.
"""

from __future__ import annotations

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from engine.datasets.readers.encodings import detect, spoken
from engine.errors import DataError, EngineError
from engine.events import STARTING_TENSORFLOW
from engine.features import Features
from engine.features.input_tables import cells_of, row_of, value_notes
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures
from engine.features.text import TextFeatures
from engine.prediction.decision import Decision
from engine.prediction.file_predictions import predict_file, sparse_sample
from engine.prediction.predictor import Explanation
from engine.runs.kept_decision import deciding_predictor
from engine.system.counts import counted
from workbench.commands.inputs import store
from workbench.commands.options import Json, RunId
from workbench.commands.output import say, say_lines, say_table, write_json
from workbench.commands.progress_bar import Bar, wait
from workbench.text.numbers import number

MOST_BYTES = 10_000_000
"""The most bytes of a text that are read."""

NAMED = 12
"""The most columns that a message names."""

STRONGEST = 10
"""The most words that are listed; JSON holds all."""


class Which(StrEnum):
    """Which weights predict: of the epoch with the lowest validation loss, or of the last epoch."""

    BEST = "best"
    LAST = "last"


def predict(
    run: RunId,
    source: Annotated[str | None, typer.Argument(metavar="[-]", help="- reads standard input.")] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="The text; or a sample's values, separated by commas, or index:value pairs of sparse ones."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file that holds one text or sample (or -); with --out, many.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Predict every sample of --file, and write them to this CSV file.")
    ] = None,
    which: Annotated[Which, typer.Option(help="The best epoch's weights, or the last one's.")] = Which.BEST,
    as_json: Json = False,
) -> None:
    """Predict for a text or a sample, with the effect of each word or column; or for a whole file, with --out."""
    if out is not None:
        _predict_file(run, source, text, file, out, which, as_json)
        return

    given, encodings = read(source, text, file)
    with Bar() as bar:
        bar.show(STARTING_TENSORFLOW)
        predictor = deciding_predictor(store(), run, which.value)
        features = predictor.features
        sample, notes = sample_of(given, features)
        explained = predictor.explain(sample)
    notes = [*encodings, *notes, *_decision_notes(explained.decision)]
    decoded = features.decode(sample)
    if as_json:
        write_json(as_object(explained, decoded, features.labels) | {"notes": notes})
    else:
        tell(explained, decoded, features.labels)
        say_lines(notes)


def _predict_file(
    run: str, source: str | None, text: str | None, file: Path | None, out: Path, which: Which, as_json: bool
) -> None:
    if file is None or str(file) == "-" or text is not None or source is not None:
        raise EngineError("--out predicts the samples of a file: name it with --file, without --text or -")
    predictor = deciding_predictor(store(), run, which.value)
    found = wait(predict_file(predictor, file, out))
    notes = [*found.notes, *_decision_notes(predictor.decision)]
    if as_json:
        write_json({"rows": found.samples, "out": str(out), "notes": notes})
        return
    say_lines(notes)
    say(f"{counted(found.samples, 'prediction')} in {out}")


def sample_of(given: str, features: Features) -> tuple[Any, list[str]]:
    """Return the given sample as the network's features take it, and notes on it."""
    if isinstance(features, TextFeatures):
        return features.ids(given), []
    if isinstance(features, TableFeatures):
        cells = next(csv.reader([given.strip().replace("\n", " ")], skipinitialspace=True), [])
        row = row_of(features, cells_of(features, cells))
        return row, list(value_notes(features, row))
    if isinstance(features, SparseColumns):
        sparse, left_out = sparse_sample(features, given)
        return sparse, list(left_out)
    return columns(given, features), []


def _decision_notes(decision: Decision) -> list[str]:
    """Return a note on the threshold or temperature stored with the run, if any."""
    return [] if decision.plain else [f"decided with {decision.words}, stored with the run"]


def read(source: str | None, text: str | None, file: Path | None) -> tuple[str, list[str]]:
    """Return the text from whichever source was given, and a note on its encoding if that is not UTF-8."""
    if source not in (None, "-"):
        raise EngineError(f"{source!r} is neither - nor an option: give the text with --text or --file")
    if sum(given is not None for given in (source, text, file)) != 1:
        raise EngineError("give one text: with --text, with --file, or - for standard input")
    if text is not None:
        return text, []
    data = sys.stdin.buffer.read(MOST_BYTES + 1) if file is None or str(file) == "-" else _bytes(file)
    if len(data) > MOST_BYTES:
        raise EngineError(f"the text is longer than {MOST_BYTES // 1_000_000} MB: give a shorter one")
    return _decoded(data)


def _decoded(data: bytes) -> tuple[str, list[str]]:
    try:
        encoding = detect(data)
        text = data.decode(encoding)
    except ValueError as error:
        raise EngineError(f"the text cannot be read: {error}") from error
    return text, [] if encoding.startswith("utf-8") else [f"The encoding is {spoken(encoding)}."]


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise EngineError(f"cannot read {file}: {error.strerror or error}") from error


def columns(text: str, features: Features) -> NDArray[np.float64]:
    """Parse a sample of numbers into a float64 array of shape (columns,)."""
    wanted = features.shape[0]
    try:
        row = np.array([float(cell) for cell in text.replace(",", " ").split()])
    except ValueError as error:
        named = str(error).split(": ")[-1]
        raise DataError(
            f"the sample is not all numbers: {named}. The run reads {', '.join(features.names)}"
        ) from error
    if row.shape != (wanted,):
        names = ", ".join(features.names[:NAMED]) + ", ..." * (len(features.names) > NAMED)
        raise DataError(
            f"the run reads {wanted} numbers a sample ({names}), separated by commas; there are {len(row)}"
        )
    if not (np.abs(row) <= np.finfo(np.float32).max).all():
        raise DataError("the sample holds a number that is not finite")
    return row


def as_object(explained: Explanation, decoded: str, labels: tuple[str, ...]) -> dict[str, Any]:
    """Return a prediction as its JSON object."""
    prediction = explained.prediction
    return {
        "prediction": prediction.value,
        "label": prediction.label,
        "decoded": decoded,
        "words": [{"word": effect.word, "effect": effect.effect} for effect in explained.effects],
    } | ({"classes": classes(prediction.outputs, labels)} if len(prediction.outputs) > 1 else {})


def classes(outputs: tuple[float, ...], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return every class with its probability, the most probable first."""
    named = [
        {"label": labels[index] if index < len(labels) else str(index), "probability": probability}
        for index, probability in enumerate(outputs)
    ]
    return sorted(named, key=lambda one: -one["probability"])


def tell(explained: Explanation, decoded: str, labels: tuple[str, ...]) -> None:
    """Print a prediction."""
    prediction = explained.prediction
    say(f"{prediction.label or 'prediction'}  {number(prediction.value)}")
    if len(prediction.outputs) > 1:
        likeliest = classes(prediction.outputs, labels)[:5]
        say_table(("class", "probability"), [(one["label"], one["probability"]) for one in likeliest])
    say()
    say(decoded)
    say()
    strongest = [effect for effect in explained.effects[:STRONGEST] if effect.effect]
    say_table(("word", "effect"), [(effect.word, f"{effect.effect:+.4f}") for effect in strongest])
