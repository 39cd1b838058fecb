"""BM25 in each field by itself, over the index's postings, kept for as long as the state of the index.

Many terms at once: a pasted log has hundreds, and numpy is slow for each call, not for each number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.fields import FIELDS, Kind
from search.rows import Mask
from search.snapshot import Snapshot
from search.tuning import Tuning

Floats = NDArray[np.float32]
Documents = NDArray[np.int32]
_ENTRY_BYTES = 250  # what a cached term costs besides its arrays, about
_ROOM = 500_000  # places for scores at a time, 2 MB
_SPARSE = 32  # places to one with a score: beyond that, sorting is quicker than looking at each
_FEW = 1_000  # mostly one of the first will do
FREQUENT = 4
"""A term that one in so many documents has is kept with a score for every document."""
_BY_KIND = {
    kind: [number for number, field in enumerate(FIELDS) if field.kind == kind]
    for kind in ("words", "grams", "identifiers")
}


@dataclass(frozen=True, eq=False)
class Held:
    """A term in the fields of one kind. count: how many live documents have it; idf: over these.

    at: where in an array of all documents its own are, ascending; scores: of each of these, their BM25 summed
    over the fields with the fields' weights. Of a frequent term this is every document, with 0 where it does
    not stand, because whole arrays are many times quicker than numbers here and there.
    """

    at: Documents | slice
    scores: Floats
    count: int
    idf: float

    @property
    def has(self) -> NDArray[np.bool_] | np.bool_:
        """Whether each of the documents `at` has the term."""
        return self.scores != 0 if isinstance(self.at, slice) else np.True_

    @property
    def size(self) -> int:
        """Bytes, about."""
        return self.scores.nbytes + _ENTRY_BYTES + (0 if isinstance(self.at, slice) else self.at.nbytes)

    def add_to(self, sums: Floats, weight: float) -> None:
        """Add the scores, so much of them, to the sums of all documents."""
        self.apply(np.add, sums, self.scores if weight == 1 else self.scores * np.float32(weight))

    def apply(self, change: np.ufunc, values: NDArray[Any], by: Any) -> None:
        """Change the values of its documents, among those of all documents, by what is given for each."""
        if isinstance(self.at, slice):
            change(values, by, out=values)
        elif self.count:
            change.at(values, self.at, by)

    def count_in(self, documents: Mask) -> int:
        """Return how many of these documents have the term."""
        found = documents & self.has if isinstance(self.at, slice) else documents.take(self.at)
        return int(np.count_nonzero(found))

    def stands_in(self, documents: Mask) -> bool:
        """Return whether one of these documents has the term."""
        if not self.count:
            return False
        if isinstance(self.at, slice):
            few = documents[:_FEW] & (self.scores[:_FEW] != 0)
        else:
            few = documents.take(self.at[:_FEW])
        return bool(few.any()) or self.count_in(documents) > 0


def held(snapshot: Snapshot, kind: Kind, key: str, tuning: Tuning) -> Held:
    """Return what the index has of a term."""
    return gather(snapshot, kind, [key], tuning)[key]


def gather(snapshot: Snapshot, kind: Kind, keys: Collection[str], tuning: Tuning) -> dict[str, Held]:
    """Return what the index has of each of these terms."""
    known = snapshot.scores.peek_all([(kind, key, tuning.k1, tuning.b) for key in keys])
    found: dict[str, Held] = {key: held for key, held in zip(keys, known, strict=True) if held}
    rest = [key for key in keys if key not in found]
    for key, held in zip(rest, _made(snapshot, kind, rest, tuning), strict=True):
        snapshot.scores.put((kind, key, tuning.k1, tuning.b), held, held.size)
        found[key] = held
    return found


def common(snapshot: Snapshot, kind: Kind, keys: Sequence[str], share: float) -> frozenset[str]:
    """Return those of the terms that more than such a share of the documents have in one of the fields."""
    held = snapshot.scores.peek_all([("most", kind, key) for key in keys])
    known: dict[str, int] = {key: most for key, most in zip(keys, held, strict=True) if most is not None}
    rest = [key for key in keys if key not in known]
    fields = [FIELDS[number].name for number in _BY_KIND[kind]]
    for key, most in zip(rest, snapshot.most(fields, rest).tolist() if rest else (), strict=True):
        snapshot.scores.put(("most", kind, key), most, _ENTRY_BYTES)
        known[key] = most
    return frozenset(key for key, most in known.items() if most > share * len(snapshot.rows))


def _made(snapshot: Snapshot, kind: Kind, keys: Sequence[str], tuning: Tuning) -> Iterator[Held]:
    """Yield what the index has of each of the terms, a roomful at a time: a row for each term."""
    size = max(1, len(snapshot.rows))
    rows = max(1, _ROOM // size)
    for start in range(0, len(keys), rows):
        some = keys[start : start + rows]
        places, scores = _summed(
            [_in_field(snapshot, n, some, tuning) for n in _BY_KIND[kind]], len(some) * size
        )
        starts = np.arange(len(some) + 1) * size
        ends = np.searchsorted(places, starts)
        counts = np.diff(ends)
        documents = (places - np.repeat(starts[:-1], counts)).astype(np.int32)
        worths = _idf(snapshot, counts).tolist()
        for (begin, end), worth in zip(pairwise(ends.tolist()), worths, strict=True):
            yield _held(documents[begin:end], scores[begin:end], worth, size)


def _held(documents: Documents, scores: Floats, worth: float, size: int) -> Held:
    """Return a term with its scores of these documents, of `size` there are."""
    if len(documents) * FREQUENT < size:
        return Held(documents.copy(), scores.copy(), len(documents), worth)
    every = np.zeros(size, dtype=np.float32)
    every[documents] = scores
    return Held(slice(None), every, len(documents), worth)


def _in_field(
    snapshot: Snapshot, number: int, keys: Sequence[str], tuning: Tuning
) -> tuple[NDArray[np.intp], Floats]:
    """Return (places, scores) of the terms in field `number` of FIELDS, the field's weight included.

    A place is a document's in the row of its term.
    """
    field, k1, b = FIELDS[number], tuning.k1, tuning.b
    documents, counts, sizes = snapshot.gather(field.name, keys)
    worth = (field.weight * (k1 + 1) * _idf(snapshot, sizes)).astype(np.float32)
    below = snapshot.relative_lengths[number].take(documents)
    below *= np.float32(k1 * b)
    below += np.float32(k1 * (1 - b))
    below += counts
    scores = np.repeat(worth, sizes)
    scores *= counts
    scores /= below
    places = np.repeat(np.arange(len(keys)) * len(snapshot.rows), sizes)
    places += documents
    return places, scores


def _summed(fields: Sequence[tuple[NDArray[np.intp], Floats]], size: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the places of all fields, ascending, and the sums of their scores. size: of the room."""
    fields = [field for field in fields if len(field[0])] or fields[:1]
    if len(fields) == 1:
        return fields[0]
    if sum(len(places) for places, _ in fields) * _SPARSE < size:
        together, where = np.unique(np.concatenate([places for places, _ in fields]), return_inverse=True)
        sums = np.bincount(where, np.concatenate([scores for _, scores in fields]), len(together))
        return together, sums.astype(np.float32)
    room = np.zeros(size, dtype=np.float32)
    room[fields[0][0]] = fields[0][1]
    for places, scores in fields[1:]:
        np.add.at(room, places, scores)
    together = np.flatnonzero(room != 0)
    return together, room.take(together)


def idf(snapshot: Snapshot, documents: int) -> float:
    """Return how much a term says that this many documents have."""
    return float(_idf(snapshot, np.array([documents]))[0])


def _idf(snapshot: Snapshot, documents: NDArray[np.intp]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log1p((snapshot.live_count - documents + 0.5) / (documents + 0.5))
    return found
