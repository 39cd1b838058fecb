"""The search index on disk: derived from the database, replaced as a whole or updated in batches.

Layout of the directory (0700, because Whoosh unpickles what it finds there):
    current             name of the index in use
    index-<random>/     a Whoosh index and the fingerprint of what it was made with
    lock                held by the one process that writes
"""

import fcntl
import os
import pickle
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from search import analysis, postings
from search.engine import (
    FileIndex,
    FileStorage,
    IndexReader,
    LockError,
    SegmentReader,
    SegmentWriter,
    StoredIndexError,
    columns,
    fields,
    formats,
)
from search.entry import COLUMNS, entry_if_readable, entry_of
from search.fields import FIELDS, Document, signature

Progress = Callable[[int], None]
Opened = tuple[Any, SegmentReader | None]
"""A segment as Whoosh's table of contents has it, and its reader."""
_ATTEMPTS = 20
_LOCK_SECONDS = 10.0
_TOC = re.compile(r"_MAIN_(\d+)\.toc")
_MOST_SEGMENTS = 8
_MOST_UNTIDY = 48  # so many are kept while people wait for a commit; `tidy` joins them when nobody does
_UNREADABLE = (
    OSError,
    StoredIndexError,
    ValueError,
    EOFError,
    LookupError,
    AssertionError,
    zlib.error,
    # What unpickling raises for damaged bytes, and for classes that another version had.
    pickle.UnpicklingError,
    AttributeError,
    ImportError,
    TypeError,
)


class IndexUnusable(Exception):
    """The index is missing, unreadable or made by other rules; it has to be rebuilt."""


class IndexDamaged(IndexUnusable):
    """A file of the index could be opened and not be read."""


