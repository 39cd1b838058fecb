"""Alembic's migrations; `kb.store.migrate` runs them without a configuration file."""
