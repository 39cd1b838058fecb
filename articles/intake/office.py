"""The text of Word documents and Excel workbooks, with paragraph, or sheet and row.

Every part of the file is read, not only what a reader sees: comments, headers, notes, what was deleted
under revision, hidden sheets, the properties. Macros, objects put inside and templates from elsewhere
are refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from articles.intake import xml
from articles.intake.archives import Archive
from articles.intake.texts import Line, table_lines
from kb.domain import personal_data
from kb.domain.errors import Refused

WORD, EXCEL = "word/document.xml", "xl/workbook.xml"
_ACTIVE = re.compile(r"vbaProject|activeX/|/macrosheets/|/ctrlProps/.*\.bin$", re.I)
_INSIDE = re.compile(r"/embeddings/|/ActiveX", re.I)
_PICTURES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".emf",
    ".wmf",
    ".svg",
    ".webp",
    ".wdp",
)
_UNREAD = (*_PICTURES, ".bin", ".odttf", ".fntdata")
"""Parts without text: pictures, printer settings, fonts."""
_LEADS_OUT = frozenset({"hyperlink", "externalLinkPath", "externalLinkLongPath"})
"""What may lead out of the file: it opens only when somebody clicks or agrees."""


def kind_of(names: set[str]) -> str | None:
    """Return "docx" or "xlsx", None for an archive that is no office file. Raises Refused for another one."""
    if "[Content_Types].xml" not in names:
        return None
    if WORD in names:
        return "docx"
    if EXCEL in names:
        return "xlsx"
    raise Refused("attachments.type_not_taken")


def lines(archive: Archive) -> Iterator[Line]:
    """Yield every line of text in the file. Raises Refused for what must not be in it."""
    _require_passive(archive.names)
    strings = _shared_strings(archive) if EXCEL in archive.names else []
    sheets = _sheet_names(archive) if EXCEL in archive.names else {}
    for name, stream in archive.files():
        lower = name.lower()
        if lower.endswith(".rels"):
            yield from _targets(stream)
        elif name in sheets:
            yield from table_lines(_rows(stream, sheets[name], strings))
        elif name == WORD:
            yield from _paragraphs(stream, "attachments.at_paragraph")
        elif lower.endswith(".xml"):
            yield from _paragraphs(stream, "attachments.at_part", part=posixpath.basename(name))
        elif lower.endswith(_UNREAD):
            continue
        else:
            words = stream.whole().decode("utf-8", "replace")
            yield Refused("attachments.at_part", part=posixpath.basename(name)), words


def _require_passive(names: set[str]) -> None:
    for name in names:
        if _ACTIVE.search(name):
            raise Refused("attachments.active")
        if _INSIDE.search(name):
            raise Refused("attachments.object_inside")


class _Paragraphs:
    """Lines of text: a paragraph, a string, or an element that holds text of its own.

    ends: elements after which a line ends. What an attribute tells a reader (the words for a picture) counts.
    """

    ends = frozenset({"p", "si", "comment", "author", "t", "definedName"})
    told = frozenset({"descr", "title", "alt"})

    def __init__(self) -> None:
        self.found: list[str] = []
        self.words: list[str] = []
        self.inside = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.inside += tag == "p"
        if tag in ("tab", "br", "cr", "tc"):
            self.words.append("\t")
        self.found += [value for name, value in attributes.items() if name in self.told and value]

    def data(self, text: str) -> None:
        self.words.append(text)

    def end(self, tag: str) -> None:
        self.inside -= tag == "p"
        if tag == "p" or (not self.inside and self.words and not "".join(self.words).isspace()):
            self.found.append("".join(self.words))
            self.words.clear()


def _paragraphs(stream: xml.Counted, place: str, **values: str) -> Iterator[Line]:
    handler = _Paragraphs()
    xml.read(stream, handler)
    for number, words in enumerate(handler.found, 1):
        yield Refused(place, number=number, **values), words


class _Targets:
    """Where a part of the file leads."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str, bool]] = []  # id, type, target, outside

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            outside = attributes.get("TargetMode") == "External"
            self.found.append((attributes.get("Id", ""), kind, attributes.get("Target", ""), outside))

    def data(self, text: str) -> None: ...
    def end(self, tag: str) -> None: ...


