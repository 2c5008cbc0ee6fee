"""The part of an exported script that reads the data and encodes it for the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine import datasets
from engine.datasets.download import FILES, ORIGIN
from engine.datasets.text import UNSPACED, WIDE_MARKS
from engine.experiment.model import Experiment, InputForm
from engine.exporting.keras_script_own import OwnData, check
from engine.exporting.keras_script_sparse import scaling_lines, sparse_functions, sparse_imports, sparse_lines
from engine.exporting.keras_script_splits import is_special
from engine.exporting.keras_script_table import (
    special_split_lines,
    table_functions,
    table_imports,
    table_lines,
)
from engine.runs import RunRecord
from engine.system.paths import expanded

_BUNDLED = ("digits", "breast_cancer", "wine", "diabetes")

_FOUND = '''\
def found(name, digest):
    """Find a file of Keras's in the folder WORKBENCH_DATA, else download it once with Keras."""
    local = Path(os.environ.get("WORKBENCH_DATA", ".")).expanduser() / name
    origin = "{origin}"
    return local if local.is_file() else keras.utils.get_file(name, origin + name, file_hash=digest)


def arrays(name, digest, *names):
    """Read arrays of such a file; those of texts are pickled lists, so only use the published file."""
    with np.load(found(name, digest), allow_pickle=True) as file:
        return [file[name] for name in names]
'''

_RANKS = '''\
def ids(samples):
    """Keras's encoding: 1 starts a text, 2 is a word outside the vocabulary, and ranks are shifted by 3."""
    return [[1] + [rank + 3 if rank + 3 < VOCABULARY else 2 for rank in sample] for sample in samples]
'''

_IMDB = """\
published = "imdb.npz", "{digest}"
x, y, x_test, y_test = arrays(*published, "x_train", "y_train", "x_test", "y_test")
random = np.random.RandomState(113)  # the order of keras.datasets.imdb
order, test_order = random.permutation(len(x)), random.permutation(len(x_test))
x, y, x_test, y_test = ids(x[order]), y[order], ids(x_test[test_order]), y_test[test_order]"""

_REUTERS = """\
published = "reuters.npz", "{digest}"
x, y = arrays(*published, "x", "y")
order = np.random.RandomState(113).permutation(len(x))  # the order of keras.datasets.reuters
x, y = ids(x[order]), y[order]
train = len(x) * 4 // 5
x, y, x_test, y_test = x[:train], y[:train], x[train:], y[train:]"""

_HOUSING = """\
published = "{name}_housing.npz", "{digest}"
x, y = arrays(*published, "x", "y"){more}
order = np.random.RandomState(113).permutation(len(x))  # the order of keras.datasets.{name}_housing
x, y = x[order].astype("float32"), y[order].astype("float32")
train = len(x) * 4 // 5
x, y, x_test, y_test = x[:train], y[:train], x[train:], y[train:]"""

_PER_HOUSEHOLD = """
if x[:, 0].max() < 0:  # the census's own columns, longitude first: as numbers per household
    longitude, latitude, age, rooms, bedrooms, people, households, income = x.T
    per_household = (rooms / households, bedrooms / households, people, people / households)
    x = np.stack([income, age, *per_household, latitude, longitude], axis=1)
y = y / 100_000 if y.max() > 1000 else y"""

_ORDER = '''\
def order(y):
    """Order the samples by the run's seed; every part has the class proportions of the whole."""
    random = np.random.default_rng(SEED)
    if y.dtype.kind == "f":
        return random.permutation(len(y))
    positions = np.empty(len(y))
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        positions[members] = (random.permutation(len(members)) + 0.5) / len(members)
    return np.lexsort((random.random(len(y)), positions))
