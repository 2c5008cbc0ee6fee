"""The lines of an exported script that read a user's table and encode its columns as in the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.datasets.readers.cell_types import spellings
from engine.datasets.readers.column_builder import NOTATION
from engine.datasets.readers.date_notations import READ_AS_HOURS
from engine.datasets.readers.table import Column, Table
from engine.datasets.readers.table_builder import REPEATED
from engine.experiment.model import Data
from engine.exporting import keras_script_formats as formats
from engine.exporting.keras_script_own import OwnData, unsupported
from engine.exporting.keras_script_splits import GROUP_IMPORT, HELD_OUT, split_column, split_lines
from engine.features.treatments import CategoryTreatment, DateTreatment, NumberTreatment, Treatment
from engine.system.paths import expanded
from engine.system.plain_text import plain

_PATTERNS = (
    *(
        "%Y-%m-%d",
        "%Y%m%d",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%d %b %Y",
        "%d-%b-%Y",
    ),
    *("%b %d, %Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
    *("%Y-%m-%dT%H:%M:%SZ", "%B %d, %Y", "%d %B %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%Y %H:%M"),
    *("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
)

_CELLS = '''\
def cells(name):
    """Return a column's cells, None if missing."""
    column = header.index(name)
    return [None if row[column] in MISSING else row[column] for row in rows]
'''

_NUMBERS = '''\
def numbers(name):
    """Return a column's numbers, None if missing."""
    return [None if cell is None else float({cell}) for cell in cells(name)]
'''

_HOURS = '''\
def hours(cell):
    """Convert a time such as 13:30:00 or 1:30 pm to hours."""
    found = re.fullmatch(r"(\\d+):(\\d\\d)(?::(\\d\\d(?:\\.\\d+)?))?(?: ?([ap])\\.?m\\.?)?", cell, re.I)
    hour, minute, second, half = found.groups()
    hour = int(hour) % 12 + 12 * (half in "pP") if half else int(hour)
    return hour + int(minute) / 60 + float(second or 0) / 3600
'''

_BARE = '''\
def bare(cell):
    """Remove signs and thousands marks from a number, so that Python can parse it."""
    cell = re.sub(r"[$€£¥₹%'’\\s]", "", cell).replace("\\u2212", "-")
    cell = re.sub(r"[.,][-\\u2013\\u2014]+$", "", cell)
    cell = "-" + cell.strip("()-") if cell[0] == "(" or cell[-1] == "-" else cell
    return cell.{marks}
'''

_DATES = '''\
def dates(name, pattern):
    """Return a column's dates, None if missing."""
    return [None if cell is None else datetime.strptime(cell, pattern) for cell in cells(name)]
'''

_NUMBER = '''\
def number(values, fill, indicator):
    """Replace missing numbers by ``fill``; ``indicator`` adds a column that marks them."""
    values = np.array(values, float)
    missing = np.isnan(values)
    filled = np.where(missing, fill, values)
    return np.stack([filled, missing], axis=1) if indicator else filled[:, None]
'''

_POWER = '''\
def power(columns, exponent):
    """Apply the transformation of Yeo and Johnson (2000) to the first column."""
    return np.column_stack([yeojohnson(columns[:, 0], exponent), columns[:, 1:]])
'''

_DATE = '''\
def date(values, start, fill, indicator):
    """Return year, month, weekday, day of the year and days since ``start`` (in seconds since 1970)."""
    values = np.array(values, "datetime64[s]")
    missing = np.isnat(values)
    values = np.where(missing, np.datetime64(fill, "s"), values)
    days, months, years = (values.astype(f"datetime64[{unit}]") for unit in "DMY")
    columns = [years.astype(int) + 1970, months.astype(int) % 12 + 1, (days.astype(int) + 3) % 7]
    columns += [(days - years.astype("datetime64[D]")).astype(int) + 1, (values.astype(int) - start) / 86_400]
    return np.stack([*columns, missing] if indicator else columns, axis=1)
'''

_FLAGS = '''\
def flags(values, levels, rare=False, missing=False, fill=None):
    """One-hot encode levels; ``rare`` and ``missing`` add columns for other and for missing values."""
    width = len(levels) + rare + missing
    index = {level: number for number, level in enumerate(levels)}
    other = len(levels) if rare else width
    absent = width - missing if fill is None else index.get(fill, other)
    chosen = [absent if value is None else index.get(value, other) for value in values]
    return np.eye(width + 1)[chosen][:, :width]
