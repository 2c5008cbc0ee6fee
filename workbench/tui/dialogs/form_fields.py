"""The fields of a form for each part of an experiment, derived from the experiment's models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from engine import datasets
from engine.checks.proposals import SUITABLE
from engine.experiment.keras_names import WITH_MOMENTUM, LossName, MetricName, OptimizerName
from engine.experiment.layer_words import KIND_NAMES
from engine.experiment.layers import LayerBase, Regularised
from engine.experiment.model import Data, Encoding, Experiment, Scaling
from engine.experiment.setting_paths import parse_value, value_of

UNSET = ""
"""The choice that leaves an optional setting unset."""

OWN = "your-file.csv"
"""The choice of a user's own file among the data sets: a placeholder path."""

Choices = tuple[tuple[str, Any], ...]

_THOUSANDS = re.compile("[+-]?[1-9][0-9]{0,2}([,_ ][0-9]{3})+")
"""A number with thousands separators; other commas are left for an error message to quote."""

YES_NO: Choices = (("yes", True), ("no", False))


@dataclass(frozen=True, slots=True)
class Field:
    """A setting in a form: a choice, several choices, or a line of text.

    ``table`` marks an optional group of settings; ``words`` a text that is not parsed as a number. ``read`` parses
    a text, ``write`` formats a value; ``unset`` is the choice for an absent setting. ``when`` tells, from the
    current draft, whether the setting applies.
    """

    path: str
    label: str
    choices: Choices = ()
    many: bool = False
    table: bool = False
    words: bool = False
    hint: str = ""
    read: Callable[[str], Any] | None = None
    write: Callable[[Any], str] | None = None
    unset: Any = UNSET
    when: Callable[[Experiment], bool] = lambda _: True

    def value(self, experiment: Experiment) -> Any:
        """Return the experiment's value."""
        found = value_of(experiment, self.path)
        if self.table:
            return found is not None
        if self.path == "data.dataset":
            known = datasets.entry(found) is not None
            return (found if known else OWN) if self.choices else (None if known else found)
        return self.unset if found is None and self.choices else found

    def parsed(self, raw: Any) -> Any:
        """Parse what was chosen or typed to a setting's value; None for nothing."""
        if not isinstance(raw, str) or self.choices:
            return None if raw == UNSET else raw
        text = raw.strip()
        if not text:
            return None
        if self.read:
            return self.read(text)
        if self.words:
            return text
        return parse_value(re.sub("[,_ ]", "", text) if _THOUSANDS.fullmatch(text) else text)


def _named(literal: Any) -> Choices:
    return tuple((str(name).replace("_", " "), name) for name in get_args(literal))


def _is_text(experiment: Experiment) -> bool:
    entry = datasets.entry(experiment.data.dataset)
    return entry.kind == "text" if entry else experiment.data.text is not None or experiment.data.target is None


def _is_columns(experiment: Experiment) -> bool:
    entry = datasets.entry(experiment.data.dataset)
    return entry is None or entry.kind == "columns"


def _is_own(experiment: Experiment) -> bool:
    return datasets.entry(experiment.data.dataset) is None


def data_fields() -> tuple[Field, ...]:
    """Return the fields of the data set, and of how its samples are read."""
    sets = tuple((entry.title, name) for name, entry in datasets.CATALOGUE.items())
    own = Field("data.dataset", "Path", words=True, when=_is_own, hint="a CSV file, or a folder of texts")
    return (
        Field("data.dataset", "Data set", (*sets, ("a file or folder of your own", OWN))),
        own,
        Field("data.target", "Target column", words=True, when=_is_own, hint="of a table: what to predict"),
        Field("data.text", "Text column", words=True, when=_is_own, hint="of a table of texts"),
        Field(
            "data.vocabulary",
            "Vocabulary",
            hint=_limits(Data, "vocabulary", "most frequent words"),
            when=_is_text,
        ),
        Field("data.encoding", "Encoding", _named(Encoding), when=_is_text),
        Field(
            "data.length",
            "Length",
            hint="words of each text: the last ones",
            when=lambda e: _is_text(e) and e.data.encoding == "sequence",
        ),
        Field("data.scaling", "Scaling", _named(Scaling), when=_is_columns),
        Field("data.validation", "Validation", hint="samples or a share; empty: as given"),
        Field("data.rows", "Samples", hint="for a quick try; empty: all"),
    )


