"""The types of files that an article may carry: a row each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class Type:
    """A type of file. endings: of names that may carry it; the first is given to what has none.

    label: the same in both languages. picture: shown in the page; anything else is only downloaded.
    """

    key: str
    label: str
    media_type: str
    endings: tuple[str, ...]
    picture: bool = False


_ROWS = (
    Type("png", "PNG", "image/png", (".png",), picture=True),
    Type("jpeg", "JPEG", "image/jpeg", (".jpg", ".jpeg"), picture=True),
    Type("gif", "GIF", "image/gif", (".gif",), picture=True),
    Type("webp", "WebP", "image/webp", (".webp",), picture=True),
    Type("pdf", "PDF", "application/pdf", (".pdf",)),
    Type("text", "TXT", "text/plain", (".txt", ".log")),
    Type("csv", "CSV", "text/csv", (".csv",)),
    Type("xlsx", "Excel", f"{OFFICE}spreadsheetml.sheet", (".xlsx",)),
    Type("docx", "Word", f"{OFFICE}wordprocessingml.document", (".docx",)),
    Type("zip", "ZIP", "application/zip", (".zip",)),
)
TYPES = {row.key: row for row in _ROWS}
ENDINGS = frozenset(ending for row in _ROWS for ending in row.endings)
BY_MEDIA_TYPE = {row.media_type: row for row in _ROWS}
_ROTATED = re.compile(r"\.log\.\d{1,8}$")


def ending_of(name: str) -> str:
    """Return what a name ends with, in small letters; of app.log.3 it is ".log"."""
    return ".log" if _ROTATED.search(name.lower()) else PurePosixPath(name).suffix.lower()
