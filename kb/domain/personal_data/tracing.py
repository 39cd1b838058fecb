"""One known value in every way it can be written: in text, and in the bytes of any file."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from kb.domain.personal_data.folding import fold

_GAP = r"[\W_]{0,4}"
_BYTES_GAP = rb"(?:[^0-9A-Za-z\x80-\xff]|\\u200[bcd]|\\u2060|\\ufeff|\\u00ad|\xe2\x80[\x8b-\x95]|\xe3\x80\x80|\xef\xbc\x8d|\xef\xbb\xbf){0,6}"
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_CODECS = ("utf-8", "utf-16-le", "utf-16-be", "cp932", "euc_jp")
SHORTEST = 4
"""Characters: a shorter value stands by chance in too many places."""


def letters(value: str) -> str:
    """Return the letters and digits of a value, narrow."""
    return re.sub(r"[\W_]", "", fold(value).text)


def spans(text: str, value: str) -> list[tuple[int, int]]:
    """Return where the value stands in the text, whatever separates or widens its characters."""
    folded = fold(text)
    pattern = _GAP.join(map(re.escape, letters(value)))
    return [folded.span(*match.span()) for match in re.finditer(pattern, folded.text, re.IGNORECASE)]


def without(text: str, value: str) -> str:
    """Return the text with the value in black squares wherever it stands."""
    parts, place = [], 0
    for start, end in spans(text, value):
        parts += [text[place:start], "■" * (end - start)]
        place = end
    return "".join([*parts, text[place:]])


def in_bytes(value: str) -> re.Pattern[bytes]:
    """Return what finds the value in the bytes of a file: encodings, full width, separators, JSON and URL escapes."""
    return re.compile(_BYTES_GAP.join(map(_character, letters(value))), re.IGNORECASE)


def _character(character: str) -> bytes:
    forms = set()
    for written in (character, character.translate(_WIDE)):
        for codec in _CODECS:
            forms.add(written.encode(codec, "ignore"))
        forms.add(json.dumps(written)[1:-1].encode())
        forms.add(quote(written).encode())
        forms.add(f"&#{ord(written)};".encode())
    return b"(?:" + b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True) if form) + b")"
