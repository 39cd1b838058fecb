"""Error codes, addresses, paths and file names: strings that must match as one, however they are spaced."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EXTENSIONS = (
    "bak|bat|cab|cer|cfg|cmd|conf|config|csv|dat|db|dll|docx?|exe|htm|html|inf|ini|iso|jar|jpe?g|json|lnk|log|"
    "mdb|msi|msu|ost|pdf|pfx|png|ppd|pptx?|ps1|pst|py|reg|sh|sql|sys|tmp|txt|vbs|vhdx?|xlsm|xlsx?|xml|ya?ml|zip"
)
_URL = r"https?://[^\s<>\"'()\u3000-\u9fff]+"
ADDRESS = re.compile(_URL)
_WHOLE = "|".join(
    [
        rf"(?P<url>{_URL})",
        r"(?P<mail>[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})",
        r"(?P<guid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        r"(?P<hex>0x[0-9a-f]{2,}(?:-[0-9a-f]{2,})*)",
        r"(?P<windows>(?:[a-z]:|%[a-z]{1,40}%|\\\\[a-z0-9_.-]{1,64})(?:\\[a-z0-9_.$%~-]+)+\\?)",
        rf"(?P<file>[a-z0-9_][a-z0-9_.-]{{0,60}}\.(?:{_EXTENSIONS})(?![a-z0-9]))",
        r"(?P<unix>(?:/[a-z0-9_.-]+){2,}/?)",
        r"(?P<dotted>\d{1,12}(?:\.\d{1,12}){2,10}(?::\d+|/\d+)?)",
        r"(?P<bare>(?=[a-f]{0,7}\d)[0-9a-f]{8}(?![0-9a-z_.-]))",
        r"(?P<snake>[a-z0-9]+(?:_[a-z0-9]+)+)",
        r"(?P<barred>[a-z0-9]+(?:-[a-z0-9]+){2,})",
        r"(?P<code>[a-z]{1,10}(?:-[a-z]{1,10})?-\d[0-9a-z]*(?:-\d+)*)",
        r"(?P<glued>[a-z]{1,6}\d{3,}[0-9a-z]*)",
        r"(?P<article>kb ?\d{1,9})",
    ]
)
_CUT = re.compile(rf"(?=[a-z0-9_%/\\])(?<![a-z0-9_])(?:{_WHOLE})(?![a-z0-9_])")
_SPACED = re.compile(r"(?<![a-z0-9_.-])([a-z]{1,12}) (\d{3,8})(?![a-z0-9_.-])")
_PART = re.compile(r"[a-z]{2,}|\d{2,}")
_SEPARATORS = re.compile(r"[^0-9a-z]")
_AS_WRITTEN = frozenset({"url", "mail", "windows", "unix", "file", "dotted"})
_ARTICLE_NUMBER = re.compile(r"kb(\d{1,9})")
_HEX = re.compile("0x[0-9a-f]{8}")
"""What Windows and .NET report; people type it without 0x."""
_MOST_PARTS = 12
_LONGEST = 100


@dataclass(frozen=True)
class Identifier:
    """One identifier in a folded text: its key, the parts it can also be found by, and where it stands."""

    key: str
    parts: tuple[str, ...]
    start: int
    end: int


def find(folded: str) -> Iterator[Identifier]:
    """Yield the identifiers of a folded text that are cut out before the words are taken."""
    for match in _CUT.finditer(folded):
        text = match[0].rstrip(".-/:\\")
        key = text if match.lastgroup in _AS_WRITTEN else _joined(text)
        parts = tuple(dict.fromkeys(_PART.findall(text)))[:_MOST_PARTS]
        yield Identifier(key[:_LONGEST], tuple(p[:_LONGEST] for p in parts if p != key), *match.span())


def _joined(text: str) -> str:
    """Return an identifier without separators, a long hexadecimal number without 0x, an article's number
    with its four digits, however typed."""
    key = _SEPARATORS.sub("", text)
    if _HEX.fullmatch(key):
        return key[2:]
    number = _ARTICLE_NUMBER.fullmatch(key)
    return f"kb{int(number[1]):04d}" if number else key


def find_spaced(folded: str) -> Iterator[Identifier]:
    """Yield what may be a code written with a space (ORA 12541, HTTP 503); its words stay words."""
    for match in _SPACED.finditer(folded):
        yield Identifier(_joined(match[0]), (), *match.span())


def blank(folded: str, found: list[Identifier]) -> str:
    """Return the text with the identifiers as spaces, every other character where it was."""
    if not found:
        return folded
    pieces: list[str] = []
    end = 0
    for item in found:
        pieces += folded[end : item.start], " " * (item.end - item.start)
        end = item.end
    return "".join(pieces) + folded[end:]
