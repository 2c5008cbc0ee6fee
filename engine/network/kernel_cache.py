"""TensorFlow's cache of kernels: the one use of a private name of TensorFlow.

A kernel stays in the cache after the function that it was made for has gone. Measured on the digits, 20 networks
of different forms left 58 MB behind, and 35 MB where the cache was cleared.
"""

from __future__ import annotations


def clear() -> None:
    """Free the kernels of functions that are gone; those still in use are made again when next called."""
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()
