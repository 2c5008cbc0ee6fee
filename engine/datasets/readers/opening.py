"""Opens files as streams of bytes or UTF-8 text: decompressed, decoded, with line feeds, block by block.

Files are not trusted: content that unpacks to more than any table needs is refused, and every failure to read a
file is raised as a DataError with its name.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from engine.datasets import file_digest
from engine.datasets.readers.encodings import detect, refuse_damaged
from engine.errors import DataError, listed
from engine.events import Preparation
from engine.system.suggest import shown

Read = TypeVar("Read")

BLOCK = 1 << 22
"""Number of bytes read at once."""

SAMPLE = 1 << 20
"""Number of bytes at the front of a file from which format, encoding and dialect are detected."""

MOST_TIMES = 30
"""Maximum ratio of unpacked to packed size beyond ``UNSUSPICIOUS`` bytes."""

UNSUSPICIOUS = 100_000_000


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Convert every error within into a DataError with the file and what it was read as.

    Libraries raise all kinds of errors for hostile bytes, including polars panics, which are not an Exception;
    only exceptions that end the program are passed on.
    """
    try:
        yield
    except (DataError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError as error:
        raise DataError(f"{path} needs more memory than there is to be read as {what}") from error
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(
            f"{path} cannot be read as {what}, being damaged or incomplete ({error}): get it again"
        ) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except RecursionError as error:
        raise DataError(f"{path} cannot be read as {what}: its values nest too deeply") from error
    except BaseException as error:
        reason = (str(error).strip().split("\n")[0] or type(error).__name__)[:200]
        raise DataError(f"{path} cannot be read as {what}: {reason}") from error


@dataclass(frozen=True, slots=True)
class Packed:
    """A file and how it is packed: ``compression`` is None if it is not; ``name`` is the name of the content."""

    path: Path
    compression: str | None
    name: str

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Open the unpacked bytes, and the file itself, whose position gives the progress."""
        with self.path.open("rb") as raw:
            if self.compression == "zip":
                with zipfile.ZipFile(raw) as archive, archive.open(self.name) as member:
                    yield self._limited(member), raw
            elif self.compression:
                with _OPENERS[self.compression](raw) as unpacked:
                    yield self._limited(unpacked), raw
            else:
                yield raw, raw

    def _limited(self, unpacked: IO[bytes]) -> IO[bytes]:
        most = max(UNSUSPICIOUS, MOST_TIMES * self.path.stat().st_size)
        refusal = DataError(
            f"{self.path} unpacks to more than {most / 1e6:,.0f} MB, {MOST_TIMES} times its own size and more: if "
            "that is right, unpack it first"
        )
        return io.BufferedReader(Limited(unpacked, most, refusal), 1 << 20)

    def sample(self) -> bytes:
        """The first bytes of the content."""
        with self.opened() as (file, _):
            return file.read(SAMPLE)


class Limited(io.RawIOBase):
    """A stream that raises ``refusal`` beyond ``most`` bytes, since a small file can unpack to any size."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, most: int, refusal: Exception) -> None:
        self._file, self._left, self._refusal = file, most, refusal

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._file.read(len(buffer))
        self._left -= len(found)
        if self._left < 0:
            raise self._refusal
        buffer[: len(found)] = found
        return len(found)


_ABOUT = re.compile(
    r"(readme|licen[cs]e|changelog|citation|notice)([._-].*)?(?<!\.[ct]sv)|.*\.(pdf|docx?|html?|names)", re.I
)
"""Names of files that describe a table in the same archive."""

_OPENERS: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}


def packed(path: Path) -> Packed:
    """Detect how a file is packed from its first bytes; a zip archive must contain one file. Raises DataError."""
    file_digest.refuse_special(path)
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head.startswith(b"PK\x05\x06"):
        raise DataError(f"{path} is a zip archive without files")
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    return Packed(path, found, path.name)