def _targets(stream: xml.Counted) -> Iterator[Line]:
    handler = _Targets()
    xml.read(stream, handler)
    for number, (_, kind, target, outside) in enumerate(handler.found, 1):
        if outside and kind not in _LEADS_OUT:
            raise Refused("attachments.leads_out")
        if outside:
            yield Refused("attachments.at_link", number=number), target


class _Strings:
    """The texts of a workbook, by number; how they are read aloud (rPh) is no part of them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.words: list[str] = []
        self.aloud = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.aloud += tag == "rPh"
        if tag == "si":
            self.words.clear()

    def data(self, text: str) -> None:
        if not self.aloud:
            self.words.append(text)

    def end(self, tag: str) -> None:
        self.aloud -= tag == "rPh"
        if tag == "si":
            self.found.append("".join(self.words).strip("\n"))


def _shared_strings(archive: Archive) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in archive.names:
        return []
    handler = _Strings()
    xml.read(archive.open(name), handler)
    return handler.found


class _Sheets(_Targets):
    """The sheets of a workbook: (id of the relationship, name)."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        super().start(tag, attributes)
        if tag == "sheet":
            self.sheets.append((attributes.get("id", ""), attributes.get("name", "")))


def _sheet_names(archive: Archive) -> dict[str, str]:
    """Return name of the part -> name of the sheet, masked: a refusal would show it."""
    handler = _Sheets()
    xml.read(archive.open(EXCEL), handler)
    if "xl/_rels/workbook.xml.rels" in archive.names:
        xml.read(archive.open("xl/_rels/workbook.xml.rels"), handler)
    targets = {key: target for key, _, target, _ in handler.found}
    found = {}
    for key, name in handler.sheets:
        if personal_data.problems({"": name}):
            raise Refused("attachments.personal_data_in_names")
        target = targets.get(key, "")
        found[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = name
    return found


class _Rows:
    """The rows of a sheet as text."""

    def __init__(self, strings: list[str]) -> None:
        self.strings = strings
        self.found: list[tuple[int, list[str]]] = []
        self.cells: list[str] = []
        self.words: list[str] = []
        self.number = 0
        self.type = ""
        self.reading = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            given = attributes.get("r", "")
            self.number = int(given) if given.isdecimal() and len(given) < 8 else self.number + 1
            self.cells = []
        elif tag == "c":
            self.type, self.words = attributes.get("t", ""), []
            column = _column(attributes.get("r", ""), len(self.cells))
            self.cells += [""] * (column - len(self.cells))
        self.reading = tag in ("v", "t") or (self.reading and tag not in ("f", "c", "row"))

    def data(self, text: str) -> None:
        if self.reading:
            self.words.append(text)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.reading = False
        if tag == "c":
            self.cells.append(self._value("".join(self.words)))
        elif tag == "row" and any(self.cells):
            self.found.append((self.number, self.cells))

    def _value(self, words: str) -> str:
        if self.type == "s":
            known = words.isdecimal() and len(words) < 9 and int(words) < len(self.strings)
            return self.strings[int(words)] if known else words
        if "E+" in words.upper():  # 1.23456789018E+11 is a number of twelve digits
            try:
                return f"{float(words):.0f}"
            except (ValueError, OverflowError):
                return words
        return words


MOST_COLUMNS = 200
"""Empty cells before one are kept, so that headings fit; not beyond this."""


def _column(reference: str, default: int) -> int:
    letters = re.match("[A-Z]{1,3}", reference)
    if not letters:
        return default
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    return max(default, number - 1) if number <= MOST_COLUMNS else default


def _rows(stream: xml.Counted, sheet: str, strings: list[str]) -> Iterator[tuple[Refused, list[str]]]:
    handler = _Rows(strings)
    xml.read(stream, handler)
    for number, cells in handler.found:
        yield Refused("attachments.at_row", sheet=sheet, number=number), cells
