"""Experiments as TOML files: presets by name, users' own files by path.

A file may build on another with ``base``, a preset's name or the path of a file (relative to its own folder). The
settings in the file then replace those of its base, key by key, including tables such as ``[data]`` and
``[training.early_stopping]``; ``[[layers]]``, if present, replaces the base's whole stack, so that a file shows
the stack that it trains. ``name`` and ``about`` describe one file and are never inherited; a file without a name
is named after its file name. ``false`` removes an optional setting of the base (``early_stopping = false``). Paths
of data and word vectors are first resolved relative to the folder of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from engine.errors import ExperimentError, Mistake
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import minimal, with_settings
from engine.experiment.toml_lines import key_lines
from engine.experiment.validation import checked, nearest, unknown
from engine.system import toml_text
from engine.system.atomic_write import write_bytes
from engine.system.paths import exists, expanded
from engine.system.suggest import shown

PRESETS = (
    "imdb",
    "imdb-small",
    "imdb-large",
    "imdb-1-layer",
    "imdb-3-layers",
    "imdb-mse",
    "imdb-tanh",
    "imdb-l1",
    "imdb-l2",
    "imdb-l1-l2",
    "imdb-dropout",
    "imdb-embedding",
    "imdb-lstm",
    "reuters",
    "reuters-128",
    "reuters-1-layer",
    "reuters-3-layers",
    "reuters-bottleneck",
    "boston",
    "california",
    "digits",
)
"""The presets' names, in the order of the course."""

_TEXTS = ("imdb", "reuters")
_DATA = ("dataset", "vocabulary", "encoding")
_LAYER = ("kind", "layer", "units", "filters", "kernel_size", "pool_size", "output_dim", "rate", "activation")
_TRAINING = ("loss", "optimizer", "learning_rate", "metrics", "batch_size", "epochs")


def presets() -> Mapping[str, Experiment]:
    """Return the presets by name, in the order of the course."""
    return MappingProxyType({name: _preset(name) for name in PRESETS})


def load(name_or_path: str) -> Experiment:
    """Load the preset with this name, or else the experiment in this file; raises ExperimentError."""
    if name_or_path in PRESETS:
        return _preset(name_or_path)
    path = expanded(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1 or exists(path):
        return read(path)
    near = nearest(name_or_path, PRESETS)
    hint = f"did you mean {near!r}?" if near else "`workbench presets` lists the presets"
    raise ExperimentError(shown(name_or_path), (Mistake("", f"there is no such preset or file: {hint}"),))


def read(path: Path) -> Experiment:
    """Read the experiment in a TOML file; raises ExperimentError with every mistake and its line."""
    return _read(path, ())


def parse(text: str, source: str) -> Experiment:
    """Parse the experiment in a TOML text; ``source`` names it in ExperimentError."""
    return _build(_tables(text, source), text, source, Path(), (source,))


def dumps(experiment: Experiment) -> str:
    """Serialise the experiment as TOML: settings that are often changed, and those that are not the default."""
    import tomlkit  # imported lazily: it takes a tenth of a second that most starts do not need

    raw = minimal(experiment)
    data = _DATA if experiment.data.dataset in _TEXTS else _DATA[:1]
    document: dict[str, Any] = {
        "name": experiment.name,
        **{key: raw[key] for key in ("about", "seed") if key in raw},
        "data": _said(experiment.data, raw.get("data", {}), data),
        "layers": [
            _said(layer, more, _LAYER)
            for layer, more in zip(experiment.layers, raw.get("layers", []), strict=True)
        ],
        "training": _said(experiment.training, raw.get("training", {}), _TRAINING),
    }
    return tomlkit.dumps(_plain_lists(document)).rstrip("\n") + "\n"


def _said(part: BaseModel, more: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a part's settings with these names, if it has them, and those that differ from the defaults."""
    return {name: getattr(part, name) for name in names if name in type(part).model_fields} | dict(more)


def write(experiment: Experiment, path: Path) -> None:
    """Write the experiment to a TOML file atomically; raises EngineError."""
    write_bytes(path, dumps(experiment).encode())


@cache
def _preset(name: str) -> Experiment:
    text = (resources.files("engine.experiment.presets") / f"{name}.toml").read_text("utf-8")
    return parse(text, f"preset {name}")


def _read(path: Path, chain: tuple[str, ...]) -> Experiment:
    source = toml_text.shown_path(path)
    text = toml_text.read(path, source, ExperimentError)
    chain = (*chain, str(path.resolve()))
    stem = path.stem.encode("utf-8", "replace").decode()[:200]
    raw = {"name": stem} | _tables(text, source)
    return beside(_build(raw, text, source, path.parent, chain), path.parent)


def _tables(text: str, source: str) -> dict[str, Any]:
    """Parse a TOML text; raises ExperimentError with the line if it is not TOML, or if it is empty."""
    raw = toml_text.tables(text, source, ExperimentError)
    if not raw:
        raise _wrong(source, "it is empty: a first line could be base = 'imdb'")
    return raw


def _build(raw: dict[str, Any], text: str, source: str, folder: Path, chain: tuple[str, ...]) -> Experiment:
    lines = key_lines(text)
    raw = dict(raw)
    if "base" in raw:
        try:
            base = _base(raw.pop("base"), source, folder, chain, lines.get(("base",)))
        except ExperimentError as error:
            raise _together(error, raw, source, lines) from None
        inherited = {key: value for key, value in minimal(base).items() if key not in ("name", "about")}
        raw = _over(inherited, raw)
    return checked(raw, source, lines)


def _together(
    error: ExperimentError, raw: dict[str, Any], source: str, lines: Mapping[Any, int]
) -> ExperimentError:
    """Combine the mistakes in a base with those in the rest of the file that builds on it."""
    try:
        checked(raw, source, lines)
    except ExperimentError as more:
        if error.source == source:
            return ExperimentError(source, (*error.mistakes, *more.mistakes))
    return error


def _base(name: object, source: str, folder: Path, chain: tuple[str, ...], line: int | None) -> Experiment:
    if not isinstance(name, str) or not name:
        message = f"expected a preset's name or the path of a file, not {shown(name)}"
        raise _wrong(source, message, line, "base")
    if name in PRESETS:
        return _preset(name)
    path = folder / expanded(name)
    if not exists(path):
        raise _wrong(source, unknown("preset or file", name, PRESETS), line, "base")
    if str(path.resolve()) in chain:
        raise _wrong(source, "the file builds on itself", line, "base")
    if len(chain) > toml_text.DEEPEST:
        raise _wrong(source, f"the files build on one another more than {toml_text.DEEPEST} deep", line, "base")
    return _read(path, chain)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge ``above`` into ``below``, table by table."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _over(merged[key], value) if both else value
    return merged


def beside(experiment: Experiment, folder: Path) -> Experiment:
    """Return the experiment with paths of existing files, relative to ``folder``, made absolute."""
    named = {"data.dataset": experiment.data.dataset} | {
        f"layers.{index}.vectors": layer.vectors
        for index, layer in enumerate(experiment.layers)
        if layer.kind == "embedding" and layer.vectors
    }
    found = {path: folder / name for path, name in named.items() if Path(name).suffix or "/" in name}
    there = {path: str(file.resolve()) for path, file in found.items() if exists(file)}
    return with_settings(experiment, there) if there else experiment


def _plain_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain_lists(inner) for key, inner in value.items()}
    return [_plain_lists(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _wrong(source: str, message: str, line: int | None = None, path: str = "") -> ExperimentError:
    return ExperimentError(source, (Mistake(path, message, line),))
