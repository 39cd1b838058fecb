"""The side of the server: hands a file to the process that reads it, and takes its answer."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from articles.intake import bounds, names
from articles.intake.types import ENDINGS, TYPES, Type, ending_of
from kb.domain import personal_data
from kb.domain.errors import Refused, refuse_all

ROOT = Path(__file__).parents[2]
PIECE = 2**16
_PLACES = threading.BoundedSemaphore(2)
"""Files that one server reads at a time; others wait."""
PATIENCE = 30
"""Seconds to wait for a place."""


@dataclass
class Accepted:
    """A file that may be kept. content: stands where its bytes begin; a picture's are encoded anew.

    unread: numbers of the pages of a PDF that have no text. doubtful: names and the like, with their places.
    """

    name: str
    type: Type
    content: IO[bytes]
    unread: list[int] = field(default_factory=list)
    doubtful: list[Refused] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """A picture of a Word document, encoded anew."""

    name: str
    type: Type
    content: bytes
    sha256: str


@contextmanager
def accepted(stream: IO[bytes], name: str, *, most_bytes: int) -> Iterator[Accepted]:
    """Yield the file if it may be kept. Raises every reason why not; nothing of it is on the disk then."""
    shown = names.clean(name)
    _require_name(shown)
    with _copied(stream, most_bytes) as file, tempfile.TemporaryFile() as answer:
        told = _run("examine", file, ending_of(shown), answer)
        found = TYPES[told["type"]]
        _require_size(sum(told["parts"]), most_bytes)
        if told["parts"]:  # the answer's head was read: what follows is the picture
            yield Accepted(_renamed(shown, found), found, answer)
        else:
            file.seek(0)
            doubtful = [_refused(reason) for reason in told["doubtful"]]
            yield Accepted(shown, found, file, told["unread"], doubtful)


def converted(stream: IO[bytes], name: str, *, most_bytes: int) -> tuple[dict[str, Any], list[Picture]]:
    """Return what a Word document says (word.py) and its pictures. Raises every reason against it."""
    shown = names.clean(name)
    _require_name(shown)
    with _copied(stream, most_bytes) as file, tempfile.TemporaryFile() as answer:
        told = _run("convert", file, ending_of(shown), answer)
        _require_size(sum(told["parts"]), most_bytes)
        contents = [answer.read(length) for length in told["parts"]]
    forms = zip(told["pictures"], contents, strict=True)
    stem = shown.removesuffix(".docx")
    return told, [
        Picture(
            f"{stem}-{number}{TYPES[form].endings[0]}",
            TYPES[form],
            content,
            hashlib.sha256(content).hexdigest(),
        )
        for number, (form, content) in enumerate(forms, 1)
    ]


def _require_size(size: int, most: int) -> None:
    if size > most:
        raise Refused("attachments.too_large", most=most // 2**20)


def _require_name(name: str) -> None:
    refuse_all(personal_data.problems({"file": name}))
    if ending_of(name) not in ENDINGS:
        raise Refused("attachments.type_not_taken")


def _renamed(name: str, found: Type) -> str:
    """Return the name with an ending that fits what the picture has become."""
    ending = ending_of(name)
    return name if ending in found.endings else name[: len(name) - len(ending)] + found.endings[0]


@contextmanager
def _copied(stream: IO[bytes], most_bytes: int) -> Iterator[IO[bytes]]:
    """Yield a file without a name: it is gone with the process, whatever happens to it."""
    with tempfile.TemporaryFile() as file:
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            _require_size(size, most_bytes)
            file.write(piece)
        file.flush()
        file.seek(0)
        yield file


def _run(command: str, file: IO[bytes], ending: str, answer: IO[bytes]) -> dict[str, Any]:
    if not _PLACES.acquire(timeout=PATIENCE):
        raise Refused("attachments.busy", status=503)
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and module, a known ending)
            [sys.executable, "-m", "articles.intake.worker", command, ending],
            stdin=file, stdout=answer, stderr=subprocess.DEVNULL,
            cwd=ROOT, timeout=bounds.SECONDS, check=False,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Refused("attachments.too_complex") from error
    finally:
        _PLACES.release()
    return _answer(done.returncode, answer)


def _answer(code: int, answer: IO[bytes]) -> dict[str, Any]:
    answer.seek(0)
    line = answer.readline() if code == 0 else b""
    if not line:
        logging.getLogger("kiriwake.intake").warning("a file's reader ended with %s", code)
        raise Refused("attachments.too_complex")
    told: dict[str, Any] = json.loads(line)
    refuse_all([_refused(reason) for reason in told.get("reasons", ())])
    return told


def _refused(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    return Refused(told["refused"], **{name: _refused(value) for name, value in told["values"].items()})
