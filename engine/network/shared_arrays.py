"""NumPy arrays that TensorFlow reads where they are, instead of copying them twice as ``tf.constant`` does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""TensorFlow reads only memory that begins at a multiple of so many bytes."""


def aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array whose values are not set yet, to be filled and then given to :func:`shared`."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def shared(array: NDArray[Any]) -> Any:
    """A tensor in the memory of an array that :func:`aligned` has made and nobody alters any more."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
