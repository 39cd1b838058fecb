"""The facts of the indexed documents as arrays, one row a document: whose they are and how long."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.fields import FIELDS, Document

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """What decides whether a reader may find a document: as much as `kb.domain.access` asks for."""

    audience: str
    confidence: str
    owner_id: int | None


class _Names:
    """A number for each name met in this process, so that segments can be joined without their names."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()

    def number(self, name: str) -> int:
        with self._lock:
            if name not in self._numbers:
                self._numbers[name] = len(self._names)
                self._names.append(name)
            return self._numbers[name]

    def name(self, number: int) -> str:
        return self._names[number]


_names = _Names()


def facts(document: Document, lengths: Sequence[float]) -> bytes:
    """Return a document's row as bytes. lengths: of its text in each of FIELDS, in tokens."""
    owner = -1 if document.owner_id is None else document.owner_id
    fixed = [document.id, document.kind, document.audience, document.confidence, owner]
    updated = document.updated.timestamp()
    return json.dumps([*fixed, list(dict.fromkeys(document.components)), list(lengths), updated]).encode()


@dataclass(frozen=True, eq=False)
class Rows:
    """Columns over all documents of a snapshot, the deleted ones too (live is False there).

    kind, audience, confidence: numbers of names; owner: -1 for none; lengths: one row for each of FIELDS;
    component_rows and component_names: a pair for each component of each document; updated: seconds.
    """

    ids: Ints
    kind: Ints
    audience: Ints
    confidence: Ints
    owner: Ints
    live: Mask
    lengths: NDArray[np.float32]
    component_rows: Ints
    component_names: Ints
    updated: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _few(self) -> dict[str, list[int]]:
        """Return the numbers of the names that kinds and audiences have."""
        return {facet: np.unique(self._column(facet)).tolist() for facet in ("kind", "audience")}

    @cached_property
    def _groups(self) -> tuple[list[Facts], Ints]:
        """Return the different facts and, for each document, which of them it has."""
        if not len(self):
            return [], np.empty(0, np.int64)
        pairs = self.audience * (int(self.confidence.max()) + 1) + self.confidence
        # One number for three columns: sorted in a fraction of the time.
        numbers = pairs * (int(self.owner.max()) + 2) + self.owner + 1
        _, firsts, which = np.unique(numbers, return_index=True, return_inverse=True)
        return [self._facts(at) for at in firsts.tolist()], which.reshape(-1)

    def _facts(self, at: int) -> Facts:
        owner = int(self.owner[at])
        audience, confidence = _names.name(self.audience[at]), _names.name(self.confidence[at])
        return Facts(audience, confidence, None if owner < 0 else owner)

    def allowed(self, may_find: Callable[[Facts], bool], hidden: Iterable[int] = ()) -> Mask:
        """Return the live documents that may be found, those with an id in `hidden` taken out."""
        groups, which = self._groups
        answers = np.array([may_find(group) for group in groups], dtype=bool)
        mask: Mask = self.live & (answers[which] if len(groups) else False)
        gone = list(hidden)
        return mask & ~np.isin(self.ids, gone) if gone else mask

    def having(self, facet: str, name: str) -> Mask:
        """Return the documents whose facet (kind, audience, component) has the name."""
        number = _names.number(name)
        if facet != "component":
            same: Mask = self._column(facet) == number
            return same
        mask = np.zeros(len(self), dtype=bool)
        mask[self.component_rows[self.component_names == number]] = True
        return mask

    def counts(self, facet: str, among: Mask) -> dict[str, int]:
        """Return how many of the documents have each name of the facet, most first."""
        if facet == "component":
            found = np.bincount(self.component_names.compress(among.take(self.component_rows)))
            counts = {number: int(found[number]) for number in np.flatnonzero(found).tolist()}
        else:
            column = self._column(facet)  # of few names: quicker than to sort or to choose the rows
            counts = {one: int(np.count_nonzero(among & (column == one))) for one in self._few[facet]}
        pairs = [(_names.name(number), count) for number, count in counts.items() if count]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def entries(self) -> dict[int, float]:
        """Return {id: moment of change} of the live documents."""
        live = self.live
        return dict(zip(self.ids[live].tolist(), self.updated[live].tolist(), strict=True))

    def _column(self, facet: str) -> Ints:
        return {"kind": self.kind, "audience": self.audience}[facet]


_ROW = np.dtype(
    [
        ("ids", np.int64),
        ("kind", np.int64),
        ("audience", np.int64),
        ("confidence", np.int64),
        ("owner", np.int64),
        ("lengths", np.float32, len(FIELDS)),
        ("updated", np.float64),
    ]
)


def from_facts(encoded: Iterable[bytes], live: Mask) -> Rows:
    """Return the rows that `facts` made, in order, read one by one: their objects take far more room."""
    pairs: list[tuple[int, int]] = []

    def read() -> Iterator[tuple[object, ...]]:
        for at, one in enumerate(encoded):
            key, kind, audience, confidence, owner, components, lengths, updated = json.loads(one)
            pairs.extend((at, _names.number(name)) for name in components)
            names = map(_names.number, (kind, audience, confidence))
            yield key, *names, owner, tuple(lengths), updated

    table = np.fromiter(read(), _ROW, len(live))
    return Rows(
        **{name: np.ascontiguousarray(table[name]) for name in _ROW.names or () if name != "lengths"},
        live=live,
        lengths=np.ascontiguousarray(table["lengths"].T),
        component_rows=np.array([at for at, _ in pairs], dtype=np.int64),
        component_names=np.array([name for _, name in pairs], dtype=np.int64),
    )


def join(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several segments as one, in order."""
    starts = np.cumsum([0, *map(len, parts)])

    def column(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts] or [np.empty(0, np.int64)])

    return Rows(
        ids=column("ids"),
        kind=column("kind"),
        audience=column("audience"),
        confidence=column("confidence"),
        owner=column("owner"),
        live=column("live").astype(bool),
        lengths=np.concatenate(
            [part.lengths for part in parts] or [np.empty((len(FIELDS), 0), np.float32)], axis=1
        ),
        component_rows=np.concatenate(
            [part.component_rows + start for part, start in zip(parts, starts, strict=False)]
            or [np.empty(0, np.int64)]
        ),
        component_names=column("component_names"),
        updated=column("updated").astype(np.float64),
    )
