"""Groups of whole batches of columns, for graphs that XLA compiles for one shape, and which runs they pay for.

Measured on Dense 32-1 over 20 columns with Adam (two cores): a step of 512 samples takes 0.08 ms instead of 0.38,
one of 16 samples 0.01 instead of 0.25.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from engine.experiment.model import Training
from engine.network.build import Network, on_gpu
from engine.network.input_adapters import Columns

XLA_STEPS = 2000
"""Steps of a run from which on XLA pays, which takes half a second longer to compile than the plain graph."""

XLA_FLAGS = "--xla_backend_optimization_level=1 --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters"
"""What halves XLA's time to compile; the steps of small networks are as fast."""

XLA_ERRORS = (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.UnimplementedError)
"""What a call raises, before it changes anything, where TensorFlow has no XLA for the platform or an operation."""


def most_batches(network: Network, training: Training) -> int:
    """Batches in one TensorFlow call at most."""
    return max(1, network.adapter.call_samples // training.batch_size)


def whole_batches(network: Network, training: Training, samples: int) -> int:
    """Batches in a call that XLA compiles, for a run on so many samples; 0 where it cannot, or does not pay."""
    steps = training.epochs * (samples // training.batch_size)
    if steps < XLA_STEPS or not isinstance(network.adapter, Columns) or on_gpu():
        return 0
    return most_batches(network, training)


def compiled(function: Callable[..., Any], signature: Sequence[tf.TensorSpec], samples: int) -> Any:
    """A function of tensors of so many samples, which the signature leaves open, and of a number of batches."""
    os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)
    shapes = [tf.TensorSpec([samples, *spec.shape[1:]], spec.dtype) for spec in signature]
    signature = [*shapes, tf.TensorSpec([], tf.int32)]
    return tf.function(function, signature, autograph=False, jit_compile=True).get_concrete_function()


def filled(samples: Any, number: int) -> Any:
    """A tensor of samples, filled up with zeros to a number of them."""
    missing = number - len(samples)
    return tf.pad(samples, [[0, missing], *[[0, 0]] * (samples.shape.rank - 1)]) if missing else samples
