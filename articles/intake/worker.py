"""The process that reads one uploaded file: bounded, and gone afterwards.

    python -m articles.intake.worker examine .docx <file >answer

The answer is a line of JSON, then the bytes that it announces. Nothing is printed of what the file says.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from articles import files
from articles.intake import bounds, findings, office, pdf, pictures, texts, word
from articles.intake.archives import ARCHIVES, Archive
from articles.intake.bounds import Budget
from articles.intake.types import TYPES, Type
from kb.domain.errors import Reasons, Refused


@dataclass
class Answer:
    """What became of the file: type, pages without text, and what to keep instead of its bytes.

    doubtful: names and the like, with their places.
    told: what only some commands tell.
    """

    type: Type
    unread: list[int] = field(default_factory=list)
    doubtful: list[Refused] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def examine(file: IO[bytes], ending: str) -> Answer:
    """Return what the file is. Raises every reason why it must not be kept."""
    try:
        return _examined(file, ending)
    except pdf.ERRORS as error:
        raise Refused("attachments.damaged") from error


def _examined(file: IO[bytes], ending: str) -> Answer:
    found = _type(file, ending, Budget())
    file.seek(0)
    if found.picture:
        form, content = pictures.encoded(file, found.key)
        return Answer(TYPES[form], parts=[content])
    budget = Budget()
    unread: list[int] = []
    if found.key == "pdf":
        document = pdf.Pdf(file)
        doubtful = findings.look(document.lines(), budget)
        unread = document.unread
    elif found.key in ("docx", "xlsx"):
        doubtful = findings.look(office.lines(Archive(file, budget)), budget)
    elif found.key == "zip":
        doubtful = findings.look(_logs(Archive(file, budget)), budget)
    else:
        doubtful = findings.look(_text(file.read(), found.key == "csv"), budget)
    return Answer(found, unread, doubtful)


def convert(file: IO[bytes], ending: str) -> Answer:
    """Return a Word document as Markdown: told["sections"], pictures in parts (docs/articles.md)."""
    found = examine(file, ending)
    if found.type.key != "docx":
        raise Refused("attachments.not_word")
    file.seek(0)
    told, parts = word.markdown(file)
    return Answer(found.type, parts=parts, told=told)


def _type(file: IO[bytes], ending: str, budget: Budget) -> Type:
    """Return the type that the bytes show. Raises Refused if the name says another, or it is none of ours."""
    head = file.read(1024)
    image = files.image_type(head)
    if image:
        key = image.removeprefix("image/")
    elif head.startswith(b"%PDF-"):
        key = "pdf"
    elif head.startswith(b"PK\x03\x04"):
        key = office.kind_of(Archive(file, budget).names) or "zip"
    elif head.startswith(ARCHIVES):
        raise Refused("attachments.type_not_taken")
    elif not head:
        raise Refused("attachments.empty")
    else:
        key = "csv" if ending == ".csv" else "text"
    if ending not in TYPES[key].endings:
        raise Refused("attachments.mislabelled", ending=ending, type=TYPES[key].label)
    return TYPES[key]


def _text(content: bytes, table: bool) -> Iterator[texts.Line]:
    for text in texts.decoded(content):
        yield from texts.lines(text)
        if table:
            yield from texts.table_lines(texts.csv_rows(text))


def _logs(archive: Archive) -> Iterator[texts.Line]:
    """Yield the lines of a ZIP's files: text only, no archive within it."""
    for name, stream in archive.files():
        content = stream.whole()
        if content.startswith(ARCHIVES):
            raise Refused("attachments.nested")
        try:
            readings = texts.decoded(content)
        except Refused as refused:
            raise Refused("attachments.in_zip", name=name[-80:], reason=refused) from refused
        for text in readings:
            yield from texts.lines(text, "attachments.at_line_of", name=name[-80:])


def _limit() -> None:
    limits = (
        (resource.RLIMIT_AS, bounds.MEMORY),
        (resource.RLIMIT_CPU, bounds.CPU_SECONDS),
        (resource.RLIMIT_FSIZE, bounds.MOST_OUTPUT),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        with suppress(ValueError, OSError):  # a system that does not know the limit, or has a narrower one
            resource.setrlimit(kind, (most, most))


def _told(value: Any) -> Any:
    if isinstance(value, Refused):
        values = {name: _told(inner) for name, inner in value.values.items()}
        return {"refused": value.key, "values": values}
    return value


def _answer(command: str, ending: str) -> tuple[dict[str, Any], list[bytes]]:
    try:
        done = {"examine": examine, "convert": convert}[command](sys.stdin.buffer, ending)
    except Refused as refused:
        reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
        return {"reasons": [_told(reason) for reason in reasons]}, []
    except MemoryError:
        return {"reasons": [_told(Refused("attachments.too_complex"))]}, []
    told = {"type": done.type.key, "unread": done.unread, "parts": [len(part) for part in done.parts]}
    told["doubtful"] = [_told(reason) for reason in done.doubtful]
    return told | done.told, done.parts


def main() -> None:
    """Read standard input as the command says and answer on standard output."""
    _limit()
    head, parts = _answer(*sys.argv[1:3])
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for part in parts:
        out.write(part)
    out.flush()


if __name__ == "__main__":
    main()
