"""Everything that is stored as text: every column of every table, so that a new table is covered at once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import JSON, String, Table, bindparam, select, update
from sqlalchemy.orm import Session

from kb.store.models import Base
from kb.store.refusing import texts

HASHES = frozenset({"password_hash", "token_hash", "token", "sha256", "digest", "source_hash"})
TABLES: dict[str, Table] = dict(Base.metadata.tables)
ATTACHMENT_TEXT = 4 * 2**20
"""Characters of an attachment that are read."""


class Cell(NamedTuple):
    """One value of one row: where it stands, and what it is (text, or JSON)."""

    table: str
    key: tuple[Any, ...]
    column: str
    value: Any

    @property
    def place(self) -> str:
        """articles 12 title"""
        return f"{self.table} {'-'.join(map(str, self.key))} {self.column}"

    def texts(self) -> Iterator[str]:
        return texts(self.value)


def cells(session: Session) -> Iterator[Cell]:
    """Yield every stored text, a row at a time."""
    for name, table in TABLES.items():
        written = [c for c in table.columns if isinstance(c.type, (String, JSON)) and c.name not in HASHES]
        keys = list(table.primary_key.columns) or list(table.columns)
        if not written:
            continue
        for row in session.execute(select(*keys, *written)):
            values = tuple(row)
            for column, value in zip(written, values[len(keys) :], strict=True):
                if value:
                    yield Cell(name, values[: len(keys)], column.name, value)


def change(session: Session, cell: Cell, value: Any) -> None:
    """Write a cell anew within the transaction, past every rule: what leaves is worse than what comes."""
    table = TABLES[cell.table]
    where = [column == bindparam(f"key{n}") for n, column in enumerate(table.primary_key.columns)]
    keys = {f"key{n}": part for n, part in enumerate(cell.key)}
    session.execute(update(table).where(*where).values({cell.column: value}), keys)


def attachment_texts(path: Path) -> Iterator[str]:
    """Yield the texts in a file: plain in its encoding, or the XML inside docx, xlsx and other archives."""
    data = path.read_bytes()
    if data[:4] == b"PK\x03\x04":
        yield from _members(data)
        return
    for codec in ("utf-8", "cp932") if b"\x00" not in data[:2_000] else ("utf-16",):
        try:
            yield data.decode(codec)[:ATTACHMENT_TEXT]
            return
        except UnicodeDecodeError:
            continue


def _members(data: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:2_000]:
                yield member.filename
                if member.file_size <= ATTACHMENT_TEXT and not member.flag_bits & 1:
                    yield archive.read(member).decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return


def same_shape(value: Any, change_text: Any) -> Any:
    """Return a value, text or JSON, with each text in it changed."""
    if isinstance(value, str):
        return change_text(value)
    if isinstance(value, dict):
        return {change_text(key): same_shape(inner, change_text) for key, inner in value.items()}
    if isinstance(value, list):
        return [same_shape(inner, change_text) for inner in value]
    return value


def whole(cell: Cell) -> str:
    """Return a cell's value as one text, to look for something in it."""
    return cell.value if isinstance(cell.value, str) else json.dumps(cell.value, ensure_ascii=False)
