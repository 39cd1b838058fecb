"""A temporary instance to measure on: a real database, a real index, and a real serving process."""

from __future__ import annotations

import html
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, insert, update

from kb.store.db import make_engine, writing
from kb.store.migrate import upgrade
from kb.store.models import Article, Revision
from search.bench.corpus import Text

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
_CHUNK = 500
NOW = datetime(2026, 11, 23, tzinfo=UTC)
_MEMORY = re.compile(r"^(VmRSS|RssAnon|RssFile):\s+(\d+) kB", re.MULTILINE)


def make_database(data: Path, texts: Iterable[Text]) -> Engine:
    """Make a database with these articles, published for everyone, ids from 1, nothing queued.

    What names a revision comes after it: SQLite would look for it in the whole table, at each row.
    """
    data.mkdir(mode=0o700, parents=True)
    engine = engine_of(data)
    upgrade(engine)
    rest = enumerate(texts, 1)
    while chunk := list(islice(rest, _CHUNK)):
        with writing(engine) as session:
            session.execute(insert(Article), [article_row(*pair) for pair in chunk])
            session.execute(insert(Revision), [revision_row(*pair) for pair in chunk])
            new = update(Article).where(Article.head_id.is_(None), Article.id >= chunk[0][0])
            session.execute(new.values(head_id=Article.id, published_id=Article.id))
    return engine


def engine_of(data: Path) -> Engine:
    """Return the way to an instance's database."""
    return make_engine(f"sqlite:///{data / 'kiriwake.db'}")


def article_row(number: int, text: Text) -> dict[str, object]:
    """Return the columns of an article that has no revision yet."""
    return {
        "id": number,
        "version": 1,
        "kind": "workaround",
        "title": text.title,
        "audience": "staff",
        "confidence": "validated",
        "created_at": NOW,
        "updated_at": NOW,
    }


def revision_row(number: int, text: Text) -> dict[str, object]:
    """Return the columns of a revision: the first sentence is the symptom, the rest one section."""
    symptom, body = "".join(text.sentences[:1]), text.sentences[1:]
    return {
        "id": number,
        "article_id": number,
        "created_at": NOW,
        "kind": "workaround",
        "title": text.title,
        "symptom": symptom,
        "error_codes": list(text.codes),
        "environment": "",
        "synonyms": [],
        "audience": "staff",
        "components": [],
        "sections": {"body": "\n\n".join(body)},
        "html": {"body": "".join(f"<p>{html.escape(sentence)}</p>" for sentence in body)},
    }


def memory(process: int) -> dict[str, float]:
    """Return a process's memory in MiB: all of it, its own, and mapped files (the dictionary)."""
    status = Path(f"/proc/{process}/status").read_text()
    return {name: int(kib) / 1024 for name, kib in _MEMORY.findall(status)}


@contextmanager
def serving(data: Path) -> Iterator[tuple[str, int]]:
    """Serve an instance in a process of its own, staff pages open; yield its address and process id."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "FLASK_"))}
    environment = kept | {"KB_DATA": str(data), "PORT": str(port), "KB_OPEN_STAFF_PAGES": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "serve"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(lambda: _answers(url), process)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(20)


def ask(url: str, text: str) -> None:
    """Open the search page for a query. Raises OSError if it is not shown."""
    address = f"{url}/search?{urllib.parse.urlencode({'q': text})}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310  (our own server)
        answer.read()


def _answers(url: str) -> bool:
    try:
        ask(url, "")
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


def _wait(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("flask serve did not answer")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
