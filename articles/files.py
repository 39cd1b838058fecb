"""Attachments on the disk: by the SHA-256 of their bytes, so that the same picture lies there once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
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
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(folder, sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder_entry = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder_entry)
    finally:
        os.close(folder_entry)
    return sha256
