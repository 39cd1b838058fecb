"""Memory that the process holds and does not use, given back to the system.

Pages of a mapped file count as the process's once they were touched. Sudachi reads its whole matrix when it
opens the dictionary, 72 MB, and the start reads titles and words aloud; searches need little of that.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DICTIONARY = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r--s .*\.dic$", re.MULTILINE)
_MAPPED = Path("/proc/self/maps")
_MADV_DONTNEED = 4  # of Linux's mman.h


def let_go() -> None:
    """Give back the dictionary's pages and the free pieces of the heap; what is needed comes back by itself.

    The pages are only read, and stay in the system's page cache. The dictionary stays open as long as the
    process lives: were it closed in between, other memory could stand at its addresses. Without Linux and
    glibc nothing happens.
    """
    with suppress(OSError, AttributeError):
        system = ctypes.CDLL(None)
        for start, size in _dictionary():
            system.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_DONTNEED)
        system.malloc_trim(0)


def _dictionary() -> Iterator[tuple[int, int]]:
    """Yield where the dictionary's file is mapped: address, bytes."""
    for found in _DICTIONARY.finditer(_MAPPED.read_text()):
        start, end = int(found[1], 16), int(found[2], 16)
        yield start, end - start
