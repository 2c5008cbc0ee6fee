"""Whether padding affects the output of a stack, determined with Keras's own layers."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import keras


def ignores_padding(layers: Sequence[Any]) -> bool:
    """Whether a stack's output is independent of the number of zeros in front of a sample's word ids.

    This is the case if an Embedding's mask is passed on to a layer that uses it and reduces the steps to one
    vector. A layer that does not support masking drops the mask, and from there on padding counts.
    """
    if not layers or not isinstance(layers[0], keras.layers.Embedding) or not layers[0].mask_zero:
        return False
    shape = layers[0].compute_output_shape((None, None))
    for layer in layers[1:]:
        shape = layer.compute_output_shape(shape)
        if len(shape) == 2:
            return _reads_mask(layer)
        if not _passes_mask(layer):
            return False
    return False


def drop_mask_quietly(layer: Any) -> None:
    """Suppress Keras's warning for a layer without masking support that drops a mask."""
    if not layer.supports_masking:
        layer.supports_masking = True
        layer.compute_mask = lambda *_, **__: None


def _passes_mask(layer: Any) -> bool:
    """Whether a layer passes a mask on; False for layers changed by :func:`drop_mask_quietly`, which seem to."""
    ids, mask = keras.KerasTensor((None, None)), keras.KerasTensor((None, None), "bool")
    return bool(layer.supports_masking) and layer.compute_mask(ids, mask) is mask


def _reads_mask(layer: Any) -> bool:
    return "mask" in inspect.signature(layer.call).parameters
