"""Detects the encoding of a text file.

A byte order mark decides, then whether the bytes are valid UTF-8. Among the 8-bit encodings, the one that gives
words of the letters its languages use wins: short samples, such as the headings and categories of a table, are
told apart better by this than by charset-normalizer, which decides where none of them fits.
"""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "àâäãåáçéèêëíîïìñóôöòõúûüùœæøßýÿ"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîşţöüäđ"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєў"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ"
_LETTERS = {
    "cp1252": _WESTERN,
    "mac_roman": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "mac_cyrillic": _CYRILLIC,
    "cp1253": _GREEK,
    "cp850": _WESTERN,
}
"""The 8-bit encodings that are tried, the most frequent first, and the lower-case letters of their languages."""

_PUNCTUATION = frozenset("“”„‘’‚–—…€£§°«»¿¡·ºª®©™½²³µ\u00a0")
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f]")
_CONVINCING = 0.4
_FEWEST_WHOLE = 10
_MOSTLY_WHOLE = 3
_USUAL = 0.15
"""What speaks for the most frequent encoding where another explains the bytes as well."""

_LIBRARY_SAMPLE = 1000
"""Bytes below which a sample is repeated for charset-normalizer, which judges by frequencies."""

_NAMES = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "mac_roman": "macintosh"}


def detect(sample: bytes) -> str:
    """The encoding of a file that begins with, or holds, these bytes: a name that Python's codecs know.

    A sample may end in the middle of a character. Raises ValueError for bytes that are no text.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        return _wide(sample)
    if is_utf8(sample):
        return "utf-8"
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if not line.isascii())[:100_000]
    scores = {name: _score(telling, name, letters) for name, letters in _LETTERS.items()}
    scores["cp1252"] += _USUAL
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _CONVINCING else _by_library(telling) or "cp1252"


def refuse_damaged(sample: bytes) -> None:
    """Raise ValueError for UTF-8 with few bytes that are none: another encoding would change all other letters."""
    text = sample.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - wrong
    if wrong and whole >= _FEWEST_WHOLE and whole >= _MOSTLY_WHOLE * wrong:
        first = text.index("\ufffd")
        before = text[max(first - 20, 0) : first]
        raise ValueError(
            f"it is UTF-8 but for {wrong:,} characters, the first after {before!r}: mend "
            "them, or name one encoding for the whole file with data.charset"
        )


def is_utf8(sample: bytes) -> bool:
    """Whether bytes are UTF-8, the last character perhaps cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def spoken(name: str) -> str:
    """An encoding's name as people know it."""
    return _NAMES.get(name, name)


def _wide(sample: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of text in Latin letters is zero."""
    half = max(len(sample) // 2, 1)
    for name, zeros in (("utf-16-le", 1), ("utf-16-be", 0)):
        text = sample[: len(sample) // 2 * 2].decode(name, errors="replace")
        if sample[zeros::2].count(0) > 0.4 * half and not _CONTROL.search(text):
            return name
    raise ValueError("it holds null characters: it is not a text file")


def _score(telling: bytes, encoding: str, letters: str) -> float:
    """How plausible the characters beyond ASCII are in an encoding: 1 at most."""
    text = telling.decode(encoding, errors="replace")
    known, total, points = frozenset(letters), 0, 0.0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            continue
        total += 1
        if character.lower() in known:
            points += _letter(before, character, after)
        elif character in _PUNCTUATION:
            points += 0.8
        else:
            points -= 1
    return points / max(total, 1)


def _letter(before: str, character: str, after: str) -> float:
    """A letter counts in full in a word; not where its case does not fit the letters beside it."""
    if character.isupper() and before.islower():
        return -1
    if not (before.isalpha() or after.isalpha()):
        return 0.3
    return 0.9 if character.isupper() and after.islower() and before.isalpha() else 1


def _by_library(telling: bytes) -> str | None:
    """The answer of charset-normalizer, where it has one that decodes the bytes."""
    import charset_normalizer

    times = -(-_LIBRARY_SAMPLE // max(len(telling), 1))
    best = charset_normalizer.from_bytes((telling + b"\n") * times).best()
    return best.encoding if best else None
