"""Where features ask what is known for some words, without knowing who searches.

The search feature sets the seeker (`search.seeking`); an incident's page asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.store.models import Article

Parts = Sequence[tuple[str, bool]]
"""A text cut at what was looked for: (piece, whether it is a match)."""


@dataclass(frozen=True)
class Hit:
    """An article that exists for the reader. words: a piece of its text, may be empty.

    solved: how often it solved what is told in these words, until which day in Japan (None: never).
    """

    article: Article
    title: Parts
    words: Parts = ()
    solved: int = 0
    last: date | None = None


class Seeker(Protocol):
    """What the search feature provides."""

    def articles(self, session: Session, scope: Scope, text: str, most: int, *, typed: bool) -> list[Hit]:
        """Return the articles for a text, those that solved it before first. typed: a person's own words."""

    def matching(self, session: Session, scope: Scope, text: str) -> list[int]:
        """Return the ids of the first articles for a text, the best first; asked without a request too."""

    def incidents(self, session: Session, text: str, least: float) -> Mapping[int, float]:
        """Return the incidents told in like words: id -> likeness, from `least` to 1."""


def set_seeker(app: Flask, seeker: Seeker) -> None:
    """Say who searches."""
    app.extensions["kb.finding"] = seeker


def articles(session: Session, scope: Scope, text: str, most: int, *, typed: bool = False) -> list[Hit]:
    """Return the articles for a text that exist for the reader; typed words count among the searches."""
    return _seeker().articles(session, scope, text, most, typed=typed) if text.strip() else []


def matching(session: Session, scope: Scope, text: str) -> list[int]:
    """Return the ids of the first articles for a text that exist for the reader, the best first."""
    return _seeker().matching(session, scope, text) if text.strip() else []


def incidents(session: Session, text: str, least: float) -> Mapping[int, float]:
    """Return the incidents told in like words: id -> likeness, from `least` to 1."""
    return _seeker().incidents(session, text, least) if text.strip() else {}


def _seeker() -> Seeker:
    seeker: Seeker = current_app.extensions["kb.finding"]
    return seeker
