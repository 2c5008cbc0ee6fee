"""Rules on files of word vectors, evaluated before a run on the first lines of the files."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.findings import Case, Finding
from engine.errors import DataError
from engine.experiment.layers import Embedding


def word_vectors(case: Case) -> Iterator[Finding]:
    """An Embedding's file of word vectors is there, and its vectors have the Embedding's dimensions."""
    for index, layer in case.layers:
        if isinstance(layer, Embedding) and layer.vectors:
            yield from _checked(case, index, layer, layer.vectors)


def _checked(case: Case, index: int, layer: Embedding, path: str) -> Iterator[Finding]:
    from engine.datasets.word_vectors import dimensions

    try:
        found = dimensions(path)
    except DataError as error:
        yield Finding(
            "error", f"layers.{index}.vectors", str(error), "the Embedding starts from the file's vectors"
        )
        return
    if found != layer.output_dim:
        yield Finding(
            "error",
            f"layers.{index}.output_dim",
            f"the vectors have {found} dimensions, and the Embedding {layer.output_dim}",
            "each word's vector becomes its row of the Embedding's weights",
            case.fix(f"take {found} dimensions", {f"layers.{index}.output_dim": found}),
        )
