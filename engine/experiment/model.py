"""Experiments: immutable models of data, layers and training settings.

All names are Keras's. Reading and writing TOML is in :mod:`engine.experiment.toml_file`.
"""

# No "from __future__ import annotations": evaluating them costs Pydantic a third of this module's time.

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from engine.experiment.keras_names import LONG_NAMES, LossName, MetricName, OptimizerName
from engine.experiment.layers import Dense, Layer

Encoding = Literal["multi-hot", "count", "tf-idf", "sequence"]
InputForm = Literal["bag", "sequence", "columns"]
Scaling = Literal["standard", "robust", "power", "none"]
Role = Literal["target", "number", "category", "text", "date", "ignored"]
Imputing = Literal["median", "mean", "most_frequent", "constant", "category"]


def _short(name: object) -> object:
    return LONG_NAMES.get(name, name) if isinstance(name, str) else name


Name = Annotated[str, Field(min_length=1, max_length=1000)]
FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of an experiment: immutable and validated, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FrozenDict(dict[str, Any]):
    """An immutable, hashable mapping from names to values."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Frozen = AfterValidator(FrozenDict)


def _charset(name: str) -> str:
    try:
        b"a".decode(name, "replace")  # codecs for bytes or strings only, such as "hex", are not text encodings
    except (LookupError, ValueError) as error:
        raise ValueError(f"unknown encoding {name!r}: examples are utf-8 and cp1252") from error
    return name


class ColumnSettings(Section):
    """How a column of a user's table is interpreted and treated; None leaves the decision to the data.

    ``missing`` says how missing values are filled: "constant" with ``fill``, "category" as a separate value.
    ``indicator`` adds a column that marks missing numbers or dates. Values of a category with fewer than ``rare``
    training samples share one column.
    """

    role: Role | None = None
    missing: Imputing | None = None
    fill: float | str | None = None
    indicator: bool = True
    scaling: Scaling | None = None
    rare: Annotated[int, Field(ge=1)] | None = None


class Data(Section):
    """The samples to train on, and how a network reads them.

    ``dataset`` is a catalogue name or the path of a user's file or folder. ``vocabulary``, ``encoding`` and
    ``length`` (of a padded sequence) apply to text, ``scaling`` to numbers. ``validation`` is a number of samples
    or a fraction below 1 of the samples that are not test samples; None means the data set's own split. ``rows``
    limits the training and validation samples together, for a quick try.

    The other settings are for users' own files. ``target`` and ``text`` name columns, ``ignore`` those that are
    left out, ``columns`` has settings of single ones. ``task`` says whether a target of whole numbers is predicted
    as classes or as a number. ``header`` says whether the first line names the columns; ``separator``,
    ``charset``, ``decimal``, ``missing`` (texts that stand for a missing value) and ``sheet`` (of a workbook)
    override what the reader detects. ``class_weight`` is "balanced" or a weight for each label. ``target_scaling``
    applies to regression. ``split_group`` names a column whose values are never shared between parts of the split,
    ``split_time`` one by whose order the last samples are held out, ``split_column`` one that contains train,
    validation or test; ``validation_file`` and ``test_file`` are files with the same columns.
    """

    dataset: Annotated[str, Field(min_length=1, max_length=4096)] = "imdb"
    vocabulary: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    encoding: Encoding = "multi-hot"
    length: Annotated[int, Field(ge=1, le=100_000)] = 256
    scaling: Scaling = "standard"
    validation: Annotated[StrictInt, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)] | None = None
    rows: Annotated[int, Field(ge=4)] | None = None
    target: Name | None = None
    text: Name | None = None
    ignore: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    columns: Annotated[dict[Name, ColumnSettings], Frozen] = FrozenDict()
    task: Literal["regression", "classes"] | None = None
    header: bool | None = None
    separator: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    charset: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_charset)] | None = None
    decimal: Literal[".", ","] | None = None
    missing: Annotated[tuple[str, ...], Field(strict=False)] | None = None
    sheet: Name | None = None
    class_weight: Literal["balanced"] | Annotated[dict[str, Weight], Frozen] | None = None
    target_scaling: Literal["auto", "none", "standard", "log"] = "auto"
    split_group: Name | None = None
    split_time: Name | None = None
    split_column: Name | None = None
    validation_file: FilePath | None = None
    test_file: FilePath | None = None


class EarlyStopping(Section):
    """Stops training when the validation loss has not fallen by ``min_delta`` for ``patience`` epochs."""

    patience: Annotated[int, Field(ge=0, le=100_000)] = 3
    min_delta: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class ReduceOnPlateau(Section):
    """Multiplies the learning rate by ``factor`` after ``patience`` epochs without a lower validation loss."""

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patience: Annotated[int, Field(ge=0, le=100_000)] = 2
    min_learning_rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Training(Section):
    """The settings of training: loss, optimiser, epochs and callbacks."""

    loss: Annotated[LossName, BeforeValidator(_short)] = "binary_crossentropy"
    optimizer: OptimizerName = "rmsprop"
    learning_rate: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 0.001
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    metrics: Annotated[tuple[Annotated[MetricName, BeforeValidator(_short)], ...], Field(strict=False)] = ()
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 20
    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau | None = None


class Experiment(Section):
    """Everything that determines a run's outcome. ``about`` says what it demonstrates and what to try next."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "Untitled"
    about: Annotated[str, Field(max_length=2000)] = ""
    seed: Seed = 7
    data: Data = Data()
    layers: Annotated[tuple[Layer, ...], Field(max_length=200, strict=False)] = ()
    training: Training = Training()

    @property
    def stack(self) -> tuple[Layer, ...]:
        """The enabled layers, in order."""
        return tuple(layer for layer in self.layers if layer.enabled)

    @property
    def output(self) -> Dense | None:
        """The last enabled layer with units, if it is a Dense layer."""
        last = next((layer for layer in reversed(self.stack) if layer.kind not in ("activation", "dropout")), None)
        return last if isinstance(last, Dense) else None
