"""One spelling for text that people write in many: width, case, hyphens, long vowels.

`fold` is made for whole documents, `fold_with_offsets` for the short texts of which the reader is shown
a part (a query, a snippet). Both give the same text; a test holds them together.
"""

import re
import unicodedata
from functools import lru_cache

KATAKANA = "ァ-ヺー"
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_HYPHEN = re.compile("[\u2010-\u2015\u2043\u2212\u207b\u208b\u2500\ufe58\ufe63\uff0d]")
_LATIN_BAR = re.compile("(?<=[a-z0-9])ー(?=[a-z0-9])")
_VU_BEFORE_SMALL = {"ァ": "バ", "ィ": "ビ", "ェ": "ベ", "ォ": "ボ", "ュ": "ビュ"}
_VU = re.compile("ヴ([ァィェォュ]?)")
_FINAL_BAR = re.compile(f"(?<=[{KATAKANA}]{{3}})ー{{1,20}}(?![{KATAKANA}])")
_COMBINING = re.compile("[\u0300-\u036f\u3099\u309a\uff9e\uff9f]")
_CLUSTER = re.compile(f".{_COMBINING.pattern}*", re.DOTALL)


def fold(text: str) -> str:
    """Return the text as the index and the query spell it.

    NFKC, lower case, every hyphen as "-" (also "ー" between Latin letters or digits), ヴ as バ行, the last
    "ー" of a katakana word of four or more dropped, invisible characters dropped, control characters and
    unpaired surrogates as spaces. Never raises.
    """
    text = _CONTROL.sub(" ", _SURROGATE.sub(" ", text))
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    text = _LATIN_BAR.sub("-", _HYPHEN.sub("-", text))
    text = _VU.sub(lambda m: _VU_BEFORE_SMALL.get(m[1], "ブ"), text)
    return _FINAL_BAR.sub("", text)


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text and, for each of its characters, the index in `text` it came from.

    The list has one entry more than the folded text: the length of `text`.
    """
    chars = [] if _COMBINING.search(text) else [_fold_character(character) for character in text]
    origin = list(range(len(text) + 1))
    if "" in chars or len("".join(chars)) != len(text):
        chars, origin = _fold_clusters(text)
    for pattern, replacement in ((_LATIN_BAR, "-"), (_VU, None), (_FINAL_BAR, "")):
        chars, origin = _substitute(pattern, replacement, chars, origin)
    return "".join(chars), origin


def _fold_clusters(text: str) -> tuple[list[str], list[int]]:
    chars: list[str] = []
    origin: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        for char in _fold_cluster(cluster[0]):
            chars.append(char)
            origin.append(cluster.start())
    return chars, [*origin, len(text)]


@lru_cache(maxsize=10_000)
def _fold_character(character: str) -> str:
    return _fold_cluster(character)


def _fold_cluster(cluster: str) -> str:
    cluster = _CONTROL.sub(" ", _SURROGATE.sub(" ", cluster))
    return _HYPHEN.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFKC", cluster)).lower())


def _substitute(
    pattern: re.Pattern[str], replacement: str | None, chars: list[str], origin: list[int]
) -> tuple[list[str], list[int]]:
    """Replace in chars and keep each new character's origin; None stands for the ヴ rule."""
    text = "".join(chars)
    if pattern.search(text) is None:
        return chars, origin
    new_chars: list[str] = []
    new_origin: list[int] = []
    end = 0
    for match in pattern.finditer(text):
        new_chars += chars[end : match.start()]
        new_origin += origin[end : match.start()]
        new = _VU_BEFORE_SMALL.get(match[1], "ブ") if replacement is None else replacement
        new_chars += new
        new_origin += [origin[match.start()]] * len(new)
        end = match.end()
    return new_chars + chars[end:], new_origin + origin[end:]


def katakana(text: str) -> str:
    """Return hiragana as katakana, the rest as it is."""
    return text.translate(_TO_KATAKANA)


def hiragana(text: str) -> str:
    """Return katakana as hiragana, the rest as it is."""
    return text.translate(_TO_HIRAGANA)
