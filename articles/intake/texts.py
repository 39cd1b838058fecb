"""Plain text, CSV and logs as lines that know their place."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from kb.domain.errors import Refused

Line = tuple[Refused, str]
"""Where a line stands, as a sentence of the words, and its text."""

ENCODINGS = ("cp932", "euc_jp", "iso2022_jp")
"""What is tried where a file is not UTF-8; a file that reads as several is looked through as each of them."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype\s+(?:html|svg)|html|svg|script)\b",
    re.I | re.S,
)


def decoded(content: bytes) -> list[str]:
    """Return the text, in every reading that fits. Raises Refused if it is no text, or a page in disguise."""
    found = [text for text in _readings(content) if not _CONTROL.search(text)]
    if not found:
        raise Refused("attachments.not_text")
    if any(_MARKUP.match(text) for text in found):
        raise Refused("attachments.markup")
    return found


def _readings(content: bytes) -> Iterator[str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig",)
    for encoding in (*encodings, *ENCODINGS):
        try:
            yield content.decode(encoding)
        except UnicodeError:
            continue
        if encoding in encodings:
            return


def lines(text: str, place: str = "attachments.at_line", **values: str) -> Iterator[Line]:
    """Yield each line with its number."""
    for number, line in enumerate(text.splitlines(), 1):
        yield Refused(place, number=number, **values), line


def table_lines(rows: Iterable[tuple[Refused, list[str]]]) -> Iterator[Line]:
    """Yield each row as one line, and each cell behind its column's heading, which may say what it is."""
    heads: list[str] = []
    for place, cells in rows:
        yield place, "\t".join(cells)
        for head, cell in zip(heads, cells, strict=False):
            if head and cell:
                yield place, f"{head}: {cell}"
        heads = heads or [cell if not cell.replace(".", "").isdigit() else "" for cell in cells]


def csv_rows(text: str) -> Iterator[tuple[Refused, list[str]]]:
    """Yield (place, cells) of each row; separated by what the first line has most of."""
    first = text.split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    try:
        for row in reader:
            yield Refused("attachments.at_line", number=reader.line_num), row
    except csv.Error:
        return  # its lines are looked through as text all the same
