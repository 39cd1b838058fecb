"""One state of the index: postings by term and rows by document, until a newer state replaces it."""

import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from search.cache import Cache
from search.engine import SegmentReader
from search.fields import FIELDS
from search.index import Index, IndexDamaged
from search.lexicon import Lexicon
from search.postings import NOTHING, Keys, Postings, Terms
from search.rows import Mask, Rows, from_facts, join

Documents = NDArray[np.int32]
Weights = NDArray[np.float32]
Numbers = NDArray[np.intp]
Hashes = NDArray[np.uint32]
_SCORES_BYTES = 16 * 1024 * 1024
_SCORES_BYTES_EACH = 2_048  # and so many more for each document: 36 MiB at 10,000, 211 at 100,000


@contextmanager
def _reading_files() -> Iterator[None]:
    """Name whatever Whoosh raises on a damaged file: it does not check what it reads."""
    try:
        yield
    except Exception as error:
        raise IndexDamaged(repr(error)) from error


class _Vocabulary:
    """The words of a part, looked through once, however often its deletions change."""

    def __init__(self, words: Callable[[], Iterator[str]]) -> None:
        self._words = words
        self._beside: tuple[_Vocabulary, Lexicon] | None = None

    @cached_property
    def lexicon(self) -> Lexicon:
        return Lexicon(self._words())

    def beside(self, other: "_Vocabulary") -> Lexicon:
        """Return those words that another one does not have; kept until that is a new one."""
        held = self._beside
        if held is None or held[0] is not other:
            held = self._beside = other, Lexicon(self._words(), other.lexicon)
        return held[1]


class Part(ABC):
    """Some documents of a snapshot. Their postings and rows never change; only the deletions do."""

    def __init__(self, name: str, rows: Rows) -> None:
        self.name = name
        self.rows = rows
        self.vocabulary = _Vocabulary(self._words)
        """Words, the deleted documents' too."""

    @property
    def size(self) -> int:
        """How many documents, the deleted ones too."""
        return len(self.rows)

    @abstractmethod
    def gather(self, field: str, keys: Keys) -> Iterator[tuple[int, Postings]]:
        """Yield (place in keys, postings) of those of the terms that stand in the field, by place.

        The deleted documents' too; documents count from 0 here.
        """

    @abstractmethod
    def counts(self, field: str, keys: Keys) -> Iterator[tuple[int, int]]:
        """Yield (place in keys, how many documents have it in the field), the deleted documents too."""

    @abstractmethod
    def terms(self, *fields: str) -> Iterator[str]:
        """Yield the terms of these fields, the deleted documents' too."""

    @abstractmethod
    def sequence(self, document: int) -> Hashes:
        """Return a document's words as hashes in order, 0 where a text ends."""

    def without(self, ids: Collection[int]) -> Self:
        """Return the part with these articles taken out."""
        gone = np.isin(self.rows.ids, list(ids)) & self.rows.live
        return self._with_live(self.rows.live & ~gone) if gone.any() else self

    def _with_live(self, live: Mask) -> Self:
        newer = copy(self)
        newer.rows = replace(self.rows, live=live)
        return newer

    def _words(self) -> Iterator[str]:
        return self.terms(*(field.name for field in FIELDS if field.kind == "words"))


class Segment(Part):
    """A segment of the index."""

    def __init__(self, stored: Any, reader: SegmentReader) -> None:
        """stored: the segment as the table of contents has it; reader: its files."""
        self._reader = reader
        self._terms = Terms(reader)
        facts = reader.column_reader("facts", translate=False)
        self._sequence_of = reader.column_reader("sequence", translate=False)
        rows = from_facts((facts[n] for n in range(stored.doc_count_all())), _live(stored))
        super().__init__(stored.segment_id(), rows)

    def with_deletions_of(self, stored: Any) -> "Segment":
        """Return the segment as a newer table of contents has it."""
        return self._with_live(_live(stored))

    def gather(self, field: str, keys: Keys) -> Iterator[tuple[int, Postings]]:
        """Read them from the segment's files."""
        return self._terms.gather(field, keys)

    def counts(self, field: str, keys: Keys) -> Iterator[tuple[int, int]]:
        """Read them from the segment's files."""
        return self._terms.counts(field, keys)

    def terms(self, *fields: str) -> Iterator[str]:
        """Read them from the segment's files."""
        return self._terms.words(fields)

    def sequence(self, document: int) -> Hashes:
        """Read it from the segment's files."""
        return np.frombuffer(self._sequence_of[document], dtype="<u4")


