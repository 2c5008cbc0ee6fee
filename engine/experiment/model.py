"""What to train: an Experiment holds data, layers and training settings, and is immutable.

Names are Keras's throughout. Reading and writing TOML is in :mod:`engine.experiment.toml_file`.
"""

# No annotations of the future: Pydantic evaluates each of them, which takes a third of the time of this module.

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
    """A part of an experiment: immutable, its keys known, its values of the stated type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FrozenDict(dict[str, Any]):
    """A table of names that is never changed, so that settings with one in them can be hashed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Frozen = AfterValidator(FrozenDict)


def _charset(name: str) -> str:
    try:
        b"a".decode(name, "replace")  # a codec of bytes or strings alone, such as "hex", is no encoding of texts
    except (LookupError, ValueError) as error:
        raise ValueError(f"no encoding is called {name!r}: utf-8 and cp1252 are examples") from error
    return name


class ColumnSettings(Section):
    """What a column of a person's own table is taken for, and how it is treated; None leaves it to the data.

    ``missing`` says how missing values are filled: "constant" with ``fill``, "category" as a value of their own.
    ``indicator`` adds a column that says where a number or date was missing. A category's value that fewer than
    ``rare`` training samples have shares one column with others of its kind.
    """

    role: Role | None = None
    missing: Imputing | None = None
    fill: float | str | None = None
    indicator: bool = True
    scaling: Scaling | None = None
    rare: Annotated[int, Field(ge=1)] | None = None


class Data(Section):
    """The samples to train on, and how a network reads them.

    ``dataset`` is a catalogue name or the path of a person's own file or folder. ``vocabulary``,
    ``encoding`` and ``length`` (of a padded sequence) apply to text, ``scaling`` to numbers.
    ``validation`` is a count of samples or a fraction below 1 of the samples that are not test samples; None
    takes the data set's own split. ``rows`` limits the training and validation samples together, for a quick try.

    The rest is for a person's own files. ``target`` and ``text`` name columns, ``ignore`` those that are left
    out, ``columns`` the settings of single ones; ``task`` says whether a target of whole numbers is predicted as
    classes or as a number. ``header`` says whether the first line names the columns; ``separator``, ``charset``,
    ``decimal``, ``missing`` (texts that stand for a missing value) and ``sheet`` (of a workbook) overrule what the
    reader finds.
    ``class_weight`` is "balanced" or a weight for each label. ``target_scaling`` applies to regression.
    ``split_group`` names a column of which no value is in two parts of the split, ``split_time`` one by whose
    order the last samples are held out, ``split_column`` one that says train, validation or test;
    ``validation_file`` and ``test_file`` are files of the same columns.
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
    """Stop when the validation loss has not fallen by ``min_delta`` for ``patience`` epochs."""

    patience: Annotated[int, Field(ge=0, le=100_000)] = 3
    min_delta: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class ReduceOnPlateau(Section):
    """Multiply the learning rate by ``factor`` when the validation loss has not fallen for ``patience`` epochs."""

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patience: Annotated[int, Field(ge=0, le=100_000)] = 2
    min_learning_rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Training(Section):
    """How the weights are found."""

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
    """Everything that decides a run's outcome. ``about`` says what it shows and what to try next."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "Untitled"
    about: Annotated[str, Field(max_length=2000)] = ""
    seed: Seed = 7
    data: Data = Data()
    layers: Annotated[tuple[Layer, ...], Field(max_length=200, strict=False)] = ()
    training: Training = Training()

    @property
    def stack(self) -> tuple[Layer, ...]:
        """The layers that are switched on, in order."""
        return tuple(layer for layer in self.layers if layer.enabled)

    @property
    def output(self) -> Dense | None:
        """The last layer with units that is switched on, where it is a Dense one."""
        last = next((layer for layer in reversed(self.stack) if layer.kind not in ("activation", "dropout")), None)
        return last if isinstance(last, Dense) else None
