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
from search.snapshot import Snapshot
from search.tuning import Tuning

Floats = NDArray[np.float32]
Documents = NDArray[np.int32]
_ENTRY_BYTES = 250  # what a cached term costs besides its arrays, about
_ROOM = 1_000_000  # places for scores at a time, 4 MB
_SPARSE = 32  # places to one with a score: beyond that, sorting is quicker than looking at each
FREQUENT = 4
"""A term that one in so many documents has is kept with a score for every document."""
_BY_KIND = {
    kind: [number for number, field in enumerate(FIELDS) if field.kind == kind]
    for kind in ("words", "grams", "identifiers")
}


@dataclass(frozen=True, eq=False)
class Held:
    """A term in the fields of one kind: the live documents that have it, ascending, and its idf over these.

    _scores: their BM25 summed over the fields with the fields' weights; of a frequent term that of every
    document, because adding whole arrays is many times quicker than adding here and there.
    """

    documents: Documents
    _scores: Floats
    idf: float

    @property
    def scores(self) -> Floats:
        """The documents' scores."""
        return self._scores if len(self._scores) == len(self.documents) else self._scores[self.documents]

    @property
    def size(self) -> int:
        """Bytes, about."""
        return self.documents.nbytes + self._scores.nbytes + _ENTRY_BYTES

    def add_to(self, sums: Floats, weight: float) -> None:
        """Add the scores, so much of them, to the sums of all documents."""
        scores = self._scores if weight == 1 else self._scores * np.float32(weight)
        if len(scores) == len(sums):
            sums += scores
        else:
            sums[self.documents] += scores


def held(snapshot: Snapshot, kind: Kind, key: str, tuning: Tuning) -> Held:
    """Return what the index has of a term."""
    return gather(snapshot, kind, [key], tuning)[key]


def gather(snapshot: Snapshot, kind: Kind, keys: Collection[str], tuning: Tuning) -> dict[str, Held]:
    """Return what the index has of each of these terms."""
    known = {key: snapshot.scores.peek((kind, key, tuning.k1, tuning.b)) for key in keys}
    rest = [key for key, held in known.items() if held is None]
    found = {key: held for key, held in known.items() if held is not None}
    for key, held in zip(rest, _made(snapshot, kind, rest, tuning), strict=True):
        snapshot.scores.put((kind, key, tuning.k1, tuning.b), held, held.size)
        found[key] = held
    return found


def common(snapshot: Snapshot, kind: Kind, keys: Sequence[str], share: float) -> frozenset[str]:
    """Return those of the terms that more than such a share of the documents have in one of the fields."""
    held = {key: snapshot.scores.peek(("most", kind, key)) for key in keys}
    known: dict[str, int] = {key: most for key, most in held.items() if most is not None}
    rest = [key for key in held if key not in known]
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
        ends = np.searchsorted(places, np.arange(len(some) + 1) * size).tolist()
        documents = (places % size).astype(np.int32)
        worths = _idf(snapshot, np.diff(ends)).tolist()
        for (begin, end), worth in zip(pairwise(ends), worths, strict=True):
            yield _held(documents[begin:end].copy(), scores[begin:end].copy(), worth, size)


def _held(documents: Documents, scores: Floats, worth: float, size: int) -> Held:
    """Return a term with its scores of these documents, of `size` there are."""
    if len(documents) * FREQUENT < size:
        return Held(documents, scores, worth)
    every = np.zeros(size, dtype=np.float32)
    every[documents] = scores
    return Held(documents, every, worth)


def _in_field(
    snapshot: Snapshot, number: int, keys: Sequence[str], tuning: Tuning
) -> tuple[NDArray[np.intp], Floats]:
    """Return (places, scores) of the terms in field `number` of FIELDS, the field's weight included.

    A place is a document's in the row of its term.
    """
    field, k1, b = FIELDS[number], tuning.k1, tuning.b
    documents, counts, sizes = snapshot.gather(field.name, keys)
    worth = (field.weight * (k1 + 1) * _idf(snapshot, sizes)).astype(np.float32)
    below = snapshot.relative_lengths[number][documents]
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
        room[places] += scores
    together = np.flatnonzero(room != 0)
    return together, room[together]


def idf(snapshot: Snapshot, documents: int) -> float:
    """Return how much a term says that this many documents have."""
    return float(_idf(snapshot, np.array([documents]))[0])


def _idf(snapshot: Snapshot, documents: NDArray[np.intp]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log1p((snapshot.live_count - documents + 0.5) / (documents + 0.5))
    return found


def among(wanted: NDArray[np.integer[Any]], documents: Documents) -> NDArray[np.bool_]:
    """Return which of the wanted are among the documents, which ascend."""
    if not len(documents):
        return np.zeros(len(wanted), dtype=bool)
    places = np.minimum(np.searchsorted(documents, wanted), len(documents) - 1)
    found: NDArray[np.bool_] = documents[places] == wanted
    return found
