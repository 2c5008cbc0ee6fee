"""Descriptions of layers: short for lists on the screen, complete for reports."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experiment import layers
from engine.experiment.layers import KINDS, Layer, LayerBase, Regularised

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
"""Settings whose values the short form shows without names."""

TOGETHER = "\N{NO-BREAK SPACE}"


def layer_line(layer: Layer) -> str:
    """Describe a layer in a few words, ``Dense 16 relu l2 0.001``; a penalty's name and value stay on one line."""
    name = _SHORT.get(layer.kind, KIND_NAMES[layer.kind])
    words = [name, *_settings(layer)]
    if isinstance(layer, Regularised):
        words += [f"{norm}{TOGETHER}{value:g}" for norm in ("l1", "l2") if (value := getattr(layer, norm))]
    return " ".join(words)


def whole_layer(layer: Layer) -> str:
    """Describe a layer with every setting that is not the default: ``Dense 16 relu, l2 0.001``.

    Settings that :func:`layer_line` shows without names, such as units, have no names here either.
    """
    changed = layer.model_dump(exclude_defaults=True, exclude={"kind", "enabled"})
    rest = [f"{name} {value}" for name, value in changed.items() if name not in _UNNAMED]
    return ", ".join([" ".join([KIND_NAMES[layer.kind], *_settings(layer)]), *rest])


def _settings(layer: LayerBase) -> list[str]:
    match layer:
        case layers.Dense():
            return [str(layer.units), *([] if layer.activation == "linear" else [layer.activation])]
        case layers.Activation():
            return [layer.activation]
        case layers.Dropout() | layers.SpatialDropout1D():
            return [f"{layer.rate:g}"]
        case layers.BatchNormalization():
            return [] if layer.momentum == 0.99 else [f"{layer.momentum:g}"]
        case layers.Embedding():
            return [str(layer.output_dim), *["vectors"] * bool(layer.vectors), *["fixed"] * (not layer.trainable)]
        case layers.Conv1D():
            return [f"{layer.filters}×{layer.kernel_size}", layer.activation]
        case layers.MaxPooling1D():
            return [str(layer.pool_size)]
        case layers.LSTM() | layers.GRU():
            return [str(layer.units), *["steps"] * layer.return_sequences]
        case layers.Bidirectional():
            return [KIND_NAMES[layer.layer], str(layer.units), *["steps"] * layer.return_sequences]
    return []
