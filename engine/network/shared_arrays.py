"""NumPy arrays whose memory TensorFlow reads directly, where ``tf.constant`` would copy it twice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""TensorFlow only shares memory that is aligned to this many bytes."""


def aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an uninitialised array, to be filled and then passed to :func:`shared`."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def shared(array: NDArray[Any]) -> Any:
    """Return a tensor that shares the memory of an array from :func:`aligned`, not to be changed any more."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