'''


def table_imports(own: OwnData, data: Data) -> tuple[list[str], list[str]]:
    """Return the imports for reading a table: the standard library's, then others'."""
    standard, others = formats.imports(own.table.reading)
    standard += ["import re"] * (_has_note(own.table, NOTATION) or _has_note(own.table, READ_AS_HOURS))
    standard += ["from datetime import datetime"] * ("date" in _kinds(own, data))
    others += ["from scipy.stats import yeojohnson"] * own.powered
    return standard, others + [GROUP_IMPORT] * bool(data.split_group)


def _kinds(own: OwnData, data: Data) -> set[str]:
    """Return the kinds of the columns that are read: inputs, target, and the one for splitting."""
    names = [own.dataset.target, *(one.name for one in own.treatments), *filter(None, [split_column(data)])]
    return {own.table.column(name).kind for name in names}


def table_functions(own: OwnData, data: Data) -> Iterator[str]:
    """Yield the functions that a table's lines call."""
    table, treatments = own.table, own.treatments
    read_as = _kinds(own, data)
    yield from formats.functions(table.reading)
    yield _CELLS
    if "number" in read_as:
        yield from _number_functions(table)
    kinds = {type(one) for one in treatments}
    yield from [_DATES] * ("date" in read_as) + [_DATE] * (DateTreatment in kinds)
    yield from [_NUMBER] * (NumberTreatment in kinds) + [_POWER] * own.powered
    yield from [_FLAGS] * (CategoryTreatment in kinds) + [HELD_OUT] * bool(data.split_group)


def _number_functions(table: Table) -> Iterator[str]:
    comma = table.reading.decimal == ","
    cell = 'cell.replace(",", ".")' if comma else "cell"
    if _has_note(table, NOTATION):
        yield _BARE.format(marks='replace(".", "").replace(",", ".")' if comma else 'replace(",", "")')
        cell = "bare(cell)"
    if _has_note(table, READ_AS_HOURS):
        yield _HOURS
        cell = f'hours(cell) if ":" in cell else {cell}'
    yield _NUMBERS.format(cell=cell)


def _has_note(table: Table, words: str) -> bool:
    return any(words in note for note in table.notes)


def table_lines(own: OwnData, data: Data) -> Iterator[str]:
    """Yield the lines that define ``x``, encoded columns or texts, and ``y``, not yet scaled."""
    table, target = own.table, own.dataset.target
    yield from _reading_lines(own, data)
    values = _values(table.column(target))
    if own.dataset.labels:
        yield f"classes = {_levels(table.column(target), own.dataset.labels)!r}"
        yield f"y = np.array([classes.index(value) for value in {values}])"
    else:
        yield f'y = np.array({values}, "float64")'
    if own.treatments:
        patterns = _patterns(own, data, [one.name for one in own.treatments])
        yield from [f"{'columns' if own.beside else 'x'} = np.concatenate(", "    ["]
        for treatment in own.treatments:
            yield f"        # {plain(treatment.described(True))}"
            yield f"        {_treated(treatment, table.column(treatment.name), patterns)},"
        yield from ["    ],", "    axis=1,", ').astype("float32")']
    if own.reads_text:
        yield f"{'texts' if own.beside else 'x'} = {_texts(own.text_columns)}"
    if own.beside:
        yield "x = np.arange(len(y))"


def _texts(names: Sequence[str]) -> str:
    """Return the expression for the texts of one column, or of several joined by line ends."""
    if len(names) == 1:
        return f'[plain(cell or "") for cell in cells({names[0]!r})]'
    columns = ", ".join(f"cells({name!r})" for name in names)
    return f'[plain("\\n".join(cell or "" for cell in row)) for row in zip({columns})]'


def special_split_lines(own: OwnData, data: Data, parts: Sequence[str]) -> Iterator[str]:
    """Yield the lines that split a table other than by its classes; see :func:`is_special`."""
    table, patterns = own.table, _patterns(own, data, filter(None, [split_column(data)]))

    def values(name: str) -> str:
        return f"dates({name!r}, {patterns[name]!r})" if name in patterns else _values(table.column(name))

    yield from split_lines(own, data, parts, values)


def _reading_lines(own: OwnData, data: Data) -> Iterator[str]:
    """Yield the lines that read the cells of the file, or of the files of each part, as text."""
    reading, target = own.table.reading, own.dataset.target
    files = {"train": data.dataset, "validation": data.validation_file, "test": data.test_file}
    given = {part: str(expanded(file)) for part, file in files.items() if file}
    yield f"MISSING = {_missing(own, data)!r}"
    for part, path in given.items():
        yield from formats.lines(path, reading)
        if _has_note(own.table, REPEATED):
            yield "names = [name.lower() for name in header]"
            yield "rows = [row for row in rows if [cell.lower() for cell in row] != names]"
        yield f"target = header.index({target!r})"
        yield "rows = [row for row in rows if row[target] not in MISSING]"
        if len(given) == 1:
            return
        if part == "train":
            yield 'columns, every, part = header, rows, ["train"] * len(rows)'
        else:
            yield "every = every + [[row[header.index(name)] for name in columns] for row in rows]"
            yield f'part = part + ["{part}"] * len(rows)'
    yield "header, rows = columns, every"


def _missing(own: OwnData, data: Data) -> list[str]:
    """Return the spellings of a missing value, except those that are values of a column that is read."""
    names = [own.dataset.target, *(one.name for one in own.treatments)]
    columns = [own.table.column(name) for name in names]
    known = {label for one in columns if one.kind == "text" for label in one.classes()[0]}
    return sorted(set(spellings(data.missing)) - known)


def _values(column: Column) -> str:
    return f"{'numbers' if column.kind == 'number' else 'cells'}({column.name!r})"


def _levels(column: Column, levels: Sequence[str]) -> list[str] | list[float]:
    return [float(level) for level in levels] if column.kind == "number" else list(levels)


def _treated(treatment: Treatment, column: Column, patterns: Mapping[str, str]) -> str:
    """Return the expression for a column's treatment; ``patterns`` are those of dates, by column."""
    if isinstance(treatment, CategoryTreatment):
        levels = _levels(column, treatment.levels)
        extra = ", rare=True" * bool(treatment.rare)
        if treatment.fill is None:
            extra += ", missing=True" * (len(treatment.outputs) > len(levels) + bool(treatment.rare))
        else:
            extra += f", fill={_levels(column, [treatment.fill])[0]!r}"
        return f"flags({_values(column)}, {levels!r}{extra})"
    made = ""
    if isinstance(treatment, DateTreatment):
        values = f"dates({column.name!r}, {patterns[column.name]!r})"
        made = f"date({values}, {treatment.start}, {treatment.fill}, {treatment.indicator})"
    elif isinstance(treatment, NumberTreatment):
        values = _values(column)
        if column.kind == "boolean":
            values = f"[cell and cell == {column.spellings[1]!r} for cell in {values}]"
        made = f"number({values}, {treatment.fill!r}, {treatment.indicator})"
        made = made if treatment.power is None else f"power({made}, {treatment.power!r})"
    return f"({made} - {list(treatment.center)!r}) / {list(treatment.scale)!r}"


def _patterns(own: OwnData, data: Data, names: Iterable[str]) -> dict[str, str]:
    """Return the patterns of the named columns that contain dates; the file is read once for all."""
    columns = [column for column in map(own.table.column, names) if column.kind == "date"]
    if not columns:
        return {}
    found: dict[str, Any] = {}
    standard, others = formats.imports(own.table.reading)
    functions = formats.functions(own.table.reading)
    exec("\n".join([*standard, *others, *functions, *_reading_lines(own, data), _CELLS]), found)
    return {column.name: _pattern(column, found["cells"](column.name)) for column in columns}


def _pattern(column: Column, cells: Sequence[str | None]) -> str:
    """Return the pattern with which the cells of a column are its dates."""
    values = column.values.tolist()
    for pattern in _PATTERNS:
        try:
            read = [cell and datetime.strptime(cell, pattern) for cell in cells]
        except ValueError:
            continue
        if read == values:
            return pattern
    raise unsupported(f"the dates of the column {column.name!r} are written in a way that scripts do not read")
