"""Whoosh 2.7.4, imported in this one place: it is from 2016, and newer Pythons warn of its escapes."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    from whoosh import columns, fields, formats
    from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment
    from whoosh.filedb.compound import CompoundStorage
    from whoosh.filedb.filestore import FileStorage, StorageError
    from whoosh.filedb.structfile import BufferFile, StructFile
    from whoosh.index import FileIndex, LockError
    from whoosh.index import IndexError as StoredIndexError
    from whoosh.reading import IndexReader, SegmentReader, TermNotFound
    from whoosh.writing import SegmentWriter

__all__ = [
    "BufferFile",
    "CompoundStorage",
    "FileIndex",
    "FileStorage",
    "IndexReader",
    "LockError",
    "SegmentReader",
    "SegmentWriter",
    "StorageError",
    "StoredIndexError",
    "StructFile",
    "TermNotFound",
    "W3Codec",
    "W3FieldWriter",
    "W3Segment",
    "columns",
    "fields",
    "formats",
]
