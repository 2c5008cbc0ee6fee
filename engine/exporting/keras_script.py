"""Exports a run as a plain Keras script that does not import this project.

The script is generated from an experiment. User-supplied text only enters it as single-line printable comments or
as Python literals.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from engine import datasets
from engine.checks.shapes import outline, reading
from engine.experiment.keras_names import METRIC_CLASSES, OPTIMIZER_CLASSES, WITH_MOMENTUM
from engine.experiment.layers import KINDS, Embedding, Layer, Regularised
from engine.experiment.model import Experiment, InputForm
from engine.exporting.keras_script_data import data_lines, imports
from engine.exporting.keras_script_own import OwnData, refuse, unsupported
from engine.exporting.keras_script_sparse import reads_sparse
from engine.exporting.run_words import data_words, scores_line
from engine.runs import RunRecord
from engine.system.plain_text import plain

_KERAS_DEFAULTS = {
    "use_bias": True,
    "padding": "valid",
    "trainable": True,
    "return_sequences": False,
    "momentum": 0.99,
    "mask_zero": False,
}
"""Arguments that are omitted if they have Keras's default."""


def script(record: RunRecord, own: OwnData | None = None) -> str:
    """Return the Python script of a run; ``own`` is the user's own data.

    The script reads the same data, trains the same network and ends with Keras's ``history``; its curves equal the
    run's up to the noise of another seed. Raises EngineError if a script cannot read the data as the run did.
    """
    experiment = record.experiment
    if own is None and datasets.entry(experiment.data.dataset) is None:
        raise unsupported("its data is missing")
    if own is not None:
        refuse(record, own)
    form = own.form if own else reading(experiment)[0]
    sections: tuple[Iterable[str], ...] = (
        _heading(record),
        imports(experiment, form, own),
        [f"SEED = {record.seed}", "keras.utils.set_random_seed(SEED)"],
        data_lines(record, form, own, _outputs(experiment), _parts(record)),
        _model(experiment, form, own),
        _compile(experiment, own),
        _fit(record, own),
        _outcome(record, own),
    )
    return re.sub(r"\n{4,}", "\n\n\n", "\n\n".join(map("\n".join, sections))) + "\n"


