"""Detects the encoding of a text file.

A byte order mark decides, else whether the bytes are valid UTF-8. Of the 8-bit encodings, the one wins that gives
words in the letters of its languages: for short samples, such as the headings and categories of a table, this is
more reliable than charset-normalizer, which decides if none of them fits.
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
_WESTERN = (
    "àâäçèéêëîïôöùûüœæÿ",
    "äöüß",
    "áéíñóúüªº",
    "àâáãçéêíóôõúüªº",
    "àèéìíòóùúî",
    "åäöæøéüáóèê",
    "àâäãåáçéèêëíîïìñóôöòõúûüùœæøßÿ",
)
_CENTRAL = (
    "ąćęłńóśźż",
    "áäčďéěíĺľňóôŕřšťúůýž",
    "áéíóöőúüű",
    "ăâîşţșț",
    "čćđšž",
    "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîşţöüäđ",
)
_CYRILLIC_NAMES = ("cp1251", "koi8-r", "cp866", "mac_cyrillic", "koi8-u", "iso8859-5")
_CYRILLIC = ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєў",)
_GREEK = "αοιετνσηυρπκλμςγδωχθφβξζψάέήίόύώϊϋ"
_HEBREW = "יולהאמרתבנשדעםקחפכטגצסןזךףץ"
_ARABIC = "اليمنرتبوهدعفسكقحجشصخطذضءغثظزةىآأؤإئ،؟"
_OTHERS = {
    "cp1254": ("ıiçğöşüâîû",),
    "cp1252": ("áéíóúýþæöð",),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "õäöüšž"),
    "cp1253": (_GREEK,),
    "iso8859-7": (_GREEK,),
    "cp737": (_GREEK,),
    "cp1255": (_HEBREW,),
    "cp862": (_HEBREW,),
    "cp1256": (_ARABIC,),
    "iso8859-6": (_ARABIC,),
    "cp874": ("".join(map(chr, (*range(0xE01, 0xE3B), *range(0xE3F, 0xE5B)))),),
}
_ALPHABETS = (
    *(("cp1252", letters) for letters in _WESTERN),
    *(("mac_roman", letters) for letters in _WESTERN),
    *(("cp1250", letters) for letters in _CENTRAL),
    *(("iso8859-2", letters) for letters in _CENTRAL),
    *((name, letters) for name in _CYRILLIC_NAMES for letters in _CYRILLIC),
    *((name, letters) for name, several in _OTHERS.items() for letters in several),
    *((name, letters) for name in ("cp850", "iso8859-15") for letters in _WESTERN),
)
"""The 8-bit encodings that are tried, most frequent first, each with the lower-case letters of a language.

Letters of scripts other than Latin are roughly in order of frequency.
"""

_SEVERAL = (_WESTERN[-1], _CENTRAL[-1])
"""Letters of several languages; an alphabet of a single language takes precedence."""

_NEVER_FIRST = frozenset("ьъыςךםןףץةىئؤ" + "".join(map(chr, (0xE31, *range(0xE33, 0xE3B), *range(0xE47, 0xE4F)))))
_NEVER_LAST = frozenset("σכמנפצإ" + "".join(map(chr, range(0xE40, 0xE45))))
_ONLY_LAST = frozenset("ςךםןףץةى")
"""Letters that never start a word, that never end one, and that only occur at the end of one."""

_DOUBLE_BYTE = ("gb18030", "euc-kr", "big5", "cp932")
"""The double-byte encodings that are tried."""

_FREQUENT = {"gb18030": (0xB0, 0xD7, 0xA1), "big5": (0xA4, 0xC6, 0x40)}
"""For encodings of Chinese, the first bytes of frequent characters (from, to), and the lowest second byte."""

_SYLLABLES = frozenset(
    "이다는에의가을로하고지사기도자인시아서은대리어나정수한구보해성전라제일있주스부그장상동원과으안선들만공비우신조미여남소오모무트경생실문"
)
"""The most frequent syllables of Korean; common Chinese characters in GB 18030 are rare syllables in EUC-KR."""

_FEWEST_SYLLABLES = 7
"""Number of different Korean syllables from which the bytes are not taken for Chinese characters."""

_PUNCTUATION = frozenset("“”„‘’‚–—…€£§°«»¿¡·ºª®©™½²³µ\u00a0")
_UNIT = re.compile(r".([°º][CFKNESW]|µ[mgslAVMWSF])|[\d (\[]µL", re.DOTALL)
"""Units, with the character before them, that are one double-byte character in other encodings."""

_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f]")
MISREAD = "[\u00c2-\u00c5\u00ce-\u00d1\u00d7-\u00db\u00e0-\u00f4][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
"""The first two bytes of a UTF-8 character as misread in other encodings.