@dataclass(frozen=True, eq=False)
class Newer:
    """What the index may not have yet: the articles whose entries there count no more, and their new ones."""

    articles: frozenset[int]
    parts: tuple[Part, ...]


NOTHING_NEWER = Newer(frozenset(), ())


def _live(stored: Any) -> NDArray[np.bool_]:
    live = np.ones(stored.doc_count_all(), dtype=bool)
    live[list(stored.deleted_docs())] = False
    return live


class Snapshot:
    """A state of the index, safe to use from several threads while it is held."""

    def __init__(self, segments: Sequence[Part]) -> None:
        self.segments = segments
        self.rows: Rows = join([segment.rows for segment in self.segments])
        self.live_count = int(self.rows.live.sum())
        self._all_live = self.live_count == len(self.rows)
        self.relative_lengths = _relative_lengths(self.rows)
        self.scores: Cache[Any] = Cache(_SCORES_BYTES + len(self.rows) * _SCORES_BYTES_EACH)
        sizes = [segment.size for segment in segments]
        self._starts: list[int] = [0, *np.cumsum(sizes).tolist()][: len(sizes)]
        self._lock = threading.Lock()

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

    def most(self, fields: Sequence[str], terms: Sequence[str]) -> Numbers:
        """Return how many documents have each term in the field where most do, the deleted ones too."""
        counts = np.zeros((len(fields), len(terms)), dtype=np.intp)
        keys = Keys(terms)
        with _reading_files():
            for part in self.segments:
                for row, field in zip(counts, fields, strict=True):
                    for place, count in part.counts(field, keys):
                        row[place] += count
        most: Numbers = counts.max(axis=0)
        return most

    def lexicons(self) -> list[Lexicon]:
        """Return the words of the largest segment, then what each of the others has besides."""
        if not self.segments:
            return []
        largest = max(self.segments, key=lambda segment: segment.size)
        others = (segment for segment in self.segments if segment is not largest)
        words = largest.vocabulary
        return [words.lexicon, *(segment.vocabulary.beside(words) for segment in others)]

    def sequences(self, documents: list[int]) -> list[Hashes]:
        """Return for each document its words as hashes in order, 0 where a text ends."""
        with _reading_files(), self._lock:
            return [self._sequence(document) for document in documents]

    def _sequence(self, document: int) -> Hashes:
        at = bisect_right(self._starts, document) - 1
        return self.segments[at].sequence(document - self._starts[at])

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
        self._generation = ""
        self._segments: list[Segment] = []
        self._newer = NOTHING_NEWER
        self._current: Snapshot | None = None

    @contextmanager
    def newest(self, newer: Newer = NOTHING_NEWER) -> Iterator[Snapshot]:
        """Hold the newest snapshot, with what the index may not have yet. Raises IndexUnusable."""
        with self._lock:
            snapshot = self._renewed(newer)
        yield snapshot

    def _renewed(self, newer: Newer) -> Snapshot:
        if self._read_again() or self._current is None or newer is not self._newer:
            segments = [segment.without(newer.articles) for segment in self._segments]
            self._current = Snapshot([*segments, *newer.parts])
            self._newer = newer
        return self._current

    def _read_again(self) -> bool:
        """Open the segments that are new since the last time; return whether anything changed."""
        if self._generation and self._generation == self._index.generation():
            return False
        known = {segment.name: segment for segment in self._segments}
        generation, opened = self._index.open_segments(known)
        with _reading_files():
            self._segments = [
                known[stored.segment_id()].with_deletions_of(stored)
                if reader is None
                else Segment(stored, reader)
                for stored, reader in opened
            ]
        self._generation = generation
        return True

    def close(self) -> None:
        """Let go of the index."""
        with self._lock:
            self._generation, self._segments, self._current = "", [], None
