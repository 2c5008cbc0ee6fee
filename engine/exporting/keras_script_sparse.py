"""The lines of an exported script that read a user's sparse samples in svmlight's format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.datasets.readers.opening import packed
from engine.experiment.model import Experiment
from engine.exporting import keras_script_formats as formats
from engine.exporting.keras_script_own import OwnData
from engine.features.sparse import SparseColumns

_READ = """\
with {opened} as file:
    x, y = load_svmlight_file(file, dtype=np.float64, zero_based=True)
x = x[:, {first}:].astype("float32")"""

_SCALE = "scale = StandardScaler(with_mean=False).fit(x_train.astype(float)).scale_"


def reads_sparse(experiment: Experiment) -> bool:
    """Whether the first layer of a stack accepts sparse samples; of Keras's layers only Dense does."""
    return bool(experiment.stack) and experiment.stack[0].kind == "dense"


def sparse_imports(path: Path, own: OwnData) -> tuple[list[str], list[str]]:
    """Return the imports for reading sparse samples: the standard library's, then others'."""
    scaled = isinstance(own.features, SparseColumns) and own.features.scale is not None
    others = ["from sklearn.datasets import load_svmlight_file"]
    others += ["from sklearn.preprocessing import StandardScaler"] * scaled
    return formats.packing_imports(packed(path).compression), others


def sparse_functions(path: Path) -> list[str]:
    """Return the functions that the lines call."""
    return formats.packing_functions(packed(path).compression)


def sparse_lines(path: Path, own: OwnData) -> Iterator[str]:
    """Yield the lines that read ``x``, a sparse matrix, and ``y`` from a file."""
    opened = formats.opened(str(path), packed(path).compression)
    yield from _READ.format(opened=opened, first=int(own.dataset.columns[0])).split("\n")
    if own.dataset.labels:
        yield "y = np.unique(y, return_inverse=True)[1]"


def scaling_lines(own: OwnData, experiment: Experiment, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines that scale the samples of each part; they stay sparse if the first layer accepts that."""
    assert isinstance(own.features, SparseColumns)
    if own.features.scale is not None:
        yield _SCALE
        yield from (f'{name} = {name}.multiply(1 / scale).tocsr().astype("float32")' for name in names)
    if not reads_sparse(experiment):
        yield from (f"{name} = {name}.toarray()" for name in names)
