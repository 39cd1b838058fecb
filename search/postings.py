"""How postings are written to Whoosh's files and read from them: a term's documents and weights as arrays.

Whoosh keeps one tuple for each word of each document and pickles them in blocks. Here a term has, where its
entry in Whoosh's table of terms says, its documents as 32-bit integers, then its weights as 32-bit floats:
none if all are 1. Documents' lengths, which Whoosh keeps to one byte, are exact in `search.rows`.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import md5
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engine import SegmentWriter, W3Codec, W3FieldWriter
from search.mapped import MappedFile, Segment

Postings = tuple[NDArray[np.int32], NDArray[np.float32]]
Posting = tuple[str, bytes, "array[int]", "array[float]"]
"""Field, term, the documents that have it there, ascending, and its weight in each."""
NOTHING: Postings = (np.empty(0, np.int32), np.empty(0, np.float32))
_FIELD = struct.Struct("!H")
_SLOT = struct.Struct("!Iq")  # of Whoosh's hash table: hash, position
_LENGTHS = struct.Struct("!ii")  # before a key and its value
_INFO = struct.Struct("!BfIBBfIIqi")  # Whoosh's entry of a term: [2] documents, [8] offset, [9] length
_ID_BYTES = 4
_FLUSH_BYTES = 2**20


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

    def append(self, field: str, term: bytes, document: int, weight: float) -> None:
        """Keep one document more of a term."""
        documents, weights = self._terms.setdefault((field, term), (array("I"), array("f")))
        documents.append(document)
        weights.append(weight)

    def extend(
        self, field: str, term: bytes, documents: NDArray[np.uint32], weights: NDArray[np.float32]
    ) -> None:
        """Keep the postings of a term, as they come when segments are joined."""
        held = self._terms.setdefault((field, term), (array("I"), array("f")))
        held[0].frombytes(documents.tobytes())
        held[1].frombytes(weights.tobytes())

    def iter_postings(self) -> Iterator[Posting]:
        """Yield what was kept, by field and term."""
        for field, term in sorted(self._terms):
            yield field, term, *self._terms[field, term]

    def cleanup(self) -> None:
        """Let go of everything."""
        self._terms.clear()


class FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes what a `Pool` holds."""

    def add_postings(self, schema: Any, _lengths: object, items: Iterable[Posting]) -> None:
        """Write the postings, which come by field and term."""
        files = _Files(self._tindex, self._postfile)
        for field, postings in groupby(items, itemgetter(0)):
            self.start_field(field, schema[field])
            prefix = _FIELD.pack(self._fieldid)
            for _, term, documents, weights in postings:
                files.add(prefix + term, documents, weights)
            self.finish_field()
        files.flush()

    def close(self) -> None:
        """Finish the files. Whoosh would write the places of its hash table one by one."""
        table = self._tindex
        start = table.dbfile.tell()
        for bucket in table.buckets:
            slots = _slots(bucket)
            table.dbfile.write(slots)
            table.directory.append((start, 2 * len(bucket)))
            start += len(slots)
        table.buckets = []
        super().close()


def _slots(bucket: Sequence[tuple[int, int]]) -> bytes:
    """Return a hash table of entries (hash, position): twice as many slots, the next free one for each."""
    count = 2 * len(bucket)
    hashes, positions = [0] * count, [0] * count
    for hashed, position in bucket:
        slot = (hashed >> 8) % count
        while positions[slot]:
            slot = (slot + 1) % count
        hashes[slot], positions[slot] = hashed, position
    return b"".join(map(_SLOT.pack, hashes, positions))


class _Files:
    """Whoosh's table of terms and its file of postings, written a megabyte at a time instead of a number."""

    def __init__(self, table: Any, arrays: Any) -> None:
        self._table = table
        self._files = table.dbfile, arrays
        self._starts = [file.tell() for file in self._files]
        self._kept = bytearray(), bytearray()

    def add(self, key: bytes, documents: array[int], weights: array[float]) -> None:
        """Keep a term's entry and its arrays. Keys ascend."""
        entries, arrays = self._kept
        position = self._starts[0] + len(entries)
        before, count = len(arrays), len(documents)
        arrays += documents
        if weights.count(1.0) < count:
            arrays += weights
        hashed = _hash(key)
        self._table.buckets[hashed & 255].append((hashed, position))
        self._table.index.append(position)
        total, most = (weights[0], weights[0]) if count == 1 else (sum(weights), max(weights))
        place = self._starts[1] + before, len(arrays) - before
        entries += _LENGTHS.pack(len(key), _INFO.size) + key
        entries += _INFO.pack(0, total, count, 0, 0, most, documents[0], documents[-1], *place)
        if before > _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        for number, (file, kept) in enumerate(zip(self._files, self._kept, strict=True)):
            file.write(kept)
            self._starts[number] += len(kept)
            kept.clear()


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's files, written our way."""

    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> FieldWriter:
        """Return what writes a segment's terms."""
        return FieldWriter(self, storage, segment)

    def new_segment(self, _storage: Any, name: str) -> Segment:
        """Return a segment without documents."""
        return Segment(self, name)


def _hash(key: bytes) -> int:
    return int.from_bytes(md5(key, usedforsecurity=False).digest()[-4:], "big")


class Keys:
    """Terms as a segment's table has them, hashed once for all segments that number a field alike."""

    def __init__(self, terms: Iterable[str]) -> None:
        """terms: no two the same."""
        self.places = {term: place for place, term in enumerate(terms)}
        self._terms = [term.encode() for term in self.places]
        self._made: dict[int, list[tuple[bytes, int]]] = {}

    def of(self, field: int) -> list[tuple[bytes, int]]:
        """Return (key, hash) of each term in the field that has this number."""
        if field not in self._made:
            keys = [_FIELD.pack(field) + term for term in self._terms]
            self._made[field] = [(key, _hash(key)) for key in keys]
        return self._made[field]


