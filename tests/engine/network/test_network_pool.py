"""A pool keeps a few compiled networks, and frees TensorFlow's kernels of those that it lets go."""

from __future__ import annotations

from typing import Any

import pytest

from engine.experiment import toml_file
from engine.network import keras_private, network_pool


def test_the_kernels_of_networks_let_go_are_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    cleared: list[bool] = []
    monkeypatch.setattr(keras_private, "clear_kernels", lambda: cleared.append(True))
    monkeypatch.setattr(network_pool, "_form", lambda _experiment, network, *_: (network,))
    pool, experiment = network_pool.Pool(), toml_file.load("imdb")
    for number in range(network_pool.KEPT + 2):
        steps: Any = type("Steps", (), {"network": number, "weighted": False, "whole_batches": 0})
        pool.give_back(experiment, steps)
        assert len(cleared) == max(number + 1 - network_pool.KEPT, 0)


def test_kernels_that_runs_of_one_form_leave_are_freed_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    cleared: list[bool] = []
    monkeypatch.setattr(keras_private, "clear_kernels", lambda: cleared.append(True))
    monkeypatch.setattr(network_pool, "_form", lambda *_: ())
    pool, experiment = network_pool.Pool(), toml_file.load("imdb")
    steps: Any = type("Steps", (), {"network": None, "weighted": False, "whole_batches": 0})
    for number in range(1, 2 * network_pool.CLEARED + 1):
        pool.give_back(experiment, steps)
        assert len(cleared) == number // network_pool.CLEARED


def test_tensorflow_still_has_the_private_name() -> None:
    from tensorflow.python.eager import context

    said = "TensorFlow has moved its cache of kernels: see engine/network/keras_private.py"
    assert hasattr(context.context(), "clear_kernel_cache"), said
    keras_private.clear_kernels()
