"""The lines of an exported script that read a file of each format as a heading and rows of text."""

from __future__ import annotations

from engine.datasets.readers.cell_types import BLANKS
from engine.datasets.readers.npz_arrays import TARGETS
from engine.datasets.readers.table import Reading

_DELIMITED = """\
with {opened} as file:
    reader = csv.reader({lines}, delimiter={separator!r}, skipinitialspace=True)
    rows = [[cell.strip({blanks!r}) for cell in row] for row in reader]
rows = [row for row in rows if any(row)]
{heading}"""

_ARFF = """\
with {opened} as file:
    lines = [line for line in map(str.strip, file) if line and not line.startswith("%")]
start = [line.lower() for line in lines].index("@data")
name = re.compile(r"@attribute\\s+('[^']*'|\\"[^\\"]*\\"|\\S+)", re.IGNORECASE)
header = [found[1].strip("'\\"") for found in map(name.match, lines[:start]) if found]
quote = "'" if "".join(lines[start:]).count("'") >= "".join(lines[start:]).count('"') else '"'
reader = csv.reader(lines[start + 1 :], quotechar=quote, escapechar="\\\\", skipinitialspace=True)
rows = [[cell.strip() for cell in row] for row in reader]"""

_RECORDS = """
header = list(dict.fromkeys(name for record in records for name in record))
rows = [[text(record.get(name)).strip() for name in header] for record in records]"""

_JSON = "with {opened} as file:\n    records = json.load(file)" + _RECORDS
_JSON_LINES = (
    "with {opened} as file:\n    records = [json.loads(line) for line in file if line.strip()]" + _RECORDS
)

_PARQUET = """\
frame = pl.read_parquet({path!r})
header, rows = frame.columns, [[text(cell).strip() for cell in row] for row in frame.iter_rows()]"""

_EXCEL = """\
rows = pl.read_excel({path!r}, sheet_name={sheet!r}, has_header=False, infer_schema_length=0).rows()
rows = [[text(cell).strip() for cell in row] for row in rows]
rows = [row for row in rows if any(row)]
{heading}"""

_NPZ = """\
columns = {{}}
with np.load({path!r}) as arrays:
    for name in arrays.files:
        array = arrays[name]
        array = np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array
        if array.ndim == 1 or (array.shape[1] == 1 and name.lower() in {targets!r}):
            columns[name] = array.reshape(-1).tolist()
        else:
            columns |= {{f"{{name}} {{number}}": part.tolist() for number, part in enumerate(array.T, 1)}}
header, rows = list(columns), [[text(cell) for cell in row] for row in zip(*columns.values())]"""

_UNZIPPED = '''\
def unzipped(path):
    """Open the only file in a zip archive."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name[-1] != "/" and not name.startswith("__MACOSX/")]
        return io.BytesIO(archive.read(next(name for name in names if name.rpartition("/")[2][0] != ".")))
'''

_TEXT = '''\
def text(value):
    """Format a value as it would be written in a table."""
    return "" if value is None else value if isinstance(value, str) else {written}(value)
'''

_HEADING = "header = rows.pop(0)"
_NO_HEADING = 'header = [f"column {number}" for number in range(1, len(rows[0]) + 1)]'

_OPENERS = {"gzip": "gzip.open", "bzip2": "bz2.open", "xz": "lzma.open"}
_MODULES = {"gzip": "gzip", "bzip2": "bz2", "xz": "lzma", "zip": "zipfile"}

_TEMPLATES = {
    "delimited": _DELIMITED,
    "arff": _ARFF,
    "json lines": _JSON_LINES,
    "json": _JSON,
    "parquet": _PARQUET,
    "excel": _EXCEL,
    "npz": _NPZ,
}


def can_read(reading: Reading) -> bool:
    """Whether a script can read a file of this format."""
    return reading.format in _TEMPLATES and (reading.format != "delimited" or len(reading.separator or "") == 1)


def packing_imports(compression: str | None) -> list[str]:
    """Return the imports for opening a packed file."""
    modules = [_MODULES[compression]] if compression else []
    return [f"import {module}" for module in [*modules, *["io"] * (compression == "zip")]]


def packing_functions(compression: str | None) -> list[str]:
    """Return the functions for opening a packed file."""
    return [_UNZIPPED] if compression == "zip" else []


def opened(path: str, compression: str | None, encoding: str | None = None) -> str:
    """Return the expression that opens a file, as text in an encoding or as bytes."""
    if compression == "zip":
        made = f"unzipped({path!r})"
        return f'io.TextIOWrapper({made}, encoding={encoding!r}, newline="")' if encoding else made
    opener, mode = (_OPENERS[compression], "rt") if compression else ("open", "r")
    return (
        f'{opener}({path!r}, "{mode}", encoding={encoding!r}, newline="")'
        if encoding
        else f'{opener}({path!r}, "rb")'
    )


def imports(reading: Reading) -> tuple[list[str], list[str]]:
    """Return the imports for reading: the standard library's, then others'."""
    standard = ["import csv"] * (reading.format in ("delimited", "arff"))
    standard += ["import json"] * reading.format.startswith("json")
    standard += ["import re"] * (reading.format == "arff")
    standard += packing_imports(reading.compression)
    return standard, ["import polars as pl"] * (reading.format in ("parquet", "excel"))


def functions(reading: Reading) -> list[str]:
    """Return the functions that the lines call."""
    packing = packing_functions(reading.compression)
    if reading.format in ("delimited", "arff"):
        return packing
    return [*packing, _TEXT.format(written="json.dumps" if reading.format.startswith("json") else "str")]


def lines(path: str, reading: Reading) -> list[str]:
    """Return the lines that define ``header`` and ``rows``, without empty lines."""
    encoding = "utf-8-sig" if reading.encoding == "utf-8" else reading.encoding
    heading = _HEADING if reading.header else _NO_HEADING
    comment = reading.comment
    read = f"(line for line in file if not line.startswith({comment!r}))" if comment else "file"
    text = _TEMPLATES[reading.format].format(
        path=path,
        opened=opened(path, reading.compression, encoding or "utf-8"),
        heading=heading,
        separator=reading.separator,
        blanks=BLANKS,
        lines=read,
        sheet=reading.sheet,
        targets=TARGETS,
    )
    return text.split("\n")
