"""One state of the index: postings by term and rows by document, until a newer state replaces it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.cache import Cache
from search.engine import SegmentReader
from search.fields import FIELDS
from search.index import Index, IndexDamaged
from search.lexicon import Lexicon
from search.postings import NOTHING, Keys, Postings, Terms
from search.rows import Rows, from_facts, join

Documents = NDArray[np.int32]
Weights = NDArray[np.float32]
Numbers = NDArray[np.intp]
Hashes = NDArray[np.uint32]
_SCORES_BYTES = 32 * 1024 * 1024
_SCORES_BYTES_EACH = 1_536  # and so many more for each document: 47 MiB at 10,000, 178 at 100,000


@contextmanager
def _reading_files() -> Iterator[None]:
    """Name whatever Whoosh raises on a damaged file: it does not check what it reads."""
    try:
        yield
    except Exception as error:
        raise IndexDamaged(repr(error)) from error


class Segment:
    """A segment of the index. Its postings and rows never change; only its deletions do."""

    def __init__(self, stored: Any, reader: SegmentReader) -> None:
        """stored: the segment as the table of contents has it; reader: its files."""
        self.name: str = stored.segment_id()
        self.size: int = stored.doc_count_all()
        self._reader = reader
        self._terms = Terms(reader)
        facts = reader.column_reader("facts", translate=False)
        self._sequence_of = reader.column_reader("sequence", translate=False)
        self.rows = from_facts((facts[n] for n in range(self.size)), _live(stored))
        self._beside: tuple[str, Lexicon] | None = None

    def with_deletions_of(self, stored: Any) -> "Segment":
        """Return the segment as a newer table of contents has it."""
        newer = copy(self)
        newer.rows = replace(self.rows, live=_live(stored))
        return newer

    def postings(self, field: str, term: str) -> Postings:
        """Return (documents, weights) of a term, the deleted documents too; documents count from 0 here."""
        return self._terms.postings(field, term)

    def gather(self, field: str, keys: Keys) -> Iterator[tuple[int, Postings]]:
        """Yield (place in keys, postings) of those of the terms that the segment has in the field."""
        return self._terms.gather(field, keys)

    def terms(self, *fields: str) -> Iterator[str]:
        """Yield the terms of these fields, the deleted documents' too."""
        return self._terms.words(fields)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of the segment, the deleted documents' too."""
        return Lexicon(self._words())

    def lexicon_beside(self, other: "Segment") -> Lexicon:
        """Return those words of the segment that another one does not have; kept until that is a new one."""
        if self._beside is None or self._beside[0] != other.name:
            self._beside = other.name, Lexicon(self._words(), other.lexicon)
        return self._beside[1]

    def _words(self) -> Iterator[str]:
        return self.terms(*(field.name for field in FIELDS if field.kind == "words"))

    def sequence(self, document: int) -> Hashes:
        return np.frombuffer(self._sequence_of[document], dtype="<u4")


def _live(stored: Any) -> NDArray[np.bool_]:
    live = np.ones(stored.doc_count_all(), dtype=bool)
    live[list(stored.deleted_docs())] = False
    return live


class Snapshot:
    """A state of the index, safe to use from several threads while it is held."""

    def __init__(self, generation: str, segments: list[Segment]) -> None:
        self.generation = generation
        self.segments = segments
        self.rows: Rows = join([segment.rows for segment in self.segments])
        self.live_count = int(self.rows.live.sum())
        self._all_live = self.live_count == len(self.rows)
        self.relative_lengths = _relative_lengths(self.rows)
        self.scores: Cache[Any] = Cache(_SCORES_BYTES + len(self.rows) * _SCORES_BYTES_EACH)
        sizes = [segment.size for segment in segments]
        self._starts: list[int] = [0, *np.cumsum(sizes).tolist()][: len(sizes)]
        self._lock = threading.Lock()

    def postings(self, field: str, term: str) -> Postings:
        """Return (documents, weights) of the live documents with the term in the field."""
        documents, weights, _ = self.gather(field, [term])
        return documents, weights

    def gather(self, field: str, terms: Sequence[str]) -> tuple[Documents, Weights, Numbers]:
        """Return (documents, weights, sizes) of the live documents that have any of the terms in the field.

        By term and document, one after another; sizes: how many documents each of the terms has.
        """
        found: list[tuple[int, int, Documents, Weights]] = []
        keys = Keys(terms)
        with _reading_files():
            for segment, start in zip(self.segments, self._starts, strict=True):
                found += [(place, start, *part) for place, part in segment.gather(field, keys)]
        if not found:
            return *NOTHING, np.zeros(len(terms), np.intp)
        if len(self.segments) > 1:
            found.sort(key=itemgetter(0, 1))
        lengths = [len(documents) for _, _, documents, _ in found]
        documents = np.concatenate([documents for _, _, documents, _ in found])
        if len(self.segments) > 1:
            documents += np.repeat(np.array([start for _, start, _, _ in found], np.int32), lengths)
        weights = np.concatenate([weights for _, _, _, weights in found])
        places = np.array([place for place, _, _, _ in found], np.intp)
        if self._all_live:
            return documents, weights, np.bincount(places, lengths, len(terms)).astype(np.intp)
        live = self.rows.live[documents]
        sizes = np.bincount(np.repeat(places, lengths)[live], minlength=len(terms))
        return documents[live], weights[live], sizes

    def lexicons(self) -> list[Lexicon]:
        """Return the words of the largest segment, then what each of the others has besides."""
        if not self.segments:
            return []
        largest = max(self.segments, key=lambda segment: segment.size)
        others = (segment for segment in self.segments if segment is not largest)
        return [largest.lexicon, *(segment.lexicon_beside(largest) for segment in others)]

    def sequences(self, documents: list[int]) -> list[Hashes]:
        """Return for each document its words as hashes in order, 0 where a text ends."""
        with _reading_files(), self._lock:
            return [self._sequence(document) for document in documents]

    def _sequence(self, document: int) -> Hashes:
        at = int(np.searchsorted(self._starts, document, side="right")) - 1
        return self.segments[at].sequence(document - int(self._starts[at]))

    def forget(self) -> None:
        """Empty the cache, as it is in a new process."""
        self.scores.clear()


def _relative_lengths(rows: Rows) -> NDArray[np.float32]:
    """Return each document's length in each field over the mean of the live documents that have the field."""
    live = rows.lengths[:, rows.live]
    having = np.maximum((live > 0).sum(axis=1), 1)
    mean = np.maximum(live.sum(axis=1) / having, 1e-9)
    relative: NDArray[np.float32] = (rows.lengths / mean[:, None]).astype(np.float32)
    return relative


class Snapshots:
    """The process's way to the newest snapshot. An old one goes when nobody uses it any more."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._current: Snapshot | None = None

    @contextmanager
    def newest(self) -> Iterator[Snapshot]:
        """Hold the newest snapshot. Raises IndexUnusable."""
        with self._lock:
            snapshot = self._renewed()
        yield snapshot

    def _renewed(self) -> Snapshot:
        old = self._current
        if old is not None and old.generation == self._index.generation():
            return old
        known = {segment.name: segment for segment in old.segments} if old else {}
        generation, opened = self._index.open_segments(known)
        with _reading_files():
            segments = [
                known[stored.segment_id()].with_deletions_of(stored)
                if reader is None
                else Segment(stored, reader)
                for stored, reader in opened
            ]
            self._current = Snapshot(generation, segments)
        return self._current

    def close(self) -> None:
        """Let go of the index."""
        with self._lock:
            self._current = None
