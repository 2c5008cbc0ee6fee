"""A layer in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.experiment.layer_words import layer_line, whole_layer
from engine.experiment.layers import KINDS, LSTM, Bidirectional, Dense, Embedding, Layer
from tests.engine.strategies import instances


@pytest.mark.parametrize(
    ("layer", "short", "whole"),
    [
        (Dense(units=4, l2=0.1), "Dense 4 l2\N{NO-BREAK SPACE}0.1", "Dense 4, l2 0.1"),
        (Dense(use_bias=False), "Dense 16", "Dense 16, use_bias False"),
        (Embedding(output_dim=8, mask_zero=False), "Embedding 8", "Embedding 8, mask_zero False"),
        (LSTM(units=3, return_sequences=True), "LSTM 3 steps", "LSTM 3 steps"),
        (Bidirectional(layer="gru", units=3), "Bidirectional GRU 3", "Bidirectional GRU 3"),
    ],
)  # fmt: skip
def test_a_layer_is_short_on_the_screen_and_whole_in_a_report(layer: Layer, short: str, whole: str) -> None:
    assert layer_line(layer) == short
    assert whole_layer(layer) == whole


@given(st.sampled_from(list(KINDS.values())).flatmap(instances))
def test_every_layer_begins_with_its_name_and_differs_from_its_default_in_words(layer: Layer) -> None:
    default = type(layer)()
    assert layer_line(layer).split()[0][:4] == KINDS[layer.kind].__name__[:4] or "Pool" in layer_line(layer)
    same = layer.model_dump(exclude={"enabled"}) == default.model_dump(exclude={"enabled"})
    assert same or whole_layer(layer) != whole_layer(default)
