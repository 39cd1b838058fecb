"""The name of an uploaded file: what people see of it, and nothing that leads astray."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 100
_FORBIDDEN = re.compile(r'[:*?"<>|]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that nobody sees: control characters, marks that turn the direction of writing."""


def clean(name: str) -> str:
    """Return the file name without folders, invisible characters and what file systems refuse."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    whole = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", seen)).rstrip(" .")
    stem, dot, ending = whole.rpartition(".")
    stem, ending = (stem, f".{ending[:12]}") if dot else (ending, "")
    stem = stem.strip(" .")[: LONGEST - len(ending)]
    return f"{stem or 'file'}{ending}"
