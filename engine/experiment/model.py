"""What to train: an Experiment holds data, layers and training settings, and is never changed in place.

Names are Keras's throughout. Reading and writing TOML is in :mod:`engine.experiment.toml_file`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from engine.experiment.layers import Dense, Layer

Encoding = Literal["multi-hot", "count", "tf-idf", "sequence"]
Scaling = Literal["standard", "none"]
LossName = Literal[
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "mse",
    "mae",
    "huber",
    "log_cosh",
]
OptimizerName = Literal["rmsprop", "adam", "adamw", "nadam", "adamax", "sgd", "adagrad", "adadelta"]
MetricName = Literal["accuracy", "precision", "recall", "auc", "mae", "mse"]

LONG_NAMES = {"mean_squared_error": "mse", "mean_absolute_error": "mae", "acc": "accuracy"}
"""Keras's other names for a loss or a metric, and the one used here."""


def _short(name: object) -> object:
    return LONG_NAMES.get(name, name) if isinstance(name, str) else name


class Section(BaseModel):
    """A part of an experiment: immutable, its keys known, its values of the stated type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Data(Section):
    """Which rows, and how a network reads them.

    ``dataset`` is a catalogue name or the path of a person's own file or folder. ``vocabulary``,
    ``encoding`` and ``length`` (of a padded sequence) apply to text, ``scaling`` to columns.
    ``validation`` is a count of rows or a fraction below 1 of the rows that are not test rows; None takes
    the data set's own split. ``rows`` limits the training and validation rows together, for a quick try.
    ``target`` and ``text`` name the columns of a person's own table.
    """

    dataset: Annotated[str, Field(min_length=1, max_length=4096)] = "imdb"
    vocabulary: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    encoding: Encoding = "multi-hot"
    length: Annotated[int, Field(ge=1, le=100_000)] = 256
    scaling: Scaling = "standard"
    validation: Annotated[StrictInt, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)] | None = None
    rows: Annotated[int, Field(ge=4)] | None = None
    target: str | None = None
    text: str | None = None


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
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
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
