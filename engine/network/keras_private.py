"""Every private name of Keras and TensorFlow that this project uses. A test reports names that have moved.

Importing this module imports neither library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any


def momentums(optimizer: Any) -> Sequence[Any]:
    """Return an RMSprop's, Adam's or SGD's running means of gradients, in the order of its variables.

    Empty for an RMSprop without momentum.
    """
    return optimizer._momentums  # type: ignore[no-any-return]


def velocities(optimizer: Any) -> Sequence[Any]:
    """Return an RMSprop's or Adam's running means of squared gradients, in the order of its variables."""
    return optimizer._velocities  # type: ignore[no-any-return]


def clear_kernels() -> None:
    """Free the kernels of deleted TensorFlow functions; those in use are created again at their next call.

    TensorFlow keeps a kernel in its cache after its function is deleted. Measured on the digits, 20 networks of
    different forms left 58 MB behind, and 35 MB if the cache was cleared.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """``tf.custom_gradient`` for a function that returns one tensor, without keeping the graph of each call.

    TensorFlow registers the gradient of a call in a graph until the process ends, and the gradient refers to the
    graph: each traced network, though no longer used, left 2 MB behind. Here the registered gradient is deleted
    after the call; a ``tf.GradientTape`` in the same graph has its own reference. A tape outside of the graph, as
    around a compiled function or a loop, raises LookupError.
    """
    import tensorflow as tf
    from tensorflow.python.framework.ops import gradient_registry

    with_gradient = tf.custom_gradient(function)

    @wraps(function)
    def called(*arguments: Any) -> Any:
        outcome = with_gradient(*arguments)
        if not tf.executing_eagerly():
            del gradient_registry._registry[outcome.op.get_attr("_gradient_op_type").decode()]
        return outcome

    return called
