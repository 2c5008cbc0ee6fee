"""The lines of an exported script that read a file of each format as a heading and rows of text."""

from __future__ import annotations

from engine.datasets.readers.table import Reading

_DELIMITED = """\
with {opened} as file:
    reader = csv.reader({lines}, delimiter={separator!r}, skipinitialspace=True)
    rows = [[cell.strip(" \\t\\xa0") for cell in row] for row in reader]
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

_RECORDS = """\
with {opened} as file:
    records = {records}
header = list(dict.fromkeys(name for record in records for name in record))
rows = [[text(record.get(name)).strip() for name in header] for record in records]"""

_FRAME = """\
frame = {frame}
header, rows = frame.columns, [[text(cell).strip() for cell in row] for row in frame.iter_rows()]"""

_EXCEL = """\
rows = pl.read_excel({path!r}, has_header=False, infer_schema_length=0).rows()
rows = [[text(cell).strip() for cell in row] for row in rows]
rows = [row for row in rows if any(row)]
{heading}"""

_TEXT = '''\
def text(value):
    """A value as it would be written in a table."""
    return "" if value is None else value if isinstance(value, str) else {written}(value)
'''

_HEADING = "header = rows.pop(0)"
_NO_HEADING = 'header = [f"column {number}" for number in range(1, len(rows[0]) + 1)]'

_OPENERS = {"gzip": "gzip.open", "bzip2": "bz2.open", "xz": "lzma.open"}
_MODULES = {"gzip": "gzip", "bzip2": "bz2", "xz": "lzma"}

FORMATS = ("delimited", "arff", "json lines", "json", "parquet", "excel")


def can_read(reading: Reading) -> bool:
    """Whether a script reads a file of this format."""
    packed = reading.compression is None or (reading.compression in _OPENERS and reading.format != "parquet")
    return (
        reading.format in FORMATS
        and packed
        and (reading.format != "delimited" or len(reading.separator or "") == 1)
    )


def imports(reading: Reading) -> tuple[list[str], list[str]]:
    """The imports that reading needs: the standard library's, then others'."""
    standard = ["import csv"] * (reading.format in ("delimited", "arff"))
    standard += ["import json"] * reading.format.startswith("json")
    standard += ["import re"] * (reading.format == "arff")
    standard += [f"import {_MODULES[reading.compression]}"] if reading.compression else []
    return standard, ["import polars as pl"] * (reading.format in ("parquet", "excel"))


def functions(reading: Reading) -> list[str]:
    """The functions that the lines call."""
    if reading.format in ("delimited", "arff"):
        return []
    return [_TEXT.format(written="json.dumps" if reading.format.startswith("json") else "str")]


def lines(path: str, reading: Reading) -> list[str]:
    """The lines that make ``header`` and ``rows``, without those that are empty."""
    encoding = "utf-8-sig" if reading.encoding == "utf-8" else reading.encoding
    opener, mode = (_OPENERS[reading.compression], '"rt", ') if reading.compression else ("open", "")
    opened = f'{opener}({path!r}, {mode}encoding={encoding!r}, newline="")'
    heading = _HEADING if reading.header else _NO_HEADING
    comment = reading.comment
    read = f"(line for line in file if not line.startswith({comment!r}))" if comment else "file"
    kept = {"opened": opened, "path": path, "heading": heading, "separator": reading.separator, "lines": read}
    records = (
        "json.load(file)" if reading.format == "json" else "[json.loads(line) for line in file if line.strip()]"
    )
    template = {
        "delimited": _DELIMITED,
        "arff": _ARFF,
        "json lines": _RECORDS,
        "json": _RECORDS,
        "parquet": _FRAME,
        "excel": _EXCEL,
    }[reading.format]
    return template.format(**kept, records=records, frame=f"pl.read_parquet({path!r})").split("\n")
