"""How postings reach Whoosh's files: term by term in arrays, not one tuple for each word of each document.

Whoosh sorts and writes postings one by one in Python; the files made here are the same, sooner and in less
memory. It also keeps documents' lengths to one byte and packs every block: ours are exact, in `search.rows`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from search.engine import SegmentWriter, W3Codec, W3FieldWriter

BLOCK = 4096


class Posting(NamedTuple):
    """The documents of one term in one field, ascending, and the term's weight in each."""

    field: str
    term: bytes
    documents: array[int]
    weights: array[float]


class Pool:
    """Stands where Whoosh's writer has its sorting pool. Documents come in ascending order."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, bytes], tuple[array[int], array[float]]] = {}

    def put(self, field: str, document: int, terms: Mapping[str, float]) -> None:
        """Keep the terms of a document in a field."""
        held = self._terms
        for term, weight in terms.items():
            key = (field, term.encode())
            if key not in held:
                held[key] = (array("I"), array("f"))
            documents, weights = held[key]
            documents.append(document)
            weights.append(weight)

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Keep one posting, as Whoosh gives it when segments are joined."""
        field, term, document, weight, _ = item
        documents, weights = self._terms.setdefault((field, term), (array("I"), array("f")))
        documents.append(document)
        weights.append(weight)

    def iter_postings(self) -> Iterator[Posting]:
        """Yield what was kept, by field and term."""
        for field, term in sorted(self._terms):
            yield Posting(field, term, *self._terms[field, term])

    def cleanup(self) -> None:
        """Let go of everything."""
        self._terms.clear()


class FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes whole blocks."""

    def add_postings(self, schema: Any, _lengths: object, items: Iterable[Posting]) -> None:
        """Write the postings of a `Pool`."""
        field = None
        for posting in items:
            if posting.field != field:
                if field is not None:
                    self.finish_field()
                field = posting.field
                self.start_field(field, schema[field])
            self.start_term(posting.term)
            self._blocks(posting)
            self.finish_term()
        if field is not None:
            self.finish_field()

    def _blocks(self, posting: Posting) -> None:
        """Fill the writer's block and let it be written: the last one `finish_term` writes."""
        blocks = self._postwriter
        for start in range(0, len(posting.documents), BLOCK):
            if start:
                blocks._write_block()
            blocks._ids = posting.documents[start : start + BLOCK]
            blocks._weights = posting.weights[start : start + BLOCK]
            blocks._maxweight = max(blocks._weights)


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's file format, written our way."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(blocklimit=BLOCK, compression=0)

    def field_writer(self, storage: Any, segment: Any) -> FieldWriter:
        return FieldWriter(self, storage, segment)


def add(
    writer: SegmentWriter, terms: Mapping[str, Mapping[str, float]], columns: Mapping[str, bytes]
) -> None:
    """Add a document to a writer whose pool is a `Pool`: {field: {term: weight}} and {column: value}."""
    per_document = writer.perdocwriter
    per_document.start_doc(writer.docnum)
    for field, weights in terms.items():
        writer.pool.put(field, writer.docnum, weights)
    for column, value in columns.items():
        per_document.add_column_value(column, writer.schema[column].column_type, value)
    per_document.finish_doc()
    writer._added = True
    writer.docnum += 1