class Terms:
    """The terms of a segment. Never moves a file's position: safe for several threads at once."""

    def __init__(self, reader: Any) -> None:
        """reader: Whoosh's, of one segment, which must stay open."""
        terms = reader._terms
        self._fields: Mapping[str, int] = terms._fieldmap
        self._tables: list[tuple[int, int]] = terms._tindex.tables
        self._start, self._end = terms._tindex.startofdata, terms._tindex.endofdata
        self._keys: memoryview = terms._tindex.dbfile.view
        self._arrays: MappedFile = terms._postfile

    def words(self, fields: Collection[str]) -> Iterator[str]:
        """Yield the terms of these fields."""
        numbers = {self._fields[field] for field in fields if field in self._fields}
        keys = (bytes(self._keys[start:end]) for start, end in self._entries())
        return (key[_FIELD.size :].decode() for key in keys if _FIELD.unpack_from(key)[0] in numbers)

    def gather(self, field: str, keys: Keys) -> Iterator[tuple[int, Postings]]:
        """Yield (place in keys, postings) of those of the terms that the field has."""
        return ((place, self._read(at)) for place, at in self._places(field, keys))

    def counts(self, field: str, keys: Keys) -> Iterator[tuple[int, int]]:
        """Yield (place in keys, number of documents) of those of the terms that the field has."""
        return ((place, _INFO.unpack_from(self._keys, at)[2]) for place, at in self._places(field, keys))

    def _places(self, field: str, keys: Keys) -> Iterator[tuple[int, int]]:
        number = self._fields.get(field)
        for place, (key, hashed) in enumerate(() if number is None else keys.of(number)):
            if (at := self._find(key, hashed)) >= 0:
                yield place, at

    def all(self) -> Iterator[tuple[str, bytes, Postings]]:
        """Yield (field, term, postings) of every term, by field and term."""
        names = {number: name for name, number in self._fields.items()}
        for start, end in self._entries():
            key = bytes(self._keys[start:end])
            yield names[_FIELD.unpack_from(key)[0]], key[_FIELD.size :], self._read(end)

    def _entries(self) -> Iterator[tuple[int, int]]:
        """Yield where each term's key starts and ends; its value follows."""
        at = self._start
        while at < self._end:
            key_length, value_length = _LENGTHS.unpack_from(self._keys, at)
            start = at + _LENGTHS.size
            at = start + key_length + value_length
            yield start, start + key_length

    def _find(self, key: bytes, hashed: int) -> int:
        """Return where the value of a key begins, -1 if there is none. The table is D. J. Bernstein's cdb."""
        table, slots = self._tables[hashed & 255]
        for turn in range(slots):
            slot = ((hashed >> 8) + turn) % slots
            found, at = _SLOT.unpack_from(self._keys, table + slot * _SLOT.size)
            if not at:
                break
            if found == hashed and _LENGTHS.unpack_from(self._keys, at)[0] == len(key):
                start = at + _LENGTHS.size
                if self._keys[start : start + len(key)] == key:
                    return int(start + len(key))
        return -1

    def _read(self, at: int) -> Postings:
        info = _INFO.unpack_from(self._keys, at)
        count, offset, length = info[2], info[8], info[9]
        arrays = self._arrays.get(offset, length)
        documents = np.frombuffer(arrays, np.int32, count)
        if length == count * _ID_BYTES:
            return documents, np.ones(count, np.float32)
        return documents, np.frombuffer(arrays, np.float32, count, count * _ID_BYTES)


def add(
    writer: SegmentWriter, terms: Mapping[str, Mapping[str, float]], columns: Mapping[str, bytes]
) -> None:
    """Add a document to a writer whose pool is a `Pool`: {field: {term: weight}} and {column: value}."""
    for field, weights in terms.items():
        writer.pool.put(field, writer.docnum, weights)
    _add_columns(writer, columns)


def add_segment(writer: SegmentWriter, reader: Any, columns: Iterable[str]) -> None:
    """Add the live documents of a segment to a writer whose pool is a `Pool`. reader: Whoosh's, of it."""
    size = reader.doc_count_all()
    live = np.ones(size, dtype=bool)
    live[list(reader.segment().deleted_docs())] = False
    numbers = (writer.docnum - 1 + np.cumsum(live)).astype(np.uint32)
    for field, term, (documents, weights) in Terms(reader).all():
        if len(documents) == 1:  # most terms of a small segment
            if live[documents[0]]:
                writer.pool.append(field, term, int(numbers[documents[0]]), float(weights[0]))
            continue
        kept = live[documents]
        if kept.all():
            writer.pool.extend(field, term, numbers[documents], weights)
        elif kept.any():
            writer.pool.extend(field, term, numbers[documents[kept]], weights[kept])
    readers = {column: reader.column_reader(column, translate=False) for column in columns}
    for document in np.flatnonzero(live).tolist():
        _add_columns(writer, {column: values[document] for column, values in readers.items()})


def _add_columns(writer: SegmentWriter, columns: Mapping[str, bytes]) -> None:
    per_document = writer.perdocwriter
    per_document.start_doc(writer.docnum)
    for column, value in columns.items():
        per_document.add_column_value(column, writer.schema[column].column_type, value)
    per_document.finish_doc()
    writer._added = True
    writer.docnum += 1
