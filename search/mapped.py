"""Whoosh's files as they lie in the page cache: read in place, nothing copied into the process.

Whoosh maps a segment into memory and then copies every file of it into a buffer of its own at each opening:
once for each commit, and for as long as it is read. With ten thousand articles that is 150 MB.
"""

from __future__ import annotations

import io
from typing import Any

from search.engine import BufferFile, CompoundStorage, StorageError, StructFile, W3Segment


class _Stream(io.RawIOBase):
    """A file's reading position over bytes that stay where they are."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        piece = self._view[self._at : self._at + len(target)]
        target[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = max(0, start + offset)
        return self._at


class MappedFile(BufferFile):  # type: ignore[misc]
    """One file of a segment. view: its bytes; closing the file leaves them be."""

    def __init__(self, view: memoryview, name: str | None = None) -> None:
        StructFile.__init__(self, io.BufferedReader(_Stream(view)), name=name)
        self.view = self._buf = view
        self.is_real = False

    def subset(self, position: int, length: int, name: str | None = None) -> MappedFile:
        """Return a part of the file as a file."""
        return MappedFile(self.view[position : position + length], name or self._name)


class MappedStorage(CompoundStorage):  # type: ignore[misc]
    """A segment's files in one."""

    def open_file(self, name: str, *_: object, **__: object) -> MappedFile:
        """Return a file of the segment. Raises NameError for one that it does not have."""
        if self.is_closed:
            raise StorageError("closed")
        offset, length = self.range(name)
        return MappedFile(memoryview(self._source)[offset : offset + length], name)


class Segment(W3Segment):  # type: ignore[misc]
    """A segment that opens its files where they lie. Whoosh's table of contents names this class."""

    def open_compound_file(self, storage: Any) -> MappedStorage:
        """Return the segment's files."""
        return MappedStorage(storage.open_file(self.make_filename(self.COMPOUND_EXT)))
