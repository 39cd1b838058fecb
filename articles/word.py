"""A Word document as an article's draft: its headings that are sections' names make the sections (C-6)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from articles.intake.process import Picture, converted
from kb.domain.articles import BODY, KINDS, LONGEST, Kind
from kb.domain.errors import Refused

TITLE = 0
"""The level of the document's own title; its headings are 1 to 3."""
_NUMBERING = re.compile(r"^(?:第?\d+[章節項部]?|[\W_]|[(\[]\d+[)\]]|[①-⑳])+(?:の\d+)?[\s.:、]*")


@dataclass(frozen=True)
class Draft:
    """What a document becomes. sections: key -> Markdown. names: hash of a picture -> its file's name.

    unsorted: headings that are no section of the kind; left_out: pictures that could not be taken.
    """

    title: str
    sections: dict[str, str]
    pictures: list[Picture]
    unsorted: tuple[str, ...]
    left_out: int

    @property
    def names(self) -> dict[str, str]:
        """Hash of each picture -> the name of its file."""
        return {picture.sha256: picture.name for picture in self.pictures}

    def remarks(self) -> list[Refused]:
        """Return what the author has to look at, as sentences of the words."""
        found = []
        if self.unsorted:
            found.append(Refused("attachments.word_unsorted", headings="、".join(self.unsorted[:10])))
        if self.left_out:
            found.append(Refused("attachments.word_left_out", number=self.left_out))
        if self.pictures:
            found.append(Refused("attachments.word_pictures", number=len(self.pictures)))
        return found


def read(stream: IO[bytes], name: str, kind: str, *, most_bytes: int) -> Draft:
    """Return the draft that a document becomes. Raises every reason against it; nothing is kept then."""
    if PurePosixPath(name).suffix.casefold() == ".doc":
        raise Refused("attachments.old_word")
    told, pictures = converted(stream, name, most_bytes=most_bytes)
    title, blocks = _titled([tuple(block) for block in told["blocks"]], KINDS[kind])
    sections, unsorted = sort(blocks, KINDS[kind])
    if not any(sections.values()):
        raise Refused("import.empty")
    title = (title or PurePosixPath(name).stem)[: LONGEST["title"]]
    return Draft(title, sections, pictures, unsorted, told["left_out"])


Block = tuple[int | None, str, str]
"""Level, heading and Markdown below it; the level is None for what stands before the first heading."""


def _titled(blocks: list[Any], kind: Kind) -> tuple[str, list[Block]]:
    """Return the title, and the other blocks: what is styled as title, or the only heading of level 1."""
    at = next((i for i, (level, _, _) in enumerate(blocks) if level == TITLE), None)
    if at is None:
        first = [i for i, (level, _, _) in enumerate(blocks) if level == 1]
        alone = len(first) == 1 and _section(blocks[first[0]][1], kind) is None
        at = first[0] if alone and not any(level for level, _, _ in blocks[: first[0]]) else None
    if at is None:
        return "", blocks
    _, words, below = blocks[at]
    return words, [*blocks[:at], (None, "", below), *blocks[at + 1 :]]


def sort(blocks: list[Block], kind: Kind) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return key -> Markdown, and the headings that are no section's: those stay as headings in 本文.

    What stands under a smaller heading stays with the section above it.
    """
    found: dict[str, list[str]] = {}
    unsorted: list[str] = []
    key, depth = BODY.key, 0
    for level, words, markdown in blocks:
        matched = _section(words, kind) if level else None
        if matched is not None:
            key, depth = matched, level or 0
        elif level is not None:
            if key == BODY.key or level <= depth:
                key, depth = BODY.key, 0
                unsorted.append(words)
            found.setdefault(key, []).append(f"{'#' * (level + 1)} {_plain(words)}")
        found.setdefault(key, []).append(markdown)
    joined = {key: "\n\n".join(part for part in parts if part) for key, parts in found.items()}
    return {key: text for key, text in joined.items() if text}, tuple(unsorted)


def _plain(words: str) -> str:
    return re.sub(r"([\\`*_\[\]<])", r"\\\1", words)


def _section(words: str, kind: Kind) -> str | None:
    known = {_folded(name): s.key for s in kind.all_sections for label in s.label for name in _names(label)}
    return known.get(_folded(words))


def _names(label: str) -> tuple[str, str]:
    """影響（窓口・件数・時間） is written as 影響 too."""
    return label, re.split(r"[（(]", label)[0]


def _folded(words: str) -> str:
    """Return a heading without its number and signs, narrow and in small letters: 「１．手順」 is 手順."""
    narrow = unicodedata.normalize("NFKC", words).casefold().strip()
    return re.sub(r"\s+", "", _NUMBERING.sub("", narrow))
