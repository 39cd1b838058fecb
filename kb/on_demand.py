"""Modules that a serving process seldom needs: imported when something of them is first used.

It makes no migrations, measures no search and writes few workbooks, but would hold all that these import.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _OnDemand:
    """Stands where the module would."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def on_demand(name: str) -> Any:
    """Return what stands for the module of this dotted name, at the top of a file, as an import does."""
    return _OnDemand(name)
