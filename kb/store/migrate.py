"""Bring a database to the newest schema, or back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent / "migrations"


def configuration() -> Config:
    """Return Alembic's configuration, made here instead of read from a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run the missing migrations in one transaction."""
    _run(engine, command.upgrade, to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Undo migrations down to the given one."""
    _run(engine, command.downgrade, to)


def is_current(engine: Engine) -> bool:
    """Return whether the database has every migration."""
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    return now == ScriptDirectory.from_config(configuration()).get_current_head()


def _run(engine: Engine, verb: object, to: str) -> None:
    config = configuration()
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        verb(config, to)  # type: ignore[operator]
