"""One state of the index: postings by term and rows by document, until a newer state replaces it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.cache import Cache
from search.engine import SegmentReader
from search.index import Index, IndexDamaged
from search.postings import NOTHING, Postings, Terms
from search.rows import Rows, from_facts, join

Sequence = NDArray[np.uint32]
_SCORES_BYTES = 64 * 1024 * 1024


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

    def with_deletions_of(self, stored: Any) -> "Segment":
        """Return the segment as a newer table of contents has it."""
        newer = copy(self)
        newer.rows = replace(self.rows, live=_live(stored))
        return newer

    def postings(self, field: str, term: str) -> Postings:
        """Return (documents, weights) of a term, the deleted documents too; documents count from 0 here."""
        return self._terms.postings(field, term)

    def terms(self, field: str) -> Iterator[str]:
        """Yield the terms of a field, the deleted documents' too."""
        yield from (term.decode() for term in self._reader.lexicon(field))

    def sequence(self, document: int) -> Sequence:
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
        self.scores: Cache[Any] = Cache(_SCORES_BYTES)
        sizes = [segment.size for segment in segments]
        self._starts = np.array([0, *np.cumsum(sizes)[:-1]], dtype=np.int32)[: len(sizes)]
        self._lock = threading.Lock()

    def postings(self, field: str, term: str) -> Postings:
        """Return (documents, weights) of the live documents with the term in the field."""
        with _reading_files():
            parts = [segment.postings(field, term) for segment in self.segments]
        found = [(part, start) for part, start in zip(parts, self._starts, strict=True) if len(part[0])]
        if not found:
            return NOTHING
        if len(found) == 1:
            (documents, weights), start = found[0]
            documents = documents + start
        else:
            documents = np.concatenate([part[0] + start for part, start in found])
            weights = np.concatenate([part[1] for part, _ in found])
        if self._all_live:
            return documents, weights
        live = self.rows.live[documents]
        return documents[live], weights[live]

    def sequences(self, documents: list[int]) -> list[Sequence]:
        """Return for each document its words as hashes in order, 0 where a text ends."""
        with _reading_files(), self._lock:
            return [self._sequence(document) for document in documents]

    def _sequence(self, document: int) -> Sequence:
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
