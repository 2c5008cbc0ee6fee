"""A probe's estimate against the run that follows, and the compiled network it leaves for that run."""

from __future__ import annotations

import pytest

from engine.errors import TrainingError
from engine.events import Ended, EpochEnded, Preparing
from engine.experiment.layers import GRU, Dense, Embedding
from engine.network.network_pool import Pool
from engine.system.drain import drain
from engine.training.cost_estimate import probe
from engine.training.run import Run
from tests.engine import tiny


def test_the_estimate_is_the_run_s_own_time_and_memory() -> None:
    experiment = tiny.experiment(epochs=40)
    estimate = drain(probe(Run(experiment, dataset=tiny.text())))
    epochs = [event for event in Run(experiment, dataset=tiny.text()) if isinstance(event, EpochEnded)]
    spent = sum(epoch.seconds for epoch in epochs)
    assert spent / 10 < estimate.seconds < spent * 10, "of a size, however busy the machine"
    assert estimate.memory > 100_000_000


def test_a_long_epoch_is_left_and_reckoned_by_its_rows() -> None:
    layers = (Embedding(output_dim=8), GRU(units=16), Dense(units=1, activation="sigmoid"))
    experiment = tiny.experiment(*layers, data={"encoding": "sequence"}, batch_size=2, epochs=2)
    run = Run(experiment, dataset=tiny.text(count=12_000))
    estimate = drain(probe(run))
    assert not run.epochs, "the epoch was left"
    assert 2 < estimate.seconds < 600


def test_a_probe_leaves_a_compiled_network_for_the_run() -> None:
    pool, experiment = Pool(), tiny.experiment()
    run = Run(experiment, dataset=tiny.text(), pool=pool)
    drain(probe(run))
    follower = Run(experiment, dataset=tiny.text(), pool=pool)
    plain = Run(experiment, dataset=tiny.text())
    assert isinstance(list(follower)[-1], Ended)
    list(plain)
    assert follower.network is run.network
    assert [epoch.logs for epoch in follower.epochs] == [epoch.logs for epoch in plain.epochs]


def test_a_probe_can_be_left_and_tells_its_progress() -> None:
    steps = probe(Run(tiny.experiment(), dataset=tiny.text()))
    assert isinstance(next(steps), Preparing)
    steps.close()


def test_what_cannot_be_trained_says_so() -> None:
    with pytest.raises(TrainingError, match="no layer"):
        drain(probe(Run(tiny.experiment().model_copy(update={"layers": ()}), dataset=tiny.text())))
