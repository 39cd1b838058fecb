"""Commands of incidents."""

from __future__ import annotations

from flask.cli import AppGroup

commands = AppGroup("incidents", help="Import and export incidents.")
