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
_BY_KIND = {
    kind: [number for number, field in enumerate(FIELDS) if field.kind == kind]
    for kind in ("words", "grams", "identifiers")
}


@dataclass(frozen=True, eq=False)
class Held:
    """A term in the fields of one kind: the live documents that have it, ascending, their BM25 summed over
    the fields with the fields' weights, and the term's idf over these documents."""

    documents: Documents
    scores: Floats
    idf: float


def held(snapshot: Snapshot, kind: Kind, key: str, tuning: Tuning) -> Held:
    """Return what the index has of a term."""
    return gather(snapshot, kind, [key], tuning)[key]


def gather(snapshot: Snapshot, kind: Kind, keys: Collection[str], tuning: Tuning) -> dict[str, Held]:
    """Return what the index has of each of these terms."""
    known = {key: snapshot.scores.peek((kind, key, tuning.k1, tuning.b)) for key in keys}
    rest = [key for key, held in known.items() if held is None]
    found = {key: held for key, held in known.items() if held is not None}
    for key, held in zip(rest, _made(snapshot, kind, rest, tuning), strict=True):
        size = held.documents.nbytes + held.scores.nbytes + _ENTRY_BYTES
        snapshot.scores.put((kind, key, tuning.k1, tuning.b), held, size)
        found[key] = held
    return found


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
            yield Held(documents[begin:end].copy(), scores[begin:end].copy(), worth)


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
