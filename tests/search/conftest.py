"""Documents and small indexes for the tests of search."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from search.analysis import analyse_query
from search.fields import Document
from search.index import Index
from search.scoring import search
from search.snapshot import Snapshots

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def document():
    """A function that returns a document; only its id and title must be given."""

    def make(number, title, **changes):
        row = {
            "id": number,
            "title": title,
            "symptom": "",
            "error_codes": (),
            "environment": "",
            "synonyms": (),
            "body": "",
            "kind": "workaround",
            "audience": "staff",
            "confidence": "validated",
            "owner_id": None,
            "components": (),
            "updated": NOW,
        }
        return Document(**(row | changes))

    return make


@pytest.fixture
def index(tmp_path):
    """An index with no document in it."""
    index = Index(tmp_path / "index")
    index.rebuild([])
    return index


@pytest.fixture
def ask(index):
    """A function: query -> Answer over `index`, allowed as the given function of facts says."""
    snapshots = Snapshots(index)

    def answer(text, may_find=lambda facts: True, hidden=(), **options):
        with snapshots.newest() as snapshot:
            allowed = snapshot.rows.allowed(may_find, hidden)
            return search(snapshot, analyse_query(text), allowed, **options)

    yield answer
    snapshots.close()


@pytest.fixture
def found(ask):
    """A function: query -> ids, best first."""
    return lambda text, **options: [hit.id for hit in ask(text, **options).hits]


@pytest.fixture
def engine(app):
    """The application's engine."""
    return app.extensions["kb.engine"]


@pytest.fixture
def queue(app):
    """The application's queue between the database and the index."""
    return app.extensions["search.queue"]
