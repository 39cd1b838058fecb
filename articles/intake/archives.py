"""ZIP, which office files are too: looked at before it is opened, read in pieces, never unpacked to disk."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from articles.intake.bounds import MOST_DIRECTORY, MOST_FILES, MOST_UNPACKED, Budget, Counted
from kb.domain import personal_data
from kb.domain.errors import Refused

_END = struct.Struct("<4s4H2LH")
"""The end of the list of files: signature, disks (2), entries (2), size and start of the list, comment."""
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"MSCF",
)


class Archive:
    """A ZIP whose list of files holds nothing that is refused. Raises Refused for any other."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        _require_small_directory(file)
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, UnicodeError) as error:
            raise Refused("attachments.damaged") from error
        self.budget = budget
        self.members = [member for member in self.zip.infolist() if not member.is_dir()]
        _require_plain(self.members)
        _require_apart(self.zip.infolist())
        self.names = {member.filename for member in self.members}

    def open(self, name: str) -> Counted:
        """Return the stream of one file."""
        try:
            return Counted(self.zip.open(name), self.budget)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise Refused("attachments.damaged") from error

    def files(self) -> Iterator[tuple[str, Counted]]:
        """Yield (name, stream) of each file."""
        for member in self.members:
            yield member.filename, self.open(member.filename)


def _require_small_directory(file: IO[bytes]) -> None:
    """zipfile keeps an object for each name: what it would read is bounded before."""
    size = file.seek(0, 2)
    tail_at = max(0, size - _END.size - 65_535)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Refused("attachments.damaged")
    _, disk, first_disk, here, entries, length, start, comment = _END.unpack_from(tail, at)
    if (
        tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
        or entries > MOST_FILES
        or length > MOST_DIRECTORY
    ):
        raise Refused("attachments.too_many_files", most=MOST_FILES)
    ends_well = start + length == tail_at + at and at + _END.size + comment == len(tail)
    if disk or first_disk or here != entries or not ends_well:
        raise Refused("attachments.damaged")
    if personal_data.problems({"": tail[at + _END.size :].decode("utf-8", "replace")}):
        raise Refused("attachments.personal_data_in_names")
    file.seek(0)


def _require_plain(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES:
        raise Refused("attachments.too_many_files", most=MOST_FILES)
    if len({member.filename for member in members}) != len(members):
        raise Refused("attachments.damaged")
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise Refused("attachments.unpacks_too_large", most=MOST_UNPACKED // 2**20)
    for member in members:
        _require_safe_name(member.filename)
        if member.flag_bits & 0x1:
            raise Refused("attachments.locked")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("attachments.damaged")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Refused("attachments.unsafe_name")
    if personal_data.problems({"": "\n".join(member.filename for member in members)}):
        raise Refused("attachments.personal_data_in_names")


def _require_safe_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or ":" in name or not path.parts
    if outside or any(ord(c) < 32 for c in name):
        raise Refused("attachments.unsafe_name")


def _require_apart(members: list[zipfile.ZipInfo]) -> None:
    """Files that lie in one another come out larger than any archive could be."""
    ends_at = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < ends_at:
            raise Refused("attachments.damaged")
        ends_at = member.header_offset + 30 + member.compress_size
    if members and min(member.header_offset for member in members) != 0:
        raise Refused("attachments.damaged")
