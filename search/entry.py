"""What the index keeps of a document: its terms in each field, the facts about it, the order of its words."""

from __future__ import annotations

import logging
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np

from search import analysis
from search.fields import FIELDS, Document
from search.folding import fold
from search.rows import facts

COLUMNS = ("facts", "sequence")
log = logging.getLogger(__name__)
_GAP = 8  # empty places between two texts, so that their words are not neighbours


@dataclass(frozen=True, eq=False)
class Entry:
    """terms: {field: {term: weight}}; columns: {name: bytes}."""

    terms: Mapping[str, Mapping[str, float]]
    columns: Mapping[str, bytes]


_held: WeakValueDictionary[Document, Entry] = WeakValueDictionary()


def entry_of(document: Document) -> Entry:
    """Return the document's entry: the one that somebody in this process still holds, or a new one."""
    found = _held.get(document)
    if found is None:
        found = _held[document] = _taken_apart(document)
    return found


def entry_if_readable(document: Document, unreadable: set[int]) -> Entry | None:
    """Return the document's entry, or None for one that cannot be taken apart: logged and noted.

    Raises MemoryError, OSError: these are not the document's fault.
    """
    try:
        return entry_of(document)
    except (MemoryError, OSError):
        raise
    except Exception:
        log.exception("article %s cannot be searched", document.id)
        unreadable.add(document.id)
        return None


def word_hash(word: str) -> int:
    """Return the 32 bits that stand for a word in a document's sequence; never 0, which is a gap."""
    return zlib.crc32(word.encode()) or 1


def _taken_apart(document: Document) -> Entry:
    terms: dict[str, dict[str, float]] = {"id": {str(document.id): 1.0}}
    lengths: list[float] = []
    sequence: list[int] = []
    for field in FIELDS:
        text = field.source(document)
        if field.kind == "words":
            found = analysis.words(text)
            sequence += [word_hash(word) for word in found] + [0] * _GAP
            terms[field.name] = {word: float(n) for word, n in Counter(found).items()}
        elif field.kind == "grams":
            terms[field.name] = analysis.grams(fold(text))
        else:
            terms[field.name] = analysis.identifier_counts(text)
        lengths.append(sum(terms[field.name].values()))
    return Entry(terms, {"facts": facts(document, lengths), "sequence": np.array(sequence, "<u4").tobytes()})
