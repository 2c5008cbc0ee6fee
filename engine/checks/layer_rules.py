"""Rules on the stack: layers whose input does not fit, and layers without effect."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.findings import NEUTRAL, Case, Finding, Fix
from engine.checks.proposals import proposal
from engine.errors import DataError
from engine.experiment.layers import Embedding, GlobalAveragePooling1D, Layer

SAMPLES_PER_PARAMETER = 20
"""Parameters per training sample (without those for left-out words) above which a network is called large."""

_RECURRENT = ("lstm", "gru", "bidirectional")
_SEQUENTIAL = (*_RECURRENT, "conv1d", "max_pooling1d", "global_average_pooling1d", "global_max_pooling1d")


def no_layers(case: Case) -> Iterator[Finding]:
    """The stack must have an enabled layer."""
    if not case.layers:
        why = "a network needs at least its output layer"
        yield Finding("error", "layers", "the stack has no layer", why, proposal(case))


def misplaced(case: Case) -> Iterator[Finding]:
    """Every layer must be able to read its input, and the last must output one vector per sample."""
    for index, one in enumerate(case.outline.layers):
        if one.problem:
            why = "the network cannot be built with this layer here"
            yield Finding("error", f"layers.{index}", one.problem, why, _layer_fix(case, index))


def _layer_fix(case: Case, index: int) -> Fix | None:
    """Return the first change that makes the network valid, else the first that leaves a different problem."""
    tried = [(case.outline_of(fix.experiment).problem, fix) for fix in _remedies(case, index)]
    cured = [fix for problem, fix in tried if problem is None]
    moved = [fix for problem, fix in tried if problem != case.outline.problem]
    return next(iter(cured + moved), None)


def _remedies(case: Case, index: int) -> Iterator[Fix]:
    layers, data = list(case.experiment.layers), case.experiment.data
    layer = layers[index]
    if case.known and case.known.kind == "columns":
        kept = [spec for spec in layers if spec.kind != "embedding" and spec.kind not in _SEQUENTIAL]
        yield case.with_layers("remove the layers for sequences", kept)
        return
    if data.encoding != "sequence":
        yield case.with_layers("read words in their order", layers, encoding="sequence")
        if isinstance(layer, Embedding):
            averaged = [*layers[: index + 1], GlobalAveragePooling1D(), *layers[index + 1 :]]
            label = "read words in their order, and average over them"
            yield case.with_layers(label, averaged, encoding="sequence")
        label = "read words in their order, through an Embedding"
        yield case.with_layers(label, [Embedding(), *layers], encoding="sequence")
    yield case.with_layers("put an Embedding first", [Embedding(), *layers])
    below = next((at for at, spec in reversed(case.layers) if at < index and spec.kind in _RECURRENT), None)
    if below is not None:
        yield case.fix(f"let layer {below + 1} return its sequence", {f"layers.{below}.return_sequences": True})
    if isinstance(layer, Embedding):
        yield case.with_layers("remove this Embedding", layers[:index] + layers[index + 1 :])
    shapes = [one.shape for one in case.outline.layers[:index] if one.shape]
    steps = shapes[-1][0] if shapes and len(shapes[-1]) == 2 else None
    size = {"conv1d": "kernel_size", "max_pooling1d": "pool_size"}.get(layer.kind)
    if size and steps:
        yield case.fix(f"lower {size} to {steps}", {f"layers.{index}.{size}": steps})
    yield from _pooled(case, layers)


def _pooled(case: Case, layers: list[Layer]) -> Iterator[Fix]:
    """Yield stacks with a pooling layer below the last Dense layers, or on top."""
    top = case.output[0] if case.output else len(layers)
    while top > 0 and layers[top - 1].kind == "dense":
        top -= 1
    for above in (top, len(layers)):
        pooled = [*layers[:above], GlobalAveragePooling1D(), *layers[above:]]
        yield case.with_layers("average over the steps", pooled)


def above_the_output(case: Case) -> Iterator[Finding]:
    """Dropout must not follow the output layer."""
    for index, layer in case.layers:
        if case.output and index > case.output[0] and layer.kind == "dropout":
            kept = [spec for at, spec in enumerate(case.experiment.layers) if at != index]
            kept.insert(case.output[0], layer)
            yield Finding(
                "warning",
                f"layers.{index}",
                "dropout comes after the output layer",
                "during training it randomly sets outputs themselves to zero: they cannot be learnt",
                case.with_layers("put it before the output layer", kept),
            )


def bottleneck(case: Case) -> Iterator[Finding]:
    """No hidden layer should be much narrower than the number of classes."""
    if case.task != "classes" or case.outline.problem:
        return
    for index, layer in case.hidden:
        shape = case.outline.layers[index].shape
        if layer.kind in NEUTRAL or layer.kind == "activation" or shape is None or shape[-1] * 2 >= case.classes:
            continue
        setting = {"conv1d": "filters", "embedding": "output_dim"}.get(layer.kind, "units")
        fix = None
        if hasattr(layer, setting) and layer.kind != "embedding":
            fix = case.fix(f"widen it to {case.classes}", {f"layers.{index}.{setting}": case.classes})
        yield Finding(
            "warning",
            f"layers.{index}",
            f"a bottleneck: {shape[-1]} units below {case.classes} classes",
            "what is lost in this narrow layer cannot be recovered by the layers above it",
            fix,
        )
        return


def all_linear(case: Case) -> Iterator[Finding]:
    """A hidden layer should be nonlinear."""
    if case.outline.problem or any(_bends(layer) for _, layer in case.hidden):
        return
    linear = [index for index, layer in case.hidden if layer.kind == "dense"]
    if linear:
        which = "the hidden layer has" if len(linear) == 1 else "all hidden layers have"
        yield Finding(
            "warning",
            f"layers.{linear[0]}.activation",
            f"{which} no activation",
            "linear layers on top of each other are equivalent to one linear layer",
            case.fix("use relu", {f"layers.{index}.activation": "relu" for index in linear}),
        )


def _bends(layer: Layer) -> bool:
    bending = (*_RECURRENT, "max_pooling1d", "global_max_pooling1d")
    return layer.kind in bending or getattr(layer, "activation", "linear") != "linear"


def ids_as_amounts(case: Case) -> Iterator[Finding]:
    """Word ids should be read by an Embedding, not by a layer that calculates with them."""
    if case.experiment.data.encoding != "sequence" or not case.layers or case.outline.problem:
        return
    if case.known and case.known.kind != "text":
        return
    index, first = case.layers[0]
    if first.kind != "embedding":
        yield Finding(
            "warning",
            f"layers.{index}",
            "the first layer calculates with word ids: put an Embedding before it, or use the multi-hot encoding",
            "an id is a name, not an amount: word 200 is not twice word 100",
            case.fix("use the multi-hot encoding", {"data.encoding": "multi-hot"}),
        )


def many_parameters(case: Case) -> Iterator[Finding]:
    """The parameters, without those for words that are left out, should be in proportion to the samples."""
    samples, restrained = case.training_samples, case.experiment.training.early_stopping is not None
    for _, layer in case.layers:
        penalised = getattr(layer, "l1", 0) or getattr(layer, "l2", 0)
        restrained |= bool(penalised) or layer.kind in ("dropout", "spatial_dropout1d")
    reads_words = not case.known or case.known.kind == "text"
    counted = sum(case.outline.layers[index].params or 0 for index, _ in case.layers[reads_words:])
    if samples and not restrained and counted > SAMPLES_PER_PARAMETER * samples:
        yield Finding(
            "advice",
            "layers",
            f"{counted:,} parameters for {samples:,} samples",
            "a network this large memorises the training samples: try fewer units, dropout, a penalty or "
            "early stopping",
            case.fix("stop early", {"training.early_stopping": True}),
        )


def strong_penalty(case: Case) -> Iterator[Finding]:
    """No penalty should dominate the loss."""
    for index, layer in case.layers:
        for name, most, usual in (("l1", 0.02, 0.0001), ("l2", 0.2, 0.001)):
            if getattr(layer, name, 0.0) > most:
                path = f"layers.{index}.{name}"
                yield Finding(
                    "warning",
                    path,
                    f"{name} of {getattr(layer, name):g} is very strong",
                    "the penalty outweighs the loss, and the weights are driven to zero",
                    case.fix(f"use {usual:g}", {path: usual}),
                )


def word_vectors(case: Case) -> Iterator[Finding]:
    """An Embedding's file of word vectors must exist and have the Embedding's dimensions."""
    for index, layer in case.layers:
        if not isinstance(layer, Embedding) or not layer.vectors:
            continue
        from engine.datasets.word_vectors import dimensions  # this import loads NumPy

        where = f"layers.{index}"
        try:
            found = dimensions(layer.vectors)
        except DataError as error:
            yield Finding("error", f"{where}.vectors", str(error), "the Embedding starts from the file's vectors")
            continue
        if found != layer.output_dim:
            yield Finding(
                "error",
                f"{where}.output_dim",
                f"the vectors have {found} dimensions, and the Embedding {layer.output_dim}",
                "each word's vector becomes its row of the Embedding's weights",
                case.fix(f"use {found} dimensions", {f"{where}.output_dim": found}),
            )