def _zipped(path: Path) -> Packed:
    """Return the file in a zip archive of one file; formats based on zip are returned unchanged."""
    with zipfile.ZipFile(path) as archive:
        names = [
            name
            for name in archive.namelist()
            if not name.endswith("/")
            and not name.startswith("__MACOSX/")
            and not name.rpartition("/")[2].startswith(".")
        ]
        if any(name.endswith(".npy") or name == "[Content_Types].xml" or name == "mimetype" for name in names):
            return Packed(path, None, path.name)
        tables = [name for name in names if not _ABOUT.fullmatch(name.rpartition("/")[2])]
        names = tables if len(tables) == 1 else names
        if not names:
            raise DataError(f"{path} is a zip archive without files")
        if len(names) != 1:
            named = ", ".join(listed(list(map(shown, names))))
            raise DataError(
                f"{path} is a zip archive of {len(names):,} files ({named}): unpack it, and name the file that is "
                "the table"
            )
        if archive.getinfo(names[0]).flag_bits & 1:
            raise DataError(f"{path} is encrypted: unpack it first")
    return Packed(path, "zip", names[0])


_MARKED = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


class UndecodableError(DataError):
    """Raised if a file is not in one encoding throughout; ``sample`` contains bytes that show it."""

    def __init__(self, path: Path, encoding: str, sample: bytes) -> None:
        super().__init__(f"{path} is not in the encoding {encoding!r} (data.charset) throughout")
        self.sample = sample


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text file: how it is packed, and its encoding."""

    packed: Packed
    encoding: str

    def sample(self) -> tuple[str, bool]:
        """Return the text at the front of the file, with line feeds, and whether that is the whole file."""
        raw = self.packed.sample()
        whole = len(raw) < SAMPLE
        text = codecs.getincrementaldecoder(self.encoding)(errors="replace").decode(raw, final=whole)
        return _lines(text.encode(errors="replace")).decode(), whole

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Yield blocks of UTF-8 with line feeds, cut anywhere, with the position in the file that each reaches.

        Raises UndecodableError, and DataError for content that is not text or unpacks to too much.
        """
        held = b""
        done = 0
        for block, done in self._utf8():
            if b"\0" in block:
                raise DataError(f"{self.packed.path} holds null characters: it is not a text file")
            block, held = held + block, b""
            if block.endswith(b"\r"):
                block, held = block[:-1], b"\r"
            yield _lines(block), done
        if held:
            yield b"\n", done

    def _utf8(self) -> Iterator[tuple[bytes, int]]:
        """Yield blocks of UTF-8; ASCII is passed through without decoding."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        with self.packed.opened() as (file, raw):
            while chunk := file.read(BLOCK):
                ready = self.encoding == "utf-8" and not decoder.getstate()[0] and chunk.isascii()
                yield (chunk if ready else self._decoded(decoder, chunk)), raw.tell()
            yield self._decoded(decoder, b"", final=True), raw.tell()

    def _decoded(self, decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bytes:
        pending = decoder.getstate()[0]
        try:
            return decoder.decode(chunk, final).encode(errors="replace")
        except UnicodeDecodeError as error:
            around = (pending + chunk)[max(error.start - SAMPLE, 0) : error.start + SAMPLE]
            raise UndecodableError(self.packed.path, self.encoding, around) from error


def _lines(block: bytes) -> bytes:
    """Replace Windows line ends and lone carriage returns by line feeds, as the csv module does."""
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block


def read_text(
    packed: Packed, charset: str | None, read: Callable[[Encoded], Preparation[Read]]
) -> Preparation[Read]:
    """Read a text file in the user's encoding, or in the one detected from its first bytes.

    If later bytes show that the detected encoding is wrong, the file is read again with the encoding of those
    bytes. Raises DataError.
    """
    text = Encoded(packed, charset or _detected(packed.path, packed.sample()))
    try:
        return (yield from read(text))
    except UndecodableError as error:
        if charset:
            raise
        text = Encoded(packed, _detected(packed.path, error.sample))
    return (yield from read(text))


def _detected(path: Path, raw: bytes) -> str:
    """Detect the encoding of these bytes of a file; raises DataError if they are not text in one encoding."""
    try:
        if (found := detect(raw)) not in _MARKED:
            refuse_damaged(raw)
        return found
    except ValueError as error:
        raise DataError(f"{path} cannot be read as text: {error}") from error