'''

_FIFTHS = """\
samples = order(y)
test, rest = samples[: round(len(samples) / 5)], samples[round(len(samples) / 5) :]
x_test, y_test, x, y = {pick}"""

_TOKENISE = '''\
def tokenise(text):
    """Split a text like Keras's text_to_word_sequence; letters of scripts without spaces are words."""
    text = UNSPACED.sub(r" \\g<0> ", WIDE.sub(" ", text)) if UNSPACED.search(text) else text
    splitting = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\\\]^_`{|}~\\t\\n\\r', " "))
    return [word for word in text.lower().translate(splitting).split(" ") if word]


def plain(text):
    """Replace <br /> and all kinds of line ends in a text by line feeds."""
    return re.sub(r"(?i)<br\\s*/?>|\\r\\n?", "\\n", text)
'''

_COUNT = """\
overall = Counter(word for text in [*x, *x_test] for word in tokenise(text))
counts = Counter(word for text in x_train for word in tokenise(text))
ranked = sorted(counts, key=lambda word: (-counts[word], -overall[word], word))[: VOCABULARY - 4]
words = {word: number for number, word in enumerate(ranked, 4)}
"""

_COUNT_BESIDE = """\
counts = Counter(word for sample in x_train for word in tokenise(texts[sample]))
ranked = sorted(counts, key=lambda word: (-counts[word], word))[: VOCABULARY - 4]
words = {word: number for number, word in enumerate(ranked, 4)}
VOCABULARY = 4 + len(words)
"""

_IDS = '''\


def ids(texts):
    """Encode texts: 1 starts a text, 2 is a word outside the vocabulary."""
    return [[1] + [words.get(word, 2) for word in tokenise(text)] for text in texts]

'''

_READ_FOLDER = '''\
def texts(folder):
    """Read the .txt files of a folder with a folder per class; also return their classes."""
    files = sorted(
        (path.parent.name, path.name, path)
        for path in Path(folder).glob("*/*")
        if path.suffix.lower() == ".txt" and path.parent.name != "unsup" and not path.name.startswith(".")
    )
    return [plain(path.read_bytes().decode("utf-8-sig")) for _, _, path in files], [label for label, _, _ in files]
'''

_BAGS = {
    "multi-hot": '''\
def encode(samples):
    """Encode samples of ids as ones in the columns of their words."""
    bags = np.zeros((len(samples), VOCABULARY), "float32")
    for bag, sample in zip(bags, samples):
        bag[sample] = 1
    return bags
''',
    "count": '''\
def encode(samples):
    """Count how often each word occurs in each sample of ids."""
    return np.array([np.bincount(sample, minlength=VOCABULARY) for sample in samples], "float32")
''',
    "tf-idf": '''\
def encode(samples):
    """Weight each word's count by its inverse document frequency in the training samples."""
    counts = np.array([np.bincount(sample, minlength=VOCABULARY) for sample in samples], "float32")
    return counts * idf.astype("float32")


known = np.zeros(VOCABULARY)
for sample in x_train:
    known[np.unique(sample)] += 1
idf = np.log1p(len(x_train) / (1 + known))
''',
}

_PAD = '''\
def encode(samples):
    """Pad sequences of ids in front with 0, or truncate them to their last ids."""
    return keras.utils.pad_sequences(samples, maxlen=LENGTH)
'''

_FITTED = {
    "standard": "mean, scale = x_train.mean(axis=0), x_train.std(axis=0)\nscale[scale == 0] = 1",
    "robust": "mean = np.median(x_train, axis=0)\nscale = np.subtract(*np.percentile(x_train, [75, 25], axis=0))\n"
    "scale[scale == 0] = 1",
    "power": "transformer = PowerTransformer().fit(x_train)",
}

_UNITS = '''\
LOG, CENTER, SCALE = {log}, {center!r}, {scale!r}


def scaled(y):
    """Scale a target for training."""
    y = y.astype(float)
    return ((np.log1p(y) if LOG else y) - CENTER) / SCALE


def in_units(name):
    """Return a loss or metric in the target's own units."""

    def unscaled(values):
        values = keras.ops.cast(values, "float64") * SCALE + CENTER
        return keras.ops.expm1(values) if LOG else values

    def metric(y, outputs):
        return keras.losses.get(name)(unscaled(y), unscaled(outputs))

    return keras.metrics.MeanMetricWrapper(metric, name=name)
'''

_VECTORS = '''\
def vectors(path, dimensions):
    """Return a row per id: its word's vector if the file has one, else small random numbers."""
    table = np.random.default_rng(SEED).uniform(-0.05, 0.05, (VOCABULARY, dimensions))
    table[0] = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            word, *numbers = line.rstrip().split(" ")
            if len(numbers) == dimensions and words.get(word, VOCABULARY) < VOCABULARY:
                table[words[word]] = numbers
    return table
'''


def imports(experiment: Experiment, form: InputForm, own: OwnData | None = None) -> list[str]:
    """Return the script's import lines: the standard library's, then others'."""
    data, texts = experiment.data, own is not None and own.reads_text
    published = data.dataset in FILES
    standard, others = table_imports(own, data) if own and own.dataset.table else ([], [])
    if own and own.sparse:
        standard, others = sparse_imports(expanded(data.dataset), own)
    standard = standard + ["import json"] * (published and _reads_vectors(experiment))
    standard += ["import os"] * published + ["import re", "from collections import Counter"] * texts
    standard += ["from pathlib import Path"] * (published or (own is not None and own.folder))
    others = ["import keras", "import numpy as np", *others]
    if data.dataset in _BUNDLED:
        others.append(f"from sklearn.datasets import load_{data.dataset}")
    if form == "columns" and own is None and data.scaling == "power":
        others.append("from sklearn.preprocessing import PowerTransformer")
    standard = sorted(set(standard), key=lambda line: (line.startswith("from"), line))
    return [*standard, *([""] if standard else []), *others]


def data_lines(
    record: RunRecord, form: InputForm, own: OwnData | None, outputs: int, parts: Sequence[str]
) -> Iterator[str]:
    """Yield the lines that define ``x_`` and ``y_`` for the parts: some of "train", "val" and "test".

    Raises EngineError if a user's own data cannot be read as in the run.
    """
    experiment = record.experiment
    samples = list(_sample_lines(record, form, own, parts))
    if own is not None:
        others = [line for line in imports(experiment, form, own) if line != "import keras"]
        check(record, own, [*others, *samples], parts)
    yield from samples
    yield from _lines(_encoded(experiment, form, [f"x_{part}" for part in parts], own))
    yield from _class_weights(experiment, own)
    yield from _targets(experiment, outputs, [f"y_{part}" for part in parts], own)


def _sample_lines(record: RunRecord, form: InputForm, own: OwnData | None, parts: Sequence[str]) -> Iterator[str]:
    """Yield the lines that read the data and split it; a user's texts become ids."""
    experiment = record.experiment
    texts = own is not None and own.reads_text
    if form != "columns" or texts:
        yield f"VOCABULARY = {experiment.data.vocabulary}"
    if form == "sequence":
        yield f"LENGTH = {experiment.data.length}"
    if texts:
        yield f"UNSPACED = re.compile({UNSPACED.pattern!a})"
        yield f"WIDE = re.compile({WIDE_MARKS.pattern!a})"
    functions = list(_functions(experiment, form, own))
    yield from _lines("\n\n" + "\n\n".join(functions) + "\n") if functions else ()
    yield from _read(experiment, own)
    yield ""
    special = own is not None and is_special(experiment.data)
    yield from special_split_lines(own, experiment.data, parts) if own and special else _split(record, parts)
    names = [f"x_{part}" for part in parts]
    if own is not None and own.sparse:
        yield from scaling_lines(own, experiment, names)
    elif own is not None and own.beside:
        yield from _beside(experiment, names)
    elif texts:
        counted = _COUNT.replace("[*x, *x_test]", "x") if special else _COUNT
        yield from _lines(f"{counted}{_IDS}\n{_each('ids({})', names)}")


def _beside(experiment: Experiment, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines that build samples of bags of words combined with columns, from their indices."""
    indices = {name: name.replace("x_", "samples_") for name in names}
    yield from _lines(_COUNT_BESIDE + _IDS)
    yield from (f"{indices[name]} = {name}" for name in names)
    yield from (f"{name} = ids([texts[sample] for sample in {indices[name]}])" for name in names)
    yield from _lines(f"\n\n{_BAGS[experiment.data.encoding]}\n")
    yield from (f"{name} = np.concatenate([encode({name}), columns[{indices[name]}]], axis=1)" for name in names)


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _functions(experiment: Experiment, form: InputForm, own: OwnData | None) -> Iterator[str]:
    name = experiment.data.dataset
    if name in FILES:
        yield _FOUND.format(origin=ORIGIN)
        if form != "columns":
            yield _RANKS
    if own is not None and own.reads_text:
        yield _TOKENISE
    if own is not None:
        if own.dataset.table:
            yield from table_functions(own, experiment.data)
        else:
            yield from sparse_functions(expanded(name)) if own.sparse else [_READ_FOLDER]
        if scaling := own.features.target.as_json():
            yield _UNITS.format(**scaling)
    if name not in FILES:
        yield _ORDER
    if _reads_vectors(experiment):
        yield _VECTORS


def _read(experiment: Experiment, own: OwnData | None) -> Iterator[str]:
    """Yield the lines that read ``x`` and ``y``, without the test samples, and ``x_test`` and ``y_test``."""
    if own is None:
        yield from _lines(_read_catalogue(experiment))
    elif own.sparse:
        yield from [*sparse_lines(expanded(experiment.data.dataset), own), *_lines(_fifths(False))]
    elif own.folder:
        yield from _lines(_own_folder(str(expanded(experiment.data.dataset))))
    else:
        yield from table_lines(own, experiment.data)
        yield from [] if is_special(experiment.data) else _lines(_fifths(not own.treatments))


def _read_catalogue(experiment: Experiment) -> str:
    name = experiment.data.dataset
    published = FILES.get(name, ())
    index = ""
    if len(published) > 1 and _reads_vectors(experiment):  # a published text has a word index
        file = published[1]
        index = f'\nwith open(found("{file.name}", "{file.digest}")) as file:\n'
        index += "    words = {word: rank + 3 for word, rank in json.load(file).items()}"
    if name == "imdb":
        return _IMDB.format(digest=published[0].digest) + index
    if name == "reuters":
        return _REUTERS.format(digest=published[0].digest) + index
    if published:
        more = _PER_HOUSEHOLD if name == "california" else ""
        return _HOUSING.format(name=name, digest=published[0].digest, more=more)
    options = ", scaled=False" if name == "diabetes" else ""
    return f"x, y = load_{name}(return_X_y=True{options})\n" + _fifths(False)


def _own_folder(folder: str) -> str:
    if (Path(folder) / "train").is_dir():
        text = f"x, names = texts({folder + '/train'!r})\nx_test, test_names = texts({folder + '/test'!r})\n"
        text += "classes = sorted(set(names))\ny, y_test = (np.array([classes.index(name) for name in part], int)"
        text += " for part in (names, test_names))\nsamples = order(y)\n"
        return text + "x, y = [x[sample] for sample in samples], y[samples]"
    return f"x, names = texts({folder!r})\ny = np.unique(names, return_inverse=True)[1]\n" + _fifths(True)


def _fifths(texts: bool) -> str:
    """Return the lines that hold out a fifth for testing; ``texts`` are a list, other samples an array."""
    taken = "[x[sample] for sample in {0}], y[{0}]" if texts else "x[{0}], y[{0}]"
    return _FIFTHS.format(pick=", ".join(taken.format(part) for part in ("test", "rest")))


def _split(record: RunRecord, parts: Sequence[str]) -> Iterator[str]:
    """Yield the lines that take validation samples, then training samples, as many of each as in the run."""
    facts = record.data
    validation, samples = (
        (facts.validation, facts.validation + facts.train) if facts else ("len(x) // 5", "len(x)")
    )
    if "val" not in parts:
        yield f"x_train, y_train = x[:{samples}], y[:{samples}]"
        return
    yield f"VALIDATION, SAMPLES = {validation}, {samples}"
    yield "x_val, y_val = x[:VALIDATION], y[:VALIDATION]"
    yield "x_train, y_train = x[VALIDATION:SAMPLES], y[VALIDATION:SAMPLES]"


def _encoded(experiment: Experiment, form: InputForm, names: Sequence[str], own: OwnData | None) -> str:
    """Return the lines that encode the samples, fitted on training samples."""
    if form == "columns":
        if own is not None or experiment.data.scaling == "none":
            return ""
        powered = experiment.data.scaling == "power"
        scale = "transformer.transform({})" if powered else "({} - mean) / scale"
        scaled = ", ".join(scale.format(name) for name in names)
        return f"{_FITTED[experiment.data.scaling]}\n{', '.join(names)} = {scaled}"
    encode = _PAD if form == "sequence" else _BAGS[experiment.data.encoding]
    return f"\n\n{encode}\n\n{_each('encode({})', names)}"


def _class_weights(experiment: Experiment, own: OwnData | None) -> Iterator[str]:
    """Yield the lines that define ``class_weight``, each class's weight in the loss."""
    weights = experiment.data.class_weight
    if weights == "balanced":
        yield "present, counts = np.unique(y_train, return_counts=True)"
        yield "shares = len(y_train) / (len(counts) * counts)"
        yield "class_weight = {int(number): share for number, share in zip(present, shares)}"
    elif weights is not None:
        entry = datasets.entry(experiment.data.dataset)
        labels = own.features.labels if own else entry.labels if entry else ()
        yield f"class_weight = { {n: weights.get(label, 1.0) for n, label in enumerate(labels)} }"


def _targets(experiment: Experiment, outputs: int, names: Sequence[str], own: OwnData | None) -> Iterator[str]:
    if own is not None and not own.features.target.identity:
        yield _each("scaled({})", names)
    if outputs > 1 and not experiment.training.loss.startswith("sparse"):
        yield _each(f"keras.utils.to_categorical({{}}, {outputs})", names)
    elif outputs == 1:
        yield _each('{}.astype("float32").reshape(-1, 1)', names)


def _each(call: str, names: Sequence[str]) -> str:
    return "\n".join(f"{name} = {call.format(name)}" for name in names)


def _reads_vectors(experiment: Experiment) -> bool:
    return any(getattr(layer, "vectors", None) for layer in experiment.stack)
