"""While the database is locked for writing, whoever searches does not wait and is not turned away."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kb.store.db import reading, writing
from kb.store.models import SignIn

PATIENCE = 5.0
"""Seconds after which somebody is held to be waiting for the lock."""
LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def reviewer(app, as_role, make_article, engine):
    """Somebody who signed in and was last seen some minutes ago; one article that a search finds."""
    make_article()
    app.extensions["search.queue"].drain()
    client = as_role("reviewer")
    with writing(engine) as session:
        session.execute(update(SignIn).values(seen_at=LONG_AGO))
    app.extensions["search.log"].start()
    yield client
    app.extensions["search.log"].stop()
    app.extensions["search.finder"].close()


@contextmanager
def locked(engine):
    """Write in a thread of its own until the block ends; fail if the block waits for that."""
    writes, done, patient = threading.Event(), threading.Event(), []

    def write():
        with writing(engine) as session:
            session.execute(update(SignIn).values(seen_at=LONG_AGO))
            writes.set()
            patient.append(done.wait(PATIENCE))

    thread = threading.Thread(target=write)
    thread.start()
    writes.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert patient == [True]


def last_seen(engine):
    with reading(engine) as session:
        return session.scalar(select(SignIn.seen_at))


@pytest.mark.parametrize(
    ("method", "address", "data", "status"),
    [
        ("GET", "/search?q=印刷", None, 200),
        ("GET", "/search/suggest?q=印刷", None, 200),
        ("POST", "/search", {"q": "印刷" * 2_000}, 303),
        ("POST", "/opensearch.xml", None, 405),
    ],
)
def test_nobody_who_searches_waits_for_who_is_writing(reviewer, engine, method, address, data, status):
    with locked(engine):
        assert reviewer.open(address, method=method, data=data).status_code == status

    assert last_seen(engine) == LONG_AGO


def test_a_session_that_could_not_be_noted_as_seen_is_by_the_next_request(reviewer, engine):
    with locked(engine):
        reviewer.get("/search?q=印刷")
    reviewer.get("/search?q=印刷")

    assert last_seen(engine) > LONG_AGO
