"""Layers that read sequences, against Keras ``fit`` on the same padded ids: seconds an epoch after the first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from engine.events import Ended, EpochEnded, Status
from engine.experiment.layers import GRU, Conv1D, GlobalMaxPooling1D, Layer
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.experiment.toml_file import load
from engine.training.run import Run
from tests.benchmarks import rivals
from tests.benchmarks.measuring import Clock, Contestant, Measurement, compete

SIZES = {"data.rows": 8000, "data.validation": 2000, "training.epochs": 4}
"""Reviews for training and validation, few enough for Keras's recurrent layers."""

RECURRENT, CONVOLUTION, MEAN = (2.5, 4), (2, 3), (5, 8)


def experiment(name: str) -> Experiment:
    """The IMDB preset with an Embedding and this layer behind it."""
    if name == "embedding mean":
        return with_settings(load("imdb-embedding"), SIZES)
    preset = load("imdb-lstm")
    embedding, recurrent, output = preset.layers
    middle: dict[str, tuple[Layer, ...]] = {
        "LSTM": (recurrent,),
        "GRU": (GRU(units=32),),
        "Conv1D": (Conv1D(filters=32, kernel_size=5), GlobalMaxPooling1D()),
    }
    return with_settings(preset.model_copy(update={"layers": (embedding, *middle[name], output)}), SIZES)


def workbench(name: str) -> Mapping[str, float]:
    """Train as the workbench does."""
    clock = Clock()
    for event in Run(experiment(name)):
        if isinstance(event, EpochEnded):
            clock.epoch_ended()
        assert not isinstance(event, Ended) or event.status is Status.FINISHED, event
    return clock.medians()


def keras_fit(name: str) -> Mapping[str, float]:
    """Bare ``fit`` on padded ids, with validation."""
    import keras

    from engine.exporting.keras_script import layer_line
    from engine.network.input_adapters import pad

    chosen = experiment(name)
    dataset, rows = rivals.encoded(chosen)
    names = {"keras": keras, "VOCABULARY": chosen.data.vocabulary}
    layers = [eval(layer_line(layer), names) for layer in chosen.stack]
    model = keras.Sequential([keras.Input((chosen.data.length,), dtype="int32"), *layers])
    training = chosen.training
    model.compile(optimizer=training.optimizer, loss=training.loss, metrics=list(training.metrics))
    ids = pad(rows, chosen.data.length)
    split, clock = dataset.split, Clock()
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: clock.epoch_ended())
    model.fit(
        ids[split.train], dataset.targets[split.train], batch_size=training.batch_size, epochs=training.epochs,
        validation_data=(ids[split.validation], dataset.targets[split.validation]), callbacks=[told], verbose=0,
    )  # fmt: skip
    return clock.medians()


LAYERS = {"LSTM": RECURRENT, "GRU": RECURRENT, "Conv1D": CONVOLUTION, "embedding mean": MEAN}

CONTESTANTS: dict[str, Contestant] = {
    f"{who}, {name}": partial(way, name)
    for name in LAYERS
    for who, way in (("workbench", workbench), ("Keras", keras_fit))
}


def measurements(rounds: int) -> list[Measurement]:
    """How many times as fast as Keras's ``fit`` each layer trains."""
    found = compete("layers", list(CONTESTANTS), rounds)
    made = []
    for name, (bar, aim) in LAYERS.items():
        ours, theirs = found[f"workbench, {name}"], found[f"Keras, {name}"]
        behind = {"workbench": ours["seconds"], "Keras": theirs["seconds"]}
        work = f"{name} on IMDB, an epoch, against Keras fit"
        ratio, processor = (theirs[what] / ours[what] for what in ("seconds", "processor"))
        made.append(Measurement(work, ratio, "x faster", bar, aim, behind=behind))
        made.append(Measurement(f"{name}, the same in processor time", processor, "x less"))
    return made
