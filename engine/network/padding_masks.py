"""Whether padding takes part in what a stack gives, asked of Keras's own layers."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import keras


def ignores_padding(layers: Sequence[Any]) -> bool:
    """Whether a stack's output is the same however many zeros stand before a sample's word ids.

    It is where an Embedding's mask reaches, through layers that pass it on, a layer that reads it and joins the
    steps into one vector. A layer that does not support masking drops the mask, and padding counts from there.
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
    """Let a layer that does not support masking drop a mask as it does anyway, but without Keras's warning."""
    if not layer.supports_masking:
        layer.supports_masking = True
        layer.compute_mask = lambda *_, **__: None


def _passes_mask(layer: Any) -> bool:
    """Whether a layer hands a mask on; one that :func:`drop_mask_quietly` changed only looks as if it did."""
    ids, mask = keras.KerasTensor((None, None)), keras.KerasTensor((None, None), "bool")
    return bool(layer.supports_masking) and layer.compute_mask(ids, mask) is mask


def _reads_mask(layer: Any) -> bool:
    return "mask" in inspect.signature(layer.call).parameters
