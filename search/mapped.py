"""Whoosh's files as they lie in the page cache: read where they are, and only what is asked for.

Whoosh maps a segment into memory and then copies every file of it into a buffer of its own at each opening:
once for each commit, and for as long as it is read. With ten thousand articles that is 150 MB.
"""

from __future__ import annotations

import io
import os
import sys
import weakref
from array import array
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


_SMALL = 2**20
"""Bytes of a file whose pages may count as the process's: nothing is quicker than to read them mapped."""


class _Open:
    """An open file of our own, closed when nobody uses it any more."""

    def __init__(self, file: Any) -> None:
        self.number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.number)


class MappedFile(BufferFile):  # type: ignore[misc]
    """One file of a segment. view: its bytes; file, start: the open file they are part of, and where."""

    def __init__(self, view: memoryview, file: _Open, start: int, name: str | None = None) -> None:
        StructFile.__init__(self, io.BufferedReader(_Stream(view)), name=name)
        self.view = view
        self.is_real = False
        self._file, self._start = file, start

    def subset(self, position: int, length: int, name: str | None = None) -> MappedFile:
        """Return a part of the file as a file."""
        view = self.view[position : position + length]
        return MappedFile(view, self._file, self._start + position, name or self._name)

    def get(self, position: int, length: int) -> bytes:
        """Return a part of the file. Read, not mapped: pages once touched would count as the process's."""
        if len(self.view) < _SMALL:
            return bytes(self.view[position : position + length])
        return os.pread(self._file.number, length, self._start + position)

    def get_array(self, position: int, typecode: str, length: int) -> array[Any]:
        """Return numbers of the file, which has them with the highest byte first."""
        found = array(typecode)
        found.frombytes(self.get(position, length * found.itemsize))
        if sys.byteorder == "little":
            found.byteswap()
        return found


class MappedStorage(CompoundStorage):  # type: ignore[misc]
    """A segment's files in one."""

    def __init__(self, file: Any) -> None:
        self._open = _Open(file)  # Whoosh closes its own once it is mapped
        super().__init__(file)

    def open_file(self, name: str, *_: object, **__: object) -> MappedFile:
        """Return a file of the segment. Raises NameError for one that it does not have."""
        if self.is_closed:
            raise StorageError("closed")
        offset, length = self.range(name)
        return MappedFile(memoryview(self._source)[offset : offset + length], self._open, offset, name)


class Segment(W3Segment):  # type: ignore[misc]
    """A segment that opens its files where they lie. Whoosh's table of contents names this class."""

    def open_compound_file(self, storage: Any) -> MappedStorage:
        """Return the segment's files."""
        return MappedStorage(storage.open_file(self.make_filename(self.COMPOUND_EXT)))
