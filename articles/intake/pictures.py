"""Pictures, encoded anew: what the eye sees stays, metadata and whatever else lay in the file goes."""

from __future__ import annotations

import io
import struct
import warnings
from typing import IO

from PIL import Image, ImageOps

from articles.intake.bounds import MOST_PIXELS
from kb.domain.errors import Refused

QUALITY = 90
SIDE = 10_000
"""Pixels of a picture's longer side at most."""
_JPEG_KEPT = frozenset({0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xDA})
"""Segments of JPEG that make the picture: tables, frames, scans, restarts."""
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})


def encoded(file: IO[bytes], form: str) -> tuple[str, bytes]:
    """Return (form, bytes) of a picture. form: "png", "jpeg", "gif" or "webp", as its first bytes say.

    A moving picture becomes its first frame: what moves by itself cannot be stopped here (WCAG 2.2.2).
    GIF becomes PNG, which loses nothing. A JPEG or WebP that holds nothing but its picture stays as it is:
    an import of what was exported changes no byte. Raises Refused.
    """
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(file, formats=(form.upper(),)) as picture:
            _require_bounded(picture)
            moves = getattr(picture, "n_frames", 1) > 1
            picture.load()
            clean = _plain(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("attachments.too_many_pixels", most=MOST_PIXELS // 1_000_000) from error
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, struct.error, OverflowError) as error:
        raise Refused("attachments.damaged") from error
    if not moves and _bare(file, form):
        file.seek(0)
        return form, file.read()
    return _written(clean, form)


def _require_bounded(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > SIDE:
        raise Refused("attachments.too_many_pixels", most=MOST_PIXELS // 1_000_000)


def _plain(picture: Image.Image) -> Image.Image:
    """Return the picture turned as it is meant to be seen, with no word of where it comes from."""
    turned = ImageOps.exif_transpose(picture)
    transparency = turned.info.get("transparency")
    if turned.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        turned = turned.convert("RGBA" if "A" in turned.mode or transparency is not None else "RGB")
        transparency = None
    clean = turned.copy()
    clean.info = {} if transparency is None else {"transparency": transparency}
    return clean


def _written(picture: Image.Image, form: str) -> tuple[str, bytes]:
    out = io.BytesIO()
    if form == "jpeg":
        shown = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
        shown.save(out, "JPEG", quality=QUALITY, optimize=True)
        return "jpeg", out.getvalue()
    if form == "webp":
        picture.convert("RGBA" if "A" in picture.mode else "RGB").save(out, "WEBP", quality=QUALITY)
        return "webp", out.getvalue()
    picture.save(out, "PNG", optimize=picture.width * picture.height < 4_000_000)
    return "png", out.getvalue()


def _bare(file: IO[bytes], form: str) -> bool:
    """Return whether the file holds its picture and nothing beside."""
    file.seek(0)
    content = file.read()
    return {"jpeg": _bare_jpeg, "webp": _bare_webp}.get(form, lambda _: False)(content)


def _bare_jpeg(content: bytes) -> bool:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        plain_jfif = marker == 0xE0 and length == 16 and content[at + 4 : at + 9] == b"JFIF\0"
        if marker not in _JPEG_KEPT and not plain_jfif:
            return False
        at += 2 + length
        if marker == 0xDA:
            at = _after_scan(content, at)
            if content[at : at + 2] == b"\xff\xd9":
                return at + 2 == len(content)
    return False


def _after_scan(content: bytes, at: int) -> int:
    """Return where the next segment begins: 0xFF that is neither data (00) nor a restart (D0 to D7)."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2
    return len(content)


def _bare_webp(content: bytes) -> bool:
    at = 12
    while at + 8 <= len(content):
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name not in _WEBP_KEPT:
            return False
        at += 8 + length + length % 2
    return at == len(content) == int.from_bytes(content[4:8], "little") + 8
