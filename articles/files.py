"""Attachments on the disk: by the SHA-256 of their bytes, so that the same picture lies there once."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
from pathlib import Path
from typing import IO

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
PIECE = 2**20
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a page shows; anything else is only downloaded."""


def image_type(content: bytes) -> str | None:
    """Return the type of an image that pages may show, judged by its bytes alone, or None."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in SIGNATURES if content.startswith(start)), None)


def path_of(folder: Path, sha256: str) -> Path:
    """Return where the bytes with this hash lie."""
    return folder / sha256[:2] / sha256


def keep(folder: Path, content: bytes) -> str:
    """Write the bytes, durable before this returns, and return their SHA-256."""
    return keep_stream(folder, io.BytesIO(content))[0]


def keep_stream(folder: Path, stream: IO[bytes]) -> tuple[str, int]:
    """Write what the stream still holds, piece by piece, durable before this returns; (SHA-256, bytes)."""
    begin, digest = stream.tell(), hashlib.sha256()
    while piece := stream.read(PIECE):
        digest.update(piece)
    sha256, size = digest.hexdigest(), stream.tell() - begin
    path = path_of(folder, sha256)
    if path.exists():
        os.utime(path)  # what cleans up leaves young files alone
        return sha256, size
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    stream.seek(begin)
    with partial.open("wb") as file:
        shutil.copyfileobj(stream, file, PIECE)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync_folder(path.parent)
    return sha256, size


def _sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
