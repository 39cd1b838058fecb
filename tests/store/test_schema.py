"""The schema: migrations make what the models say, and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from kb.store import migrate
from kb.store.db import make_engine, reading, writing
from kb.store.models import Base, ToIndex

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'kb.db'}")
    yield engine
    engine.dispose()


def test_the_migrated_schema_is_the_one_of_the_models(engine):
    migrate.upgrade(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert migrate.is_current(engine)


def test_every_migration_can_be_undone(engine):
    migrate.upgrade(engine)
    migrate.downgrade(engine)

    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    assert not migrate.is_current(engine)


def test_a_database_of_any_other_version_is_not_current(engine):
    assert not migrate.is_current(engine)
    migrate.upgrade(engine, "0001")
    assert not migrate.is_current(engine)

    scripts = ScriptDirectory(str(migrate.MIGRATIONS))
    assert [migrate.newest()] == scripts.get_heads()


def test_sqlite_keeps_the_ground_rules(engine):
    with engine.connect() as connection:
        values = [
            connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        ]
        assert values == ["wal", 2]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1


def test_a_write_takes_the_lock_before_it_reads(engine):
    migrate.upgrade(engine)
    other = make_engine(str(engine.url))
    with writing(engine) as session:
        session.execute(text("SELECT 1"))
        with other.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
            with pytest.raises(Exception, match="locked"):
                connection.execution_options(writes=True).exec_driver_sql("BEGIN IMMEDIATE")
    other.dispose()


def test_an_error_in_a_write_leaves_nothing_behind(engine):
    migrate.upgrade(engine)

    def fail(session):
        session.add(ToIndex(article_id=1, queued_at=NOW))
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError), writing(engine) as session:
        fail(session)
    with reading(engine) as session:
        assert session.query(ToIndex).count() == 0


def test_a_moment_without_a_zone_is_refused(engine):
    migrate.upgrade(engine)
    with reading(engine) as session:
        session.add(ToIndex(article_id=1, queued_at=datetime(2026, 11, 23)))  # noqa: DTZ001
        with pytest.raises(Exception, match="naive datetime"):
            session.flush()
