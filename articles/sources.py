"""Where articles are imported from: a folder, one file, a .tar.gz or a .zip; nothing is unpacked to disk.

Archives come from outside: links, devices and names that lead out of the archive are refused, and the
size is added up from what is really read, never from what an archive says of itself.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

from articles import documents, word
from articles.intake.types import ENDINGS, ending_of
from kb.domain.articles import Text
from kb.domain.errors import Refused

MARKDOWN = frozenset({".md", ".markdown"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
ATTACHMENTS = "attachments"
"""The folder whose files may be of every type that an article carries; elsewhere pictures alone are."""
MOST_FILES = 100_000
MOST_BYTES = 512 * 2**20
LARGEST = {"text": 2 * 2**20, "image": 20 * 2**20}
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError)
"""What the readers of archives raise for one that is broken, encrypted or of an unknown method."""


class Files:
    """The readable files of a source. refused: (name, reason) of what is not taken.

    Names are relative, with "/" between folders. Text and images are kept in memory: an archive
    cannot be read in any order cheaply.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.contents: dict[str, bytes] = {}
        self.refused: list[tuple[str, Refused]] = []
        self._bytes = 0

    def texts(self) -> list[str]:
        """Return the names of the Markdown files, in order."""
        return sorted(name for name in self.contents if PurePosixPath(name).suffix.lower() in MARKDOWN)

    def take(self, name: str, file: IO[bytes]) -> None:
        """Read one file, unless its name or size is refused."""
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in MARKDOWN and not attachable(name):
            return
        if len(self.contents) >= MOST_FILES:
            raise Refused("import.too_many_files", most=MOST_FILES)
        most = LARGEST["text" if suffix in MARKDOWN else "image"]
        content = file.read(most + 1)
        self._bytes += len(content)
        if self._bytes > MOST_BYTES:
            raise Refused("import.too_much", most=MOST_BYTES // 2**20)
        if len(content) > most:
            self.refused.append((name, Refused("import.file_too_large", most=most // 2**20)))
            return
        self.contents[name] = content


def attachable(name: str) -> bool:
    """Return whether a file of this name may become an attachment; its content decides later."""
    path = PurePosixPath(name)
    return path.suffix.lower() in IMAGES or (ATTACHMENTS in path.parts and ending_of(path.name) in ENDINGS)


def open_source(path: Path, kind: str = "self_help") -> Files:
    """Return the files under the path. Raises Refused if it is none of what can be read.

    kind: of the article that a Word document becomes.
    """
    label = path.resolve().name.split(".")[0] or "import"
    files = Files(label)
    try:
        if path.suffix.lower() == ".docx":
            _from_word(path, files, kind)
        else:
            _read(path, files)
    except DAMAGED as error:
        raise Refused("import.damaged", path=str(path)) from error
    return files


def _read(path: Path, files: Files) -> None:
    if path.is_dir():
        _from_folder(path, files)
    elif tarfile.is_tarfile(path):
        _from_tar(path, files)
    elif zipfile.is_zipfile(path):
        _from_zip(path, files)
    elif path.suffix.lower() in MARKDOWN:
        with path.open("rb") as file:
            files.take(path.name, file)
        _beside(path, files)
    else:
        raise Refused("import.not_a_source", path=str(path))


def _from_word(path: Path, files: Files, kind: str) -> None:
    """A Word document is a draft, and its pictures files beside it."""
    with path.open("rb") as file:
        draft = word.read(file, path.name, kind, most_bytes=LARGEST["image"])
    places = {f"attachment:{sha256}": f"pictures/{quote(name)}" for sha256, name in draft.names.items()}
    named = re.compile("|".join(map(re.escape, places)) or "(?!)")
    sections = {key: named.sub(lambda m: places[m[0]], text) for key, text in draft.sections.items()}
    text = documents.write(Text(kind, draft.title, sections=sections), {"confidence": "work_in_progress"})
    files.contents[f"{path.stem}.md"] = text.encode()
    files.contents |= {f"pictures/{picture.name}": picture.content for picture in draft.pictures}


def _beside(path: Path, files: Files) -> None:
    """A single file brings the pictures that lie below its folder's media and attachments."""
    for folder in ("media", "images", "attachments"):
        for picture in sorted((path.parent / folder).rglob("*")):
            if picture.is_file() and not picture.is_symlink():
                with picture.open("rb") as file:
                    files.take(picture.relative_to(path.parent).as_posix(), file)


def _from_folder(path: Path, files: Files) -> None:
    for found in sorted(path.rglob("*")):
        if found.is_symlink():
            files.refused.append((found.relative_to(path).as_posix(), Refused("import.link")))
        elif found.is_file():
            with found.open("rb") as file:
                files.take(found.relative_to(path).as_posix(), file)


def _from_tar(path: Path, files: Files) -> None:
    with tarfile.open(path) as archive:
        for count, member in enumerate(archive):
            _count(count)
            if member.isdir():
                continue
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                files.refused.append((member.name, Refused("import.link")))
            elif _safe(member.name, files):
                files.take(_plain(member.name), file)


def _from_zip(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path) as archive:
        for count, member in enumerate(archive.infolist()):
            _count(count)
            if not member.is_dir() and _safe(member.filename, files):
                with archive.open(member) as file:
                    files.take(_plain(member.filename), file)


def _count(count: int) -> None:
    if count >= MOST_FILES:
        raise Refused("import.too_many_files", most=MOST_FILES)


def _safe(name: str, files: Files) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or "\x00" in name:
        files.refused.append((name, Refused("import.unsafe_name")))
        return False
    return True


def _plain(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).as_posix()


def resolve(name: str, target: str) -> str | None:
    """Return the name of the file that a relative link in the file `name` leads to, or None."""
    parts: list[str] = list(PurePosixPath(name).parent.parts)
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def batches(names: list[str], size: int) -> Iterator[list[str]]:
    """Yield the names in groups of at most `size`."""
    for start in range(0, len(names), size):
        yield names[start : start + size]
