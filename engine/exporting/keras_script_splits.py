"""The lines of an exported script that split a user's table by a group, by time, by a column or by files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.datasets.readers.table import PARTS
from engine.experiment.model import Data
from engine.exporting.keras_script_own import OwnData

GROUP_IMPORT = "from sklearn.model_selection import GroupShuffleSplit"

HELD_OUT = '''\
def held_out(samples, groups, share):
    """Split samples into two parts, the second with a share of the groups."""
    splitter = GroupShuffleSplit(1, test_size=share, random_state=SEED)
    kept, out = next(splitter.split(samples, groups=groups[samples]))
    return samples[kept], samples[out]
'''

_TIME = """\
samples = np.argsort(np.array({times}), kind="stable")
test = samples[len(samples) - round(len(samples) / 5) :]
val, train = np.split(samples[: len(samples) - len(test)][::-1][: {validation} + {train}], [{validation}])"""

_GROUP = """\
groups = np.array({groups})
rest, test = held_out(np.arange(len(y)), groups, 0.2)
train, val = held_out(rest, groups, {share})
train = train[order(y[train])][:{train}]"""

_PARTS = """\
train, val, test = (np.flatnonzero(part == name) for name in ("train", "validation", "test"))
train = train[order(y[train])]"""


def is_special(data: Data) -> bool:
    """Whether the split is not determined by classes and seed alone."""
    return any((data.split_group, data.split_time, data.split_column, data.validation_file, data.test_file))


def split_column(data: Data) -> str | None:
    """Return the column by which the samples are split."""
    return data.split_group or data.split_time or data.split_column


def split_lines(own: OwnData, data: Data, parts: Sequence[str], values: Callable[[str], str]) -> Iterator[str]:
    """Yield the lines that define ``x_`` and ``y_`` for the parts from ``x`` and ``y``.

    ``values`` returns the expression of a column's values. If "val" is not a part, validation samples are used for
    training.
    """
    split = own.dataset.split
    sizes = {"validation": len(split.validation), "train": len(split.train)}
    if data.split_time:
        yield from _TIME.format(times=values(data.split_time), **sizes).split("\n")
    elif data.split_group:
        share = 0.2 if data.validation is None else data.validation
        given = f"{share} / len(rest)" if isinstance(share, int) else repr(share)
        yield from _GROUP.format(groups=values(data.split_group), share=given, **sizes).split("\n")
    else:
        yield from _part_lines(own, data, **sizes)
    if "val" not in parts:
        yield "train = np.concatenate([val, train])"
    pick = "x[{0}], y[{0}]" if own.treatments else "[x[sample] for sample in {0}], y[{0}]"
    for part in parts:
        yield f"x_{part}, y_{part} = {pick.format(part)}"


def _part_lines(own: OwnData, data: Data, validation: int, train: int) -> Iterator[str]:
    """Yield the lines for samples whose part is given by a column or their file."""
    held_out = bool(data.validation_file)
    if data.split_column:
        labels = own.table.column(data.split_column).classes()[0]
        known = {label: PARTS[label.strip().lower()] for label in labels}
        held_out = "validation" in known.values()
        yield f"part = np.array([{known!r}[cell] for cell in cells({data.split_column!r})])"
    else:
        yield "part = np.array(part)"
    yield from _PARTS.split("\n")
    yield (
        f"train = train[:{train}]"
        if held_out
        else f"val, train = np.split(train[:{validation + train}], [{validation}])"
    )
