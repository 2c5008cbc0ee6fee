"""Every private name of Keras that this project uses. A test says which of them a new Keras has moved.

Importing this module imports TensorFlow: do it late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def momentums(optimizer: Any) -> Sequence[Any]:
    """The running means of gradients that an RMSprop, Adam or SGD keeps, in the order of its variables.

    Empty for an RMSprop without momentum.
    """
    return optimizer._momentums  # type: ignore[no-any-return]


def velocities(optimizer: Any) -> Sequence[Any]:
    """The running means of squared gradients that an RMSprop or Adam keeps, in the order of its variables."""
    return optimizer._velocities  # type: ignore[no-any-return]