Without those of phonetic signs and rare scripts, as in CAFÉ®.
"""

_CONVINCING = 0.4
_FEWEST_WHOLE = 10
_MOSTLY_WHOLE = 3
_USUAL = 0.15
"""Bonus of the most frequent encoding, if another explains the bytes equally well."""

_NEARLY = 0.16
"""Maximum difference from the best score for an encoding that is named as an alternative."""

_LEAST = 0.25
"""Minimum score of an encoding that is named as an alternative."""

_VOWELLED = (*_CYRILLIC, _GREEK)
_VOWELS = re.compile("[аеёиоуыэюяіїєαεηιουωάέήίόύώϊϋ]", re.I)
_WORD = re.compile(r"[^\W\d_a-zA-Z]{2,}")
_CONSONANTS = 0.5
"""Penalty for words without vowels in languages that have vowels."""

_CAPITALS = 0.2
"""Penalty for letters that are all upper case if another encoding reads them as lower case."""

_UNION = 0.1
"""Penalty for alphabets of several languages."""

_RARE = 0.4
"""How much less the rarest letter of a script counts than the most frequent one."""

_DOUBLE = 0.05
"""Bonus of double-byte encodings, which other byte sequences rarely fit."""

_TELLING = 20_000
"""Maximum number of bytes judged: those beyond ASCII, and the others in their lines."""

_LIBRARY_SAMPLE = 1000
"""Samples shorter than this are repeated for charset-normalizer, which judges by frequencies."""

_NAMES = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "mac_roman": "macintosh"}


def detect(sample: bytes) -> str:
    """Detect the encoding of a file from these bytes; returns a name known to Python's codecs.

    A sample may end in the middle of a character. Raises ValueError for bytes that are not text.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        return _wide(sample)
    if is_utf8(sample):
        return "utf-8"
    telling = _telling(sample)
    best, name = _ranked(telling)[0]
    return name if best >= _CONVINCING else _by_library(telling) or "cp1252"


def others(sample: bytes, name: str) -> list[tuple[str, str, str]]:
    """Return encodings that fit these bytes nearly as well as the one with this name, best first.

    Each comes with a word as read in the chosen encoding, and as read in the other.
    """
    if name.startswith("utf") or is_utf8(sample):
        return []
    telling = _telling(sample)
    ranked = _ranked(telling)
    best = max((score for score, one in ranked if one == name), default=0)
    found: dict[str, tuple[str, str, str]] = {}
    for score, other in ranked:
        words = _word(telling, name), _word(telling, other)
        if score >= max(best - _NEARLY, _LEAST) and words[0] != words[1]:
            found.setdefault(words[1], (other, *words))
    return list(found.values())


def _telling(sample: bytes) -> bytes:
    """Return the distinct lines with bytes beyond ASCII, if possible without the last, which may be cut."""
    *lines, last = re.split(rb"[\r\n]+", sample)
    telling = dict.fromkeys(line for line in lines if not line.isascii()) or [last]
    return b"".join(line + b"\n" for line in telling)[:_TELLING]