class IndexBusy(Exception):
    """Another process is writing; try again later."""


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field given as {term: weight}: taken apart before Whoosh sees it."""

    def __init__(self) -> None:
        super().__init__(format=formats.Existence(), analyzer=None)

    def to_bytes(self, value: str | bytes) -> bytes:
        return value if isinstance(value, bytes) else value.encode()

    def from_bytes(self, value: bytes) -> str:
        return value.decode()


def _schema() -> fields.Schema:
    columns_of = {name: fields.COLUMN(columns.VarBytesColumn()) for name in COLUMNS}
    return fields.Schema(id=_Terms(), **columns_of, **{field.name: _Terms() for field in FIELDS})


def fingerprint() -> str:
    """Return what an index made now depends on: analyser, dictionary and fields."""
    return f"2 | {analysis.fingerprint()} | {signature()}"


def _merge(writer: SegmentWriter, segments: list[object], most: int) -> list[object]:
    """Decide which segments are rewritten with the new one; return those that stay.

    Emptied segments go. Once there are `most`, the small ones are joined as long as each is not much larger
    than those before it, so that a document is rewritten a logarithmic number of times.
    """
    live = sorted((s for s in segments if s.doc_count()), key=lambda s: s.doc_count())  # type: ignore[attr-defined]
    if len(live) < most:
        return live
    taken = 0
    while live and (taken < 2 or live[0].doc_count() <= 2 * taken):  # type: ignore[attr-defined]
        segment = live.pop(0)
        taken += segment.doc_count()  # type: ignore[attr-defined]
        reader = SegmentReader(writer.storage, writer.schema, segment)
        postings.add_segment(writer, reader, COLUMNS)
        reader.close()
    return live


class Index:
    """The index under one directory, shared by several processes; nothing is made until the first write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files = _Files()

    def open_reader(self, attempts: int = _ATTEMPTS) -> tuple[str, IndexReader]:
        """Return (generation, reader) of the newest state; the caller closes the reader.

        A commit or a swap may remove files while they are being opened, so opening is tried again.
        Raises IndexUnusable when there is no index or it was made by other rules.
        """
        return _tried_again(self._open_reader, attempts)

    def _open_reader(self) -> tuple[str, IndexReader]:
        directory = self.directory()
        reader = FileIndex(_storage(directory), schema=_schema()).reader()
        return f"{directory.name}:{reader.generation()}", reader

    def open_segments(self, known: Collection[str]) -> tuple[str, list[Opened]]:
        """Return (generation, segments with documents) of the newest state; those with a known id unread.

        Nobody needs to close the readers: they hold memory, and no file. Raises IndexUnusable.
        """
        return _tried_again(lambda: self._open_segments(known), _ATTEMPTS)

    def _open_segments(self, known: Collection[str]) -> tuple[str, list[Opened]]:
        directory = self.directory()
        storage, schema = _storage(directory), _schema()
        contents = FileIndex(storage, schema=schema)._read_toc()
        opened = [
            (stored, None if stored.segment_id() in known else SegmentReader(storage, schema, stored))
            for stored in contents.segments
            if stored.doc_count_all()
        ]
        return f"{directory.name}:{contents.generation}", opened

    def generation(self) -> str:
        """Return the name of the newest state: cheap, for readers to see whether theirs is old.

        Raises IndexUnusable.
        """
        for _ in range(_ATTEMPTS):
            directory = self.directory()
            with suppress(OSError):  # swept away by a rebuild since
                return f"{directory.name}:{_newest(directory)}"
        raise IndexUnusable("missing")

    def directory(self) -> Path:
        """Return the directory in use. Raises IndexUnusable if there is none or its rules are others."""
        known = name = ""
        while True:
            try:
                name = (self.root / "current").read_text().strip()
                directory = self.root / name
                made_with = (directory / "fingerprint").read_text()
                break
            except (OSError, ValueError) as error:
                if name == known:
                    raise IndexUnusable("missing") from error
                known = name  # a rebuild may have swept it away; then the pointer says something else now
        if made_with != fingerprint():
            raise IndexUnusable("made by other rules")
        return directory

    def condemn(self) -> None:
        """Let go of an index that proved damaged, so that it counts as missing."""
        with suppress(OSError):
            (self.root / "current").unlink()

    @contextmanager
    def writing(self) -> Iterator["Writing"]:
        """Hold the write lock, which is the process's and ends with it. Raises IndexBusy after 10 seconds."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        with open(self.root / "lock", "w") as file:
            _lock(file.fileno())
            yield Writing(self, self._files)

    def update(self, documents: Iterable[Document], deletions: Collection[int] = ()) -> None:
        """Do `Writing.update` under a lock of its own."""
        with self.writing() as writing:
            writing.update(documents, deletions)

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """Do `Writing.rebuild` under a lock of its own."""
        with self.writing() as writing:
            return writing.rebuild(documents, progress)


Result = TypeVar("Result")


def _tried_again(attempt: Callable[[], Result], times: int) -> Result:
    """Return the result of the attempt, of which a commit or a swap may remove files while they are opened.

    Raises IndexUnusable when it failed so many times.
    """
    while True:
        times -= 1
        try:
            return attempt()
        except _UNREADABLE as error:
            if times <= 0:
                raise IndexUnusable(f"unreadable: {error!r}") from error
            time.sleep(0.02)


class Writing:
    """What may be done while the write lock is held."""

    def __init__(self, index: Index, files: "_Files") -> None:
        self._index = index
        self._root = index.root
        self._files = files

    def update(
        self,
        documents: Iterable[Document],
        deletions: Collection[int] = (),
        progress: Progress | None = None,
        unreadable: set[int] | None = None,
    ) -> None:
        """Put the documents in (the last of each id counts) and take the deletions out, in one commit.

        Durable on return. Raises IndexUnusable, IndexBusy; on any failure the index stays as it was.
        progress is called after each document with how many are done. Given a set, what cannot be taken apart
        is noted there and left out instead of failing.
        """
        latest = {document.id: document for document in documents}
        directory = self._index.directory()
        _write(self._files, directory, latest.values(), {*latest, *deletions}, progress, unreadable)

    def tidy(self) -> None:
        """Join small segments once there are many. Raises IndexUnusable, IndexBusy."""
        directory = self._index.directory()
        if len(list(directory.glob("*.seg"))) > _MOST_SEGMENTS:
            _write(self._files, directory, (), (), most=_MOST_SEGMENTS)

    def rebuild(
        self,
        documents: Iterable[Document],
        progress: Progress | None = None,
        unreadable: set[int] | None = None,
    ) -> int:
        """Make a new index beside the one in use, then put it in its place; return how many documents.

        Searches go on against the old one until the swap, which is one rename. progress and unreadable as of
        `update`; where nothing can be read at all, it fails. The old index and left-overs of crashed rebuilds
        are removed.
        """
        directory = self._root / f"index-{secrets.token_hex(8)}"
        directory.mkdir(mode=0o700)
        try:
            FileIndex.create(_storage(directory), _schema())
            count = _write(self._files, directory, _unique(documents), (), progress, unreadable)
            if unreadable and not count:
                raise RuntimeError("none of the articles can be taken apart")
            (directory / "fingerprint").write_text(fingerprint())
            _sync(directory, self._files)
            self._point_to(directory)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        self._sweep(keep=directory)
        return count

    def _point_to(self, directory: Path) -> None:
        new = self._root / "current.new"
        new.write_text(directory.name)
        _sync_file(new)
        os.replace(new, self._root / "current")
        _sync_file(self._root)

    def _sweep(self, keep: Path) -> None:
        for path in self._root.glob("index-*"):
            if path != keep:
                shutil.rmtree(path, ignore_errors=True)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise IndexBusy from error
            time.sleep(0.05)


def _newest(directory: Path) -> int:
    """Return the number of the newest commit: Whoosh names its table of contents by it."""
    matches = (_TOC.fullmatch(name) for name in os.listdir(directory))
    return max((int(match[1]) for match in matches if match), default=-1)


class _Files:
    """The files that this process has opened or flushed while it held the lock: none of them ever changes."""

    def __init__(self) -> None:
        self._terms: dict[str, postings.Terms] = {}
        self._flushed: set[Path] = set()

    def terms(self, writer: SegmentWriter) -> Iterator[tuple[postings.Terms, int]]:
        """Yield the terms of each of the writer's segments and the number of the segment's first document."""
        held, self._terms = self._terms, {}
        start = 0
        for segment in writer.segments:
            name = segment.segment_id()
            found = held.get(name) or postings.Terms(SegmentReader(writer.storage, writer.schema, segment))
            self._terms[name] = found
            yield found, start
            start += segment.doc_count_all()

    def flush(self, files: Collection[Path]) -> None:
        """Flush those to the disk that are not there yet, whoever wrote them."""
        for path in files:
            if path not in self._flushed:
                _sync_file(path)
        self._flushed = set(files)


def _write(
    files: _Files,
    directory: Path,
    documents: Iterable[Document],
    replaced: Collection[int],
    progress: Progress | None = None,
    unreadable: set[int] | None = None,
    most: int = _MOST_UNTIDY,
) -> int:
    """Write one commit: `replaced` out, documents in; return how many went in."""
    writer = _writer(directory)
    try:
        _delete(writer, files, replaced)
        count = 0
        for done, document in enumerate(documents, 1):
            entry = entry_of(document) if unreadable is None else entry_if_readable(document, unreadable)
            if entry:
                postings.add(writer, entry.terms, entry.columns)
                count += 1
            if progress:
                progress(done)
        writer.commit(mergetype=partial(_merge, most=most))
    except BaseException:
        with suppress(Exception):
            writer.cancel()
        raise
    _sync(directory, files)
    return count


def _writer(directory: Path) -> SegmentWriter:
    try:
        index = FileIndex(_storage(directory), schema=_schema())
        writer = index.writer(timeout=_LOCK_SECONDS, codec=postings.Codec())
    except LockError as error:
        raise IndexBusy from error
    except _UNREADABLE as error:
        raise IndexUnusable(f"unreadable: {error!r}") from error
    writer.pool = postings.Pool()
    return writer


def _storage(directory: Path) -> FileStorage:
    return FileStorage(str(directory))


def _unique(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield each id once; the same id twice in one batch would make two documents."""
    seen: set[int] = set()
    for document in documents:
        if document.id not in seen:
            seen.add(document.id)
            yield document


def _delete(writer: SegmentWriter, files: _Files, ids: Collection[int]) -> None:
    keys = postings.Keys(str(number) for number in ids)
    for terms, start in files.terms(writer) if ids else ():
        for _, (documents, _) in terms.gather("id", keys):
            for document in documents.tolist():
                writer.delete_document(start + document)


def _sync(directory: Path, files: _Files) -> None:
    """Flush an index to the disk: Whoosh itself does not."""
    kept = (".toc", ".seg")
    files.flush({path for path in directory.iterdir() if path.suffix in kept or path.name == "fingerprint"})
    _sync_file(directory)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
