"""The text of a PDF, page by page; what acts by itself or hides files is refused."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import IO, Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import DictionaryObject

from articles.intake.bounds import MOST_PAGES
from articles.intake.texts import Line, lines
from kb.domain.errors import Refused

logging.getLogger("pypdf").setLevel(logging.CRITICAL)
_ACTS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"})


class Pdf:
    """A PDF that can be read. unread: numbers of the pages without text, known after `lines`."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self.reader = PdfReader(file, strict=False)
            locked = self.reader.is_encrypted and not self.reader.decrypt("")
        except DependencyError as error:
            raise Refused("attachments.locked") from error
        if locked:
            raise Refused("attachments.locked")
        self.unread: list[int] = []
        self._require_passive()
        if len(self.reader.pages) > MOST_PAGES:
            raise Refused("attachments.too_many_pages", most=MOST_PAGES)
        if not len(self.reader.pages):
            raise Refused("attachments.damaged")

    def lines(self) -> Iterator[Line]:
        """Yield every line of text: pages, what is written beside them and into forms, the properties."""
        for number, page in enumerate(self.reader.pages, 1):
            text = page.extract_text() or ""
            if not text.strip():
                self.unread.append(number)
            for _, line in lines(text):
                yield Refused("attachments.at_page", number=number), line
            for words in _beside(page):
                yield Refused("attachments.at_page", number=number), words
        for words in (self.reader.metadata or {}).values():
            yield Refused("attachments.at_properties"), str(words)

    def _require_passive(self) -> None:
        root = self.reader.root_object
        names = _dictionary(root.get("/Names"))
        action = root.get("/OpenAction")
        action = action.get_object() if action is not None else None
        acts = isinstance(action, DictionaryObject) and action.get("/S") in _ACTS
        if acts or "/JavaScript" in names or "/AA" in root:
            raise Refused("attachments.active")
        if "/EmbeddedFiles" in names or "/Collection" in root:
            raise Refused("attachments.object_inside")


def _dictionary(value: Any) -> DictionaryObject:
    found = value.get_object() if value is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _beside(page: Any) -> Iterator[str]:
    """Yield the texts of notes, links and form fields on a page."""
    listed = page.get("/Annots")
    listed = listed.get_object() if listed is not None else None
    for entry in listed if isinstance(listed, list) else ():
        note = _dictionary(entry)
        if note.get("/Subtype") == "/FileAttachment":
            raise Refused("attachments.object_inside")
        action = _dictionary(note.get("/A"))
        if action.get("/S") in _ACTS:
            raise Refused("attachments.active")
        for value in (note.get("/Contents"), note.get("/V"), action.get("/URI")):
            if value is not None:
                yield str(value.get_object())


ERRORS = (
    PyPdfError,
    RecursionError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
)
"""What pypdf raises for a file that is broken, or made to break it."""
