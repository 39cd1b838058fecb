"""tantivy, fed with the tokens that our own index holds: the same fields, weights, OR and stored text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.analysis import Query, Term
from search.fields import FIELDS
from search.postings import Keys
from search.snapshot import Part, Snapshot

HEAP_BYTES = 1_000_000_000  # enough to make one segment of everything, as our rebuild does


def available() -> bool:
    """Return whether tantivy is installed: a development dependency, never loaded by a serving process."""
    try:
        import_module("tantivy")
    except ImportError:
        return False
    return True


class Rival:
    """A tantivy index of a snapshot's tokens."""

    def __init__(self, place: Path, snapshot: Snapshot, stored: Mapping[int, tuple[str, str]]) -> None:
        """place: may hold the index already; stored: {id: (title, text)}, which every hit fetches."""
        self._tantivy = import_module("tantivy")
        builder = self._tantivy.SchemaBuilder()
        for field in FIELDS:
            builder.add_text_field(field.name, tokenizer_name="whitespace", index_option="freq")
        for name in ("title", "text"):
            builder.add_bytes_field(name, stored=True)
        self._schema = builder.build()
        kept = place.is_dir()
        place.mkdir(exist_ok=True)
        self._index = self._tantivy.Index(self._schema, str(place))
        if not kept:
            self._fill(snapshot, stored)
        self._index.reload()
        self._searcher = self._index.searcher()

    def _fill(self, snapshot: Snapshot, stored: Mapping[int, tuple[str, str]]) -> None:
        writer = self._index.writer(HEAP_BYTES, num_threads=1)
        for segment in snapshot.segments:
            columns = [list(_token_lines(segment, field.name)) for field in FIELDS]
            for number, lines in zip(segment.rows.ids.tolist(), zip(*columns, strict=True), strict=True):
                document = self._tantivy.Document()
                for field, line in zip(FIELDS, lines, strict=True):
                    document.add_text(field.name, line)
                title, text = stored[number]
                document.add_bytes("title", title.encode())
                document.add_bytes("text", text.encode())
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    @property
    def segments(self) -> int:
        """How many segments the index has."""
        return int(self._searcher.num_segments)

    def search(self, query: Query, limit: int, *, count: bool) -> list[tuple[str, str]]:
        """Return (title, text) of the best `limit` documents; count: count all matches too."""
        found = self._searcher.search(self._query(query), limit, count=count)
        documents = [self._searcher.doc(address) for _, address in found.hits]
        return [(_text(document, "title"), _text(document, "text")) for document in documents]

    def _query(self, query: Query) -> Any:
        make, should = self._tantivy.Query, self._tantivy.Occur.Should
        by_kind = {"words": query.words, "grams": query.grams, "identifiers": query.identifiers}
        clauses = [
            (should, make.boost_query(make.term_query(self._schema, field.name, key, "freq"), weight))
            for field in FIELDS
            for key, weight in _weighted(by_kind[field.kind], field.weight)
        ]
        return make.boolean_query(clauses)


def _text(document: Any, name: str) -> str:
    return bytes(document.get_first(name)).decode()


def _weighted(terms: Sequence[Term], weight: float) -> Iterator[tuple[str, float]]:
    return ((_spelt(term.key), term.weight * weight) for term in terms)


def _spelt(term: str) -> str:
    """Return a term without the blanks at which tantivy would cut it."""
    return "_".join(term.split())


def _token_lines(segment: Part, field: str) -> Iterator[str]:
    """Yield for each document its tokens in a field, each as often as it stands there, by blanks."""
    names: list[str] = []
    documents: list[NDArray[np.int32]] = []
    counts: list[NDArray[np.int32]] = []
    keys = Keys(segment.terms(field))
    terms = list(keys.places)
    for place, (found, weights) in segment.gather(field, keys):
        names.append(_spelt(terms[place]))
        documents.append(found)
        counts.append(np.rint(weights).astype(np.int32))
    whose = np.concatenate(documents) if documents else np.empty(0, np.int32)
    order = np.argsort(whose, kind="stable")
    term_of = np.repeat(np.arange(len(names)), [len(one) for one in documents])[order]
    often = (np.concatenate(counts) if counts else whose)[order]
    ends = np.searchsorted(whose[order], np.arange(segment.size + 1))
    for start, end in pairwise(ends):
        pairs = zip(term_of[start:end].tolist(), often[start:end].tolist(), strict=True)
        yield " ".join(names[term] for term, n in pairs for _ in range(n))