def _word(telling: bytes, encoding: str) -> str:
    """Return the first words with letters beyond ASCII."""
    found = re.findall(rb"[^\s,;:|\"']*[\x80-\xff][^\s,;:|\"']*", telling)
    return b" ".join(dict.fromkeys(found[:20])).decode(encoding, errors="replace")


def _ranked(telling: bytes) -> list[tuple[float, str]]:
    """Return the score of each encoding, best first; ties are broken by frequency."""
    scores = [(_score(telling, name, letters), name) for name, letters in _ALPHABETS]
    scores += [(_double_byte_score(telling, name), name) for name in _DOUBLE_BYTE]
    return sorted(scores, key=lambda found: -found[0])


def refuse_damaged(sample: bytes) -> None:
    """Raise ValueError for UTF-8 with a few invalid bytes; another encoding would change all other letters."""
    text = sample.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - wrong
    if wrong and whole >= _FEWEST_WHOLE and whole >= _MOSTLY_WHOLE * wrong:
        first = text.index("\ufffd")
        before = text[max(first - 20, 0) : first]
        raise ValueError(
            f"it is UTF-8 but for {wrong:,} characters, the first after {before!r}: correct "
            "them, or name one encoding for the whole file with data.charset"
        )


def is_utf8(sample: bytes) -> bool:
    """Whether bytes are UTF-8, except for a last character that may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def unmisread(text: str) -> str | None:
    """Restore UTF-8 text that was misread as windows-1252 or Latin-1, such as Ã© for é; None for other text."""
    if not re.search(MISREAD, text):
        return None
    for name in ("cp1252", "latin-1"):
        try:
            return text.encode(name).decode()
        except UnicodeError:
            continue
    return None


def spoken(name: str) -> str:
    """Return an encoding's common name."""
    return _NAMES.get(name, name)


