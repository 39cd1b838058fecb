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

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=30000",
)


def make_engine(url: str) -> Engine:
    """Return an engine for the URL, with this project's ground rules applied to SQLite."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: pysqlite would begin too late
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def reading(engine: Engine) -> Session:
    """Return a session for a request that only reads: a snapshot that never blocks a writer."""
    return Session(engine, autoflush=False, expire_on_commit=False)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Yield a session in one write transaction: committed at the end, rolled back by any error."""
    with engine.connect().execution_options(writes=True) as connection, Session(connection) as session:
        yield session
        session.commit()
