"""Bring a database to the newest schema, or back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text

from kb.on_demand import on_demand

command = on_demand("alembic.command")
config = on_demand("alembic.config")
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run the missing migrations in one transaction."""
    _run(engine, command.upgrade, to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Undo migrations down to the given one."""
    _run(engine, command.downgrade, to)


def is_current(engine: Engine) -> bool:
    """Return whether the database has every migration; every server asks at its start, so without Alembic."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [newest()]


def newest() -> str:
    """Return the newest migration's number, with which its file's name begins."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _run(engine: Engine, verb: Callable[..., None], to: str) -> None:
    settings: Any = config.Config()  # made here instead of read from a file
    settings.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        settings.attributes["connection"] = connection
        verb(settings, to)