def _wide(sample: bytes) -> str:
    """Detect UTF-16 without a byte order mark: in Latin text every other byte is zero."""
    half = max(len(sample) // 2, 1)
    for name, zeros in (("utf-16-le", 1), ("utf-16-be", 0)):
        text = sample[: len(sample) // 2 * 2].decode(name, errors="replace")
        if sample[zeros::2].count(0) > 0.4 * half and not _CONTROL.search(text):
            return name
    line = sample[: sample.index(b"\0")].count(b"\n") + 1
    raise ValueError(f"it holds null characters, the first in line {line:,}: it is not a text file, or damaged")


def _score(telling: bytes, encoding: str, letters: str) -> float:
    """Score the plausibility of the characters beyond ASCII in an encoding, about 1 at most."""
    text = telling.decode(encoding, errors="replace")
    latin = letters[0] < "\u0250"
    worth = {letter: 1.0 if latin else 1 - _RARE * rank / len(letters) for rank, letter in enumerate(letters)}
    total, points = 0, 0.0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            continue
        total += 1
        if (value := worth.get(character.lower())) is not None:
            points += value * _letter(before, character, after, latin)
        elif character in _PUNCTUATION:
            points += _sign(before, character, after)
        else:
            points -= 1
    if letters in _VOWELLED:
        points -= _CONSONANTS * total * _without_vowels(text)
    cased = [character for character in text if not character.isascii() and character.lower() in worth]
    points -= _CAPITALS * total * (not latin and bool(cased) and all(map(str.isupper, cased)))
    prior = -_UNION if letters in _SEVERAL else _USUAL if encoding == "cp1252" and letters in _WESTERN else 0.0
    return points / max(total, 1) + prior


def _letter(before: str, character: str, after: str, latin: bool) -> float:
    """Score a letter: full score within a word, less if its case or script does not fit its neighbours.

    Latin words consist of ASCII letters with few others between them; words of other scripts have no ASCII
    letters.
    """
    first, last = not _in_word(before), not _in_word(after)
    if character.isupper() and before.islower():
        return -1
    if not latin and (
        (first and character in _NEVER_FIRST)
        or (last and not first and character in _NEVER_LAST)
        or (not last and character in _ONLY_LAST)
    ):
        return -1
    beside = [one for one in (before, after) if one.isalpha()]
    if not beside:
        return 0.3
    foreign = [one.isascii() is not latin for one in beside]
    if any(foreign) if not latin else len(foreign) == 2 and all(foreign):
        return -0.5
    return 0.9 if character.isupper() and after.islower() and before.isalpha() else 1


def _without_vowels(text: str) -> float:
    """Return the share of words of two or more letters without a vowel."""
    words = _WORD.findall(text)
    return sum(not _VOWELS.search(word) for word in words) / max(len(words), 1)


def _in_word(character: str) -> bool:
    return character.isalpha() or "\u0e31" <= character <= "\u0e4e"


def _sign(before: str, character: str, after: str) -> float:
    """Score a sign: full score for an apostrophe, a quote or a trade mark at a word, or part of a unit."""
    opens = not before.isalnum() and after.isalnum()
    if character in "„‚" and not opens:
        return -1.0
    begins = character in "“‘" and opens
    ends = character in "”’" and not before.isspace() and not after.isalnum()
    ends = ends or (character == "™" and before.isalpha() and not after.isalnum())
    inside = character == "’" and before.isalpha() and after.isalpha()
    unit = character == "µ" and not before.isalpha() and after in "mgslLAVMWSF"
    unit = unit or (character in "²³" and before == "m" and not after.isalpha())
    if character in "½¼¾¿¡…" and before.isalpha() and after.isalpha():
        return -1.0
    return 1.0 if begins or ends or inside or unit else 0.8


def _double_byte_score(telling: bytes, encoding: str) -> float:
    """Return the share of frequent characters of a language beyond ASCII; 0 for undecodable bytes."""
    try:
        text = telling.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end < len(telling) - 1 or telling[:-1].count(b"\n"):  # a single line may end within a character
            return 0.0
        text = telling[: error.start].decode(encoding)
    around = zip(" " + text, text, text[1:] + " ", strict=False)
    found = [one for one in around if not one[1].isascii()]
    alone = [
        character
        for before, character, after in found
        if not any(one.isascii() and one.isalpha() for one in (before, after))  # as within a Latin word
        and not _is_unit(before, character, after, encoding)
    ]
    share = sum(_is_frequent(character, encoding) for character in alone) / max(len(found), 1)
    few = share < 1 or len(set(alone)) < _FEWEST_SYLLABLES
    if encoding == "euc-kr" and few and sum(character in _SYLLABLES for character in alone) < 0.2 * len(alone):
        return share / 2
    return share + _DOUBLE * (1 + (encoding == "euc-kr")) if alone else 0.0


def _is_unit(before: str, character: str, after: str, encoding: str) -> bool:
    written = character.encode(encoding).decode("cp1252", errors="replace")
    return bool(_UNIT.fullmatch(before + written)) and before.isascii() and after.isascii()


def _is_frequent(character: str, encoding: str) -> bool:
    if encoding == "euc-kr":
        return "가" <= character <= "힣"
    if encoding == "cp932":
        return "ぁ" <= character <= "ヿ" or "一" <= character <= "鿿"
    lowest, highest, second = _FREQUENT[encoding]
    encoded = character.encode(encoding)
    return len(encoded) == 2 and lowest <= encoded[0] <= highest and encoded[1] >= second


def _by_library(telling: bytes) -> str | None:
    """Return charset-normalizer's answer, if it has one that decodes the bytes."""
    import charset_normalizer

    times = -(-_LIBRARY_SAMPLE // max(len(telling), 1))
    tried = sorted({name for name, _ in _ALPHABETS} | set(_DOUBLE_BYTE))
    best = charset_normalizer.from_bytes(telling * times, cp_isolation=tried).best()
    return best.encoding if best else None
