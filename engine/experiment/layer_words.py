"""A layer in words: short for lists on the screen, whole for a report."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experiment.layers import (
    GRU,
    KINDS,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Layer,
    LayerBase,
    MaxPooling1D,
    Regularised,
    SpatialDropout1D,
)

KIND_NAMES: Mapping[str, str] = {kind: layer.__name__ for kind, layer in KINDS.items()}
"""Keras's names of the layer kinds."""

_SHORT = {
    "batch_normalization": "BatchNorm",
    "layer_normalization": "LayerNorm",
    "global_average_pooling1d": "AveragePooling",
    "global_max_pooling1d": "MaxPooling",
    "spatial_dropout1d": "SpatialDropout",
    "max_pooling1d": "MaxPooling",
}


_UNNAMED = (
    *("units", "activation", "rate", "momentum", "output_dim", "filters", "kernel_size", "pool_size", "layer"),
    *("return_sequences",),
)
"""The settings whose values the short form shows without their names."""

TOGETHER = "\N{NO-BREAK SPACE}"


def layer_line(layer: Layer) -> str:
    """A layer in a few words: ``Dense 16 relu l2 0.001``; a penalty's name and value stay on one line."""
    name = _SHORT.get(layer.kind, KIND_NAMES[layer.kind])
    words = [name, *_settings(layer)]
    if isinstance(layer, Regularised):
        words += [f"{norm}{TOGETHER}{value:g}" for norm in ("l1", "l2") if (value := getattr(layer, norm))]
    return " ".join(words)


def whole_layer(layer: Layer) -> str:
    """A layer with every setting that is not the default: ``Dense 16 relu, l2 0.001``.

    What :func:`layer_line` shows without its name, such as units, is not named here either.
    """
    changed = layer.model_dump(exclude_defaults=True, exclude={"kind", "enabled"})
    rest = [f"{name} {value}" for name, value in changed.items() if name not in _UNNAMED]
    return ", ".join([" ".join([KIND_NAMES[layer.kind], *_settings(layer)]), *rest])


def _settings(layer: LayerBase) -> list[str]:
    match layer:
        case Dense():
            return [str(layer.units), *([] if layer.activation == "linear" else [layer.activation])]
        case Activation():
            return [layer.activation]
        case Dropout() | SpatialDropout1D():
            return [f"{layer.rate:g}"]
        case BatchNormalization():
            return [] if layer.momentum == 0.99 else [f"{layer.momentum:g}"]
        case Embedding():
            return [
                str(layer.output_dim),
                *(["vectors"] if layer.vectors else []),
                *([] if layer.trainable else ["fixed"]),
            ]
        case Conv1D():
            return [f"{layer.filters}×{layer.kernel_size}", layer.activation]
        case MaxPooling1D():
            return [str(layer.pool_size)]
        case LSTM() | GRU():
            return [str(layer.units), *(["steps"] if layer.return_sequences else [])]
        case Bidirectional():
            return [KIND_NAMES[layer.layer], str(layer.units), *(["steps"] if layer.return_sequences else [])]
    return []
