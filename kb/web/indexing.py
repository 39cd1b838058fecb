"""Where commands and views say that something waits for the index, without knowing who indexes.

The search feature sets the drainer; everyone else calls `wake` (soon, in the background) or
`drain` (now, for a command that ends right after).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flask import Flask, current_app


class Drainer(Protocol):
    """What the search feature provides."""

    def wake(self) -> None:
        """Index what is queued soon, in the background."""

    def drain(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Index what is queued now and return how many articles that were. progress: (done, total)."""

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the index anew from the database, and return how many articles it holds."""


def set_drainer(app: Flask, drainer: Drainer) -> None:
    """Say who indexes."""
    app.extensions["kb.indexing"] = drainer


def wake() -> None:
    """Let the queue be drained soon."""
    current_app.extensions["kb.indexing"].wake()


def drain(progress: Callable[[int, int], None] | None = None) -> int:
    """Drain the queue before returning."""
    drainer: Drainer = current_app.extensions["kb.indexing"]
    return drainer.drain(progress)


def rebuild() -> int:
    """Make the index anew; what stood in the old one is gone."""
    drainer: Drainer = current_app.extensions["kb.indexing"]
    return drainer.rebuild()
