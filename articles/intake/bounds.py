"""How much of a file is read: added up from what really comes out, never from what it says of itself."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

from kb.domain.errors import Refused

MOST_FILES = 1_000
"""Files in an archive."""
MOST_DIRECTORY = 2**20
"""Bytes of an archive's list of files: a hundred thousand names are refused before they are read."""
MOST_UNPACKED = 64 * 2**20
"""Bytes that come out of an archive."""
MOST_TEXT = 4_000_000
"""Characters that are looked through for personal data; some seconds."""
MOST_ELEMENTS = 2_000_000
"""XML elements of one file."""
DEEPEST = 200
"""Levels of XML elements within each other."""
MOST_PAGES = 1_000
MOST_PIXELS = 40_000_000
"""Of a picture: two screens of 4K side by side, or a telephone's photograph, are less than half."""
MEMORY = 768 * 2**20
"""Bytes of address space of the process that reads; of them a picture of MOST_PIXELS takes the most."""
CPU_SECONDS = 30
SECONDS = 60
MOST_OUTPUT = 128 * 2**20


@dataclass
class Budget:
    """What may still be read of one uploaded file."""

    unpacked: int = MOST_UNPACKED
    characters: int = MOST_TEXT
    elements: int = MOST_ELEMENTS

    def unpack(self, number: int) -> None:
        """Take this many bytes. Raises Refused when there are no more."""
        self.unpacked -= number
        if self.unpacked < 0:
            raise Refused("attachments.unpacks_too_large", most=MOST_UNPACKED // 2**20)

    def read(self, number: int) -> None:
        """Take this many characters. Raises Refused when there are no more."""
        self.characters -= number
        if self.characters < 0:
            raise Refused("attachments.too_much_text", most=f"{MOST_TEXT:,}")

    def element(self, depth: int) -> None:
        """Take an XML element at this depth. Raises Refused when there are no more."""
        self.elements -= 1
        if self.elements < 0 or depth > DEEPEST:
            raise Refused("attachments.too_complex")


class Counted:
    """A stream whose every byte counts against the budget."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self.stream = stream
        self.budget = budget

    def read(self, size: int = -1) -> bytes:
        """Read at most size bytes, never more than a piece at once."""
        try:
            piece = self.stream.read(min(size, 65_536) if size >= 0 else 65_536)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Refused("attachments.damaged") from error
        self.budget.unpack(len(piece))
        return piece

    def whole(self) -> bytes:
        """Read to the end."""
        return b"".join(iter(self.read, b""))
