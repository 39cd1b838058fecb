"""Engines and transactions.

SQLite: WAL, synchronous=FULL, foreign keys, secure_delete; a write transaction begins IMMEDIATE,
so that two writers queue instead of failing half-way (SQLite manual, "Isolation").
PostgreSQL works by its URL; nothing here but the pragmas is SQLite's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from kb.store.refusing import refuse_rows

_PATIENT, _IMPATIENT = "PRAGMA busy_timeout=30000", "PRAGMA busy_timeout=0"
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    _PATIENT,
)
event.listen(Session, "before_flush", refuse_rows)


def make_engine(url: str) -> Engine:
    """Return an engine for the URL, with this project's ground rules applied to SQLite."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    # The connection used last is used next: each has a page cache of its own.
    engine = create_engine(url, connect_args={"timeout": 30}, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: pysqlite would begin too late
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    begin = "BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN"
    if options.get("waits", True):
        connection.exec_driver_sql(begin)
        return
    connection.exec_driver_sql(_IMPATIENT)
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(_PATIENT)


def reading(engine: Engine) -> Session:
    """Return a session for a request that only reads: a snapshot that never blocks a writer."""
    return Session(engine, autoflush=False, expire_on_commit=False)


@contextmanager
def writing(engine: Engine, *, waits: bool = True) -> Iterator[Session]:
    """Yield a session in one write transaction: committed at the end, rolled back by any error.

    waits: False raises OperationalError at the first statement while another transaction writes (SQLite).
    """
    options = {"writes": True, "waits": waits}
    with engine.connect().execution_options(**options) as connection, Session(connection) as session:
        yield session
        session.commit()
