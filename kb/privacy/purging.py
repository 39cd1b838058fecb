"""Removing one value from every byte below the data folder, and proving it by reading every file again."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from kb.domain.personal_data import plain
from kb.domain.personal_data.tracing import in_bytes, spans, without
from kb.privacy.scanning import rewrite
from kb.privacy.stored import attachment_texts, cells, same_shape, whole
from kb.store import audit, keeping
from kb.store.db import writing
from kb.store.models import Attachment, PersonalDataKeep, Upload

CHUNK, OVERLAP = 2**20, 4_096
_PACKED: dict[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".tgz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


class Purged(NamedTuple):
    """rows: changed values by table. files: how many went or were overwritten. left: where it still is."""

    rows: Counter[str]
    files: int
    left: list[Path]


def purge(
    engine: Engine,
    data: Path,
    value: str,
    secret: str,
    rebuild: Callable[[], Any],
    now: datetime,
    *,
    reason: str,
) -> Purged:
    """Remove the value from tables, attachments, logs and index. The server must not be running.

    What holds it in a file is deleted with its row of attachments; elsewhere it becomes black squares.
    """
    with writing(engine) as session:
        rows, gone = _rows(session, value, secret, now), _attachments(session, data / "attachments", value)
        told = {"rows": dict(rows), "files": len(gone), "reason": without(reason, value)}
        audit.record(session, "personal_data.purged", at=now, by=None, object_type="personal_data", **told)
    for path in gone:
        overwrite(path, b"\0" * path.stat().st_size)
        path.unlink()
    rebuild()
    compact(engine)
    changed = len(gone) + _others(data, value)
    return Purged(rows, changed, holding(data, value))


def _rows(session: Session, value: str, secret: str, now: datetime) -> Counter[str]:
    changed, touched = Counter[str](), set[int]()
    for cell in list(cells(session)):
        if spans(whole(cell), value):
            rewrite(session, cell, same_shape(cell.value, lambda text: without(text, value)), now, touched)
            changed[cell.table] += 1
    kept = keeping.digest(plain(value), secret)
    session.execute(delete(PersonalDataKeep).where(PersonalDataKeep.digest == kept))
    return changed


def _attachments(session: Session, folder: Path, value: str) -> list[Path]:
    """Delete the rows of attachments and uploads that hold the value, and return their files."""
    gone = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if holds(path, value) or any(spans(text, value) for text in attachment_texts(path)):
            for table in (Attachment, Upload):
                session.execute(delete(table).where(table.sha256 == path.name))
            gone.append(path)
    return gone


def compact(engine: Engine) -> None:
    """Give back every page that was freed, and empty the write-ahead log (SQLite)."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # SQLAlchemy would begin a transaction, in which VACUUM is refused
    try:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement)
    finally:
        connection.close()


def _others(data: Path, value: str) -> int:
    """Overwrite the value in logs and whatever else lies below the data folder; not in database and index."""
    changed = 0
    for path in holding(data, value):
        content = path.read_bytes()
        ours = path.is_relative_to(data / "index") or path.name.endswith(("-wal", "-shm"))
        if ours or content.startswith(b"SQLite format 3"):
            continue
        blackened, number = in_bytes(value).subn(lambda match: b"x" * len(match[0]), content)
        if number:
            overwrite(path, blackened)
            changed += 1
    return changed


def overwrite(path: Path, content: bytes) -> None:
    """Write over a file in its place, so that the old bytes are not left behind on the disk."""
    with path.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def holding(folder: Path, value: str) -> list[Path]:
    """Return every file below the folder that holds the value in any encoding, packed files too."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and holds(path, value)]


def holds(path: Path, value: str) -> bool:
    """Return whether a file's name or bytes hold the value; .gz, .bz2, .xz and .zip are unpacked."""
    pattern = in_bytes(value)
    if pattern.search(path.name.encode("utf-8", "replace")):
        return True
    return any(pattern.search(piece) for stream in _streams(path) for piece in _pieces(stream))


def _streams(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield file
    opener = _PACKED.get(path.suffix.lower())
    if opener is not None:
        with suppress(OSError, EOFError, lzma.LZMAError), opener(path) as file:
            yield file
    if zipfile.is_zipfile(path):
        with (
            suppress(zipfile.BadZipFile, NotImplementedError, RuntimeError),
            zipfile.ZipFile(path) as archive,
        ):
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield file


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the stream in pieces that overlap, so that nothing is lost between two."""
    before = b""
    with suppress(OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile):
        while piece := stream.read(CHUNK):
            yield before + piece
            before = piece[-OVERLAP:]