def loss_fields(task: str, chosen: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields of the loss, and of the metrics that fit the task or are already chosen."""
    fitting = SUITABLE.get(task, get_args(MetricName))
    names = dict.fromkeys([*fitting, *chosen])
    return (
        Field("training.loss", "Loss", _named(LossName)),
        Field("training.metrics", "Metrics", tuple((name, name) for name in names), many=True),
    )


def training_fields() -> tuple[Field, ...]:
    """Return the fields of training, and of the experiment's name."""
    stopping, plateau = "training.early_stopping", "training.reduce_on_plateau"

    def stops(experiment: Experiment) -> bool:
        return experiment.training.early_stopping is not None

    def reduces(experiment: Experiment) -> bool:
        return experiment.training.reduce_on_plateau is not None

    def has_momentum(experiment: Experiment) -> bool:
        return experiment.training.optimizer in WITH_MOMENTUM

    return (
        Field("training.optimizer", "Optimiser", _named(OptimizerName)),
        Field("training.learning_rate", "Learning rate", hint="above 0; 0.001 is usual"),
        Field("training.momentum", "Momentum", hint="0 to below 1", when=has_momentum),
        Field("training.batch_size", "Batch size", hint="samples per step"),
        Field("training.epochs", "Epochs", hint="passes over the samples"),
        Field("seed", "Seed", hint="same seed, same run"),
        Field("name", "Name", words=True, hint="of the experiment"),
        Field(stopping, "Early stopping", YES_NO, table=True),
        Field(f"{stopping}.patience", "  patience", hint="epochs without improvement", when=stops),
        Field(f"{stopping}.min_delta", "  by at least", hint="minimum decrease", when=stops),
        Field(plateau, "Lower the rate", (("on a plateau", True), ("no", False)), table=True),
        Field(f"{plateau}.factor", "  times", hint="0 to 1", when=reduces),
        Field(f"{plateau}.patience", "  patience", hint="epochs without improvement", when=reduces),
        Field(f"{plateau}.min_learning_rate", "  not below", when=reduces),
    )


_LABELS = {
    "use_bias": "Bias",
    "output_dim": "Dimensions",
    "mask_zero": "Mask padding",
    "vectors": "Vectors file",
    "l1": "L1",
    "l2": "L2",
    "return_sequences": "Return sequences",
    "kernel_size": "Kernel size",
    "pool_size": "Pool size",
    "layer": "Cell",
}
_HINTS = {
    "vectors": "word2vec or GloVe text file",
    "trainable": "no: vectors stay fixed",
    "l1": "0: none; 0.001 is usual",
    "l2": "0: none; 0.001 is usual",
}


def layer_fields(layer: LayerBase, index: int) -> tuple[Field, ...]:
    """Return the fields of a layer of this kind, at its index in the stack."""
    kinds = tuple((name, kind) for kind, name in KIND_NAMES.items())
    shared = [name for name in Regularised.model_fields if name in type(layer).model_fields]
    own = [name for name in type(layer).model_fields if name not in (*shared, "kind", "enabled")]
    order = [*own, *(name for name in shared if name != "enabled")]
    return (
        Field(f"layers.{index}.kind", "Layer", kinds),
        *(_layer_field(f"layers.{index}.{name}", name, type(layer)) for name in order),
        Field(f"layers.{index}.enabled", "Switched on", YES_NO),
    )


def _layer_field(path: str, name: str, layer: type[LayerBase]) -> Field:
    info = layer.model_fields[name]
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    if info.annotation is bool:
        return Field(path, label, YES_NO, hint=_HINTS.get(name, ""))
    if get_origin(info.annotation) is Literal:
        return Field(path, label, _named(info.annotation))
    return Field(path, label, words=name == "vectors", hint=_HINTS.get(name) or _limits(layer, name, ""))


def _limits(model: Any, name: str, what: str) -> str:
    fields: Mapping[str, FieldInfo] = model.model_fields
    info = fields[name]
    found: Sequence[Any] = [*info.metadata, *(getattr(info.annotation, "__metadata__", ()))]

    def limit(kind: str) -> Any:
        return next((value for one in found if (value := getattr(one, kind, None)) is not None), None)

    low, high, below = limit("ge"), limit("le"), limit("lt")
    span = (
        f"{low:,} to {high:,}" if high is not None else f"{low:,} to below {below:,}" if below is not None else ""
    )
    return " ".join(part for part in (span, what) if part)