def _heading(record: RunRecord) -> Iterator[str]:
    experiment = record.experiment
    yield from _comment(f"{record.name} (run {record.id} of the training workbench, as a plain Keras script)")
    if experiment.about:
        yield "#"
        yield from _comment(experiment.about)
    yield "#"
    yield from _comment(f"Data of the run: {data_words(record)}.")
    if experiment.data.dataset == "imdb" and record.data and "imdb.npz" not in record.data.source:
        yield from _comment("The script reads imdb.npz, as Keras publishes it: other samples than the run's.")
    best = next((ended for ended in record.epochs if ended.epoch == record.best_epoch), None)
    if best:
        yield from _comment(f"Best epoch of {len(record.epochs)}: {best.epoch} ({scores_line(best.logs)}).")
    if record.test is not None:
        yield from _comment(f"Test samples: {scores_line(record.test)}.")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(plain(text), 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _outputs(experiment: Experiment) -> int:
    """Return the number of outputs of the network."""
    shapes = [layer.shape for layer in outline(experiment).layers if layer.shape]
    return shapes[-1][-1] if shapes else 1


def _model(experiment: Experiment, form: InputForm, own: OwnData | None) -> Iterator[str]:
    sparse = own is not None and own.sparse and reads_sparse(experiment)
    shape = {"bag": "(VOCABULARY,)", "sequence": "(LENGTH,)", "columns": "x_train.shape[1:]"}[form]
    kind = ', dtype="int32"' if form == "sequence" else ", sparse=True" if sparse else ""
    yield "model = keras.Sequential("
    yield "    ["
    yield f"        keras.Input(shape={shape}{kind}),"
    for layer in experiment.stack:
        yield f"        {layer_line(layer)},"
    yield "    ]"
    yield ")"
    for index, layer in enumerate(experiment.stack):
        if isinstance(layer, Embedding) and layer.vectors:
            yield f"model.layers[{index}].set_weights([vectors({layer.vectors!r}, {layer.output_dim})])"


def layer_line(layer: Layer) -> str:
    """Return the Keras expression for a layer."""
    values = layer.model_dump(exclude={"kind", "enabled", "l1", "l2", "vectors", "layer"})
    arguments = [
        f"{name}={_literal(value)}"
        for name, value in values.items()
        if name not in _KERAS_DEFAULTS or value != _KERAS_DEFAULTS[name]
    ]
    if isinstance(layer, Regularised) and (layer.l1 or layer.l2):
        arguments.append(f"kernel_regularizer=keras.regularizers.L1L2(l1={layer.l1!r}, l2={layer.l2!r})")
    if isinstance(layer, Embedding):
        arguments.insert(0, "input_dim=VOCABULARY")
    kind = layer.layer if layer.kind == "bidirectional" else layer.kind
    made = f"keras.layers.{KINDS[kind].__name__}({', '.join(arguments)})"
    return f"keras.layers.Bidirectional({made})" if layer.kind == "bidirectional" else made


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _scaled(own: OwnData | None) -> bool:
    return own is not None and not own.features.target.identity


def _loss_apart(experiment: Experiment, own: OwnData | None) -> bool:
    """Whether Keras's loss includes what the run's does not: penalties, class weights or a target's scale."""
    penalised = any(getattr(layer, "l1", 0) or getattr(layer, "l2", 0) for layer in experiment.stack)
    return penalised or experiment.data.class_weight is not None or _scaled(own)


def _compile(experiment: Experiment, own: OwnData | None) -> Iterator[str]:
    training = experiment.training
    momentum = (
        f", momentum={training.momentum!r}" if training.momentum and training.optimizer in WITH_MOMENTUM else ""
    )
    metrics = [
        f'keras.metrics.{METRIC_CLASSES[name]}(name="{name}")' if name in METRIC_CLASSES else f'"{name}"'
        for name in training.metrics
    ]
    if _loss_apart(experiment, own):
        yield "# Keras's loss includes penalties, weights and scaling; as a metric it does not, like the run's."
        metrics += [f'"{training.loss}"'] if training.loss not in training.metrics else []
    if _scaled(own):
        metrics = [f"in_units({name})" for name in metrics]
    yield "model.compile("
    name, rate = OPTIMIZER_CLASSES[training.optimizer], f"learning_rate={training.learning_rate!r}"
    yield f"    optimizer=keras.optimizers.{name}({rate}{momentum}),"
    yield f'    loss="{training.loss}",'
    yield f"    metrics=[{', '.join(metrics)}],"
    yield ")"


def _watched(record: RunRecord, own: OwnData | None) -> str:
    """Return the metric that determines the best epoch: the validation loss without penalties."""
    name = record.experiment.training.loss if _loss_apart(record.experiment, own) else "loss"
    return f"val_{name}" if _validates(record) else name


def _validates(record: RunRecord) -> bool:
    return record.kind != "retrain" and (record.data is None or record.data.validation > 0)


def _tests(record: RunRecord) -> bool:
    return record.test is not None or record.options.get("test", False)


def _parts(record: RunRecord) -> list[str]:
    return ["train", *(["val"] if _validates(record) else []), *(["test"] if _tests(record) else [])]


def _fit(record: RunRecord, own: OwnData | None) -> Iterator[str]:
    training = record.experiment.training
    yield from _stopping(record, own)
    yield "history = model.fit("
    yield "    x_train,"
    yield "    y_train,"
    yield f"    batch_size={training.batch_size},"
    yield f"    epochs={training.epochs},"
    if _validates(record):
        yield "    validation_data=(x_val, y_val),"
    yield from _callbacks(record, own)
    if record.experiment.data.class_weight is not None:
        yield "    class_weight=class_weight,"
    yield "    verbose=2,"
    yield ")"


def _monitor(record: RunRecord, own: OwnData | None) -> str:
    return f'monitor="{_watched(record, own)}", mode="min"'


def _stopping(record: RunRecord, own: OwnData | None) -> Iterator[str]:
    """Yield the callback for early stopping or, without it, for keeping the best epoch's weights."""
    stopping = record.experiment.training.early_stopping
    if stopping is None and not _validates(record):
        return
    patience = max(stopping.patience, 1) if stopping else record.experiment.training.epochs
    least = f", min_delta={stopping.min_delta!r}" if stopping and stopping.min_delta else ""
    best = ", restore_best_weights=True" if _tests(record) and _validates(record) else ""
    yield f"stopping = keras.callbacks.EarlyStopping({_monitor(record, own)}, patience={patience}{least}{best})"


def _callbacks(record: RunRecord, own: OwnData | None) -> Iterator[str]:
    training, validates = record.experiment.training, _validates(record)
    callbacks = ["stopping"] if training.early_stopping or validates else []
    plateau = training.reduce_on_plateau
    if plateau:
        callbacks.append(
            f"keras.callbacks.ReduceLROnPlateau({_monitor(record, own)}, factor={plateau.factor!r}, "
            f"patience={max(plateau.patience, 1)}, min_lr={plateau.min_learning_rate!r})"
        )
    if callbacks:
        yield "    callbacks=["
        yield from (f"        {callback}," for callback in callbacks)
        yield "    ],"


def _outcome(record: RunRecord, own: OwnData | None) -> Iterator[str]:
    """Yield the lines that print the best epoch (the last without validation samples) and the test scores."""
    yield f'losses = history.history["{_watched(record, own)}"]'
    yield f"best = {'stopping.best_epoch' if _validates(record) else 'len(losses) - 1'}"
    yield 'print(f"best epoch {best + 1}, loss {losses[best]:.4f}")'
    if _tests(record):
        yield 'print("test samples:", model.evaluate(x_test, y_test, verbose=0, return_dict=True))'
