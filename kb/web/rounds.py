"""Rounds: what features look at every few minutes while the server runs, whether or not it sends mail.

Several processes may make the same round, and a round may come twice: what it does, it does once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from kb.store.db import writing
from kb.web import db

Round = Callable[[Engine, datetime], None]
EVERY_SECONDS = 300


def add(app: Flask, round_: Round) -> None:
    """Let a feature look at something in each round: (engine, now) -> None, with its own transactions."""
    app.extensions.setdefault("kb.rounds", []).append(round_)


def in_a_transaction(look: Callable[[Session, datetime], None]) -> Round:
    """Return a round that writes as it looks: (session, now) -> None."""

    def round_(engine: Engine, now: datetime) -> None:
        with writing(engine) as session:
            look(session, now)

    return round_


def make(app: Flask) -> None:
    """Make one round now; one that fails keeps no other from being made."""
    with app.app_context():
        for round_ in app.extensions.get("kb.rounds", []):
            try:
                round_(db.engine(), db.now())
            except Exception:
                logging.getLogger("kiriwake.rounds").exception("%s", round_)


def start(app: Flask) -> None:
    """Make rounds in the background for as long as the process serves."""
    threading.Thread(target=_keep_going, args=[app], name="rounds", daemon=True).start()


def _keep_going(app: Flask) -> None:
    pause = threading.Event()
    while not pause.wait(EVERY_SECONDS):
        make(app)
