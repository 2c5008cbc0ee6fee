"""The layers that a stack can contain, with Keras's names for kinds and arguments."""

# No "from __future__ import annotations": evaluating them costs Pydantic a third of this module's time.

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

ActivationName = Literal[
    "linear", "relu", "sigmoid", "tanh", "softmax", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus"
]
Units = Annotated[int, Field(ge=1, le=65_536)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Penalty = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class LayerBase(BaseModel):
    """The settings of every layer; ``enabled`` turns it off without losing its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    enabled: bool = True


class Regularised(LayerBase):
    """A layer with a kernel that can have L1 and L2 penalties (each a factor, 0 for none)."""

    l1: Penalty = 0.0
    l2: Penalty = 0.0


class Dense(Regularised):
    """Fully connected layer: ``keras.layers.Dense``."""

    kind: Literal["dense"] = "dense"
    units: Units = 16
    activation: ActivationName = "linear"
    use_bias: bool = True


class Activation(LayerBase):
    """An activation function as a layer: ``keras.layers.Activation``."""

    kind: Literal["activation"] = "activation"
    activation: ActivationName = "relu"


class Dropout(LayerBase):
    """Zeroes a random share of its inputs: ``keras.layers.Dropout``, in training only."""

    kind: Literal["dropout"] = "dropout"
    rate: Rate = 0.5


class SpatialDropout1D(LayerBase):
    """Zeroes random channels of a sequence: ``keras.layers.SpatialDropout1D``, in training only."""

    kind: Literal["spatial_dropout1d"] = "spatial_dropout1d"
    rate: Rate = 0.2


class BatchNormalization(LayerBase):
    """Normalises over the batch: ``keras.layers.BatchNormalization``."""

    kind: Literal["batch_normalization"] = "batch_normalization"
    momentum: Rate = 0.99


class LayerNormalization(LayerBase):
    """Normalises over the last axis: ``keras.layers.LayerNormalization``."""

    kind: Literal["layer_normalization"] = "layer_normalization"


class Embedding(LayerBase):
    """A vector for each word of a sequence: ``keras.layers.Embedding``.

    ``vectors`` names a word2vec or GloVe text file with initial weights; ``trainable`` false freezes them. Padding
    (id 0) is masked unless ``mask_zero`` is false.
    """

    kind: Literal["embedding"] = "embedding"
    output_dim: Units = 16
    mask_zero: bool = True
    vectors: str | None = None
    trainable: bool = True


class GlobalAveragePooling1D(LayerBase):
    """The mean over a sequence's steps: ``keras.layers.GlobalAveragePooling1D``."""

    kind: Literal["global_average_pooling1d"] = "global_average_pooling1d"


class GlobalMaxPooling1D(LayerBase):
    """The maximum over a sequence's steps: ``keras.layers.GlobalMaxPooling1D``."""

    kind: Literal["global_max_pooling1d"] = "global_max_pooling1d"


class Flatten(LayerBase):
    """Flattens all axes except the batch: ``keras.layers.Flatten``."""

    kind: Literal["flatten"] = "flatten"


class Conv1D(Regularised):
    """Convolution along a sequence: ``keras.layers.Conv1D``."""

    kind: Literal["conv1d"] = "conv1d"
    filters: Units = 32
    kernel_size: Annotated[int, Field(ge=1, le=1024)] = 5
    activation: ActivationName = "relu"
    padding: Literal["valid", "same"] = "valid"


class MaxPooling1D(LayerBase):
    """The maximum in windows of ``pool_size`` steps: ``keras.layers.MaxPooling1D``."""

    kind: Literal["max_pooling1d"] = "max_pooling1d"
    pool_size: Annotated[int, Field(ge=1, le=1024)] = 2


class LSTM(LayerBase):
    """Long short-term memory: ``keras.layers.LSTM``."""

    kind: Literal["lstm"] = "lstm"
    units: Units = 32
    return_sequences: bool = False


class GRU(LayerBase):
    """Gated recurrent unit: ``keras.layers.GRU``."""

    kind: Literal["gru"] = "gru"
    units: Units = 32
    return_sequences: bool = False


class Bidirectional(LayerBase):
    """A recurrent ``layer`` applied in both directions: ``keras.layers.Bidirectional``."""

    kind: Literal["bidirectional"] = "bidirectional"
    layer: Literal["lstm", "gru"] = "lstm"
    units: Units = 32
    return_sequences: bool = False


Layer = Annotated[
    Dense
    | Dropout
    | Activation
    | BatchNormalization
    | LayerNormalization
    | Embedding
    | GlobalAveragePooling1D
    | GlobalMaxPooling1D
    | Flatten
    | Conv1D
    | MaxPooling1D
    | LSTM
    | GRU
    | Bidirectional
    | SpatialDropout1D,
    Field(discriminator="kind"),
]
"""Any layer, in the order in which choices are offered."""

KINDS: dict[str, type[LayerBase]] = {
    layer.model_fields["kind"].default: layer for layer in get_args(get_args(Layer)[0])
}
"""Each layer class by its kind."""
