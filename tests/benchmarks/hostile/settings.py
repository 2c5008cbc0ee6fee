"""Settings files: presets and small experiments with hostile keys, values, structure and bytes."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from engine.errors import EngineError
from engine.experiment import setting_paths, toml_file
from engine.experiment.model import LONG_NAMES, Experiment
from tests.benchmarks.hostile.cases import Case, damaged

VALUES = (
    *("0", "-1", "1", "1.5", "1e400", "-1e400", "nan", "inf", "-inf", "0.1", "5e-324", "1_000", "0x7fffffff"),
    *(
        "true",
        "false",
        "''",
        "'relu'",
        "'mse'",
        "'multi-hot'",
        "'sequence'",
        "'\\u0000'",
        '"\\u202e"',
        "'~nobody/x'",
    ),
    *("[]", "{}", "[1, 2]", "['accuracy', 'auc']", "[[]]", "{a = 1}", "[{kind = 'dense'}]", "1979-05-27"),
    *("2147483648", "9" * 26, "9" * 400, "'" + "x" * 5000 + "'", "'../../../etc/passwd'", "1979-05-27T07:32:00Z"),
)
KEYS = (
    "name", "about", "seed", "base", "data", "layers", "training", "dataset", "vocabulary", "encoding", "length",
    "scaling", "validation", "rows", "target", "text", "kind", "units", "activation", "rate", "l1", "l2", "loss",
    "optimizer", "learning_rate", "momentum", "metrics", "batch_size", "epochs", "early_stopping", "patience",
    "min_delta", "reduce_on_plateau", "factor", "enabled", "", "'\\u0000'", '"a b"', "unitz", "__class__", "1",
    "ünits",
)  # fmt: skip
SECTIONS = (
    "[data]",
    "[training]",
    "[[layers]]",
    "[training.early_stopping]",
    "[layers]",
    "[x]",
    "[data.columns.a]",
)


def campaign(case: Case) -> None:
    """Checks one file, and one option of the command line."""
    chance = case.random
    text = _text(chance)
    content = text.encode("utf-8", "surrogatepass")
    for _ in range(chance.choice((0, 0, 0, 1, 3))):
        content = damaged(content, chance)
    file = case.folder / "hostile.toml"
    file.write_bytes(content)
    status, _, _ = case.call("check", str(file))
    if status == 0:
        _compare(case, content)
    path = ".".join(chance.choice((*KEYS, "0", "7", "-1", "\udcff")) for _ in range(chance.randrange(1, 5)))
    case.call("check", chance.choice(toml_file.PRESETS), "--set", f"{path}={chance.choice(VALUES)}")


def _text(chance: Random) -> str:
    """A preset's TOML, or lines made up, with lines changed, added, moved and dropped."""
    lines = list(_preset(chance.choice(toml_file.PRESETS))) if chance.random() < 0.9 else list(SECTIONS)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(lines) + 1)
        kind = chance.randrange(6)
        if kind == 5:
            lines.insert(len(lines) - 1, f"{chance.choice(('epochs', 'batch_size'))} = {chance.randrange(1, 99)}")
        elif kind == 0:
            lines.insert(at, f"{chance.choice(KEYS)} = {chance.choice(VALUES)}")
        elif kind == 1:
            lines.insert(at, chance.choice(SECTIONS))
        elif kind == 2 and at < len(lines) and "=" in lines[at]:
            lines[at] = f"{lines[at].partition('=')[0]}= {chance.choice(VALUES)}"
        elif kind == 3 and at < len(lines):
            del lines[at]
        elif at < len(lines):
            lines.insert(chance.randrange(len(lines)), lines[at])
    return "\n".join(lines)


@cache
def _preset(name: str) -> tuple[str, ...]:
    return tuple(toml_file.dumps(toml_file.load(name)).split("\n"))


def _compare(case: Case, content: bytes) -> None:
    """An accepted file's experiment holds every value of the file, and is the same when written and read."""
    text = content.decode("utf-8-sig", "replace")
    raw = tomllib.loads(text.replace("\r\n", "\n"))
    experiment = toml_file.read(case.folder / "hostile.toml")
    for path, value in _leaves(raw):
        held = _held(experiment, path)
        if path not in ("base", "name") and not _same(value, held):
            case.changed(f"{path} = {value!r} is held as {held!r}")
    again = toml_file.parse(toml_file.dumps(experiment), "again")
    if again != experiment and not _unwritable(experiment):
        case.changed(f"written and read again it differs: {setting_paths.differences(experiment, again)}")


def _held(experiment: Experiment, path: str) -> Any:
    try:
        return setting_paths.value_of(experiment, path)
    except EngineError:
        return f"no such setting: {path}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}")
    else:
        yield path, value


def _same(given: Any, held: Any) -> bool:
    """Whether a setting is what the file says: false is none, true a table, long names are short ones."""
    if isinstance(given, bool) and not isinstance(held, bool):
        return (held is None) is not given
    if isinstance(given, list):
        return isinstance(held, list | tuple) and len(given) == len(held) and all(map(_same, given, held))
    if given == {}:
        return held is not None
    if isinstance(given, float) and math.isnan(given):
        return False
    return bool(given == held or LONG_NAMES.get(str(given)) == held) or str(held).endswith(str(given))


def _unwritable(experiment: Experiment) -> bool:
    return any(ord(letter) < 32 or letter == "\x7f" for letter in experiment.name + experiment.about)
