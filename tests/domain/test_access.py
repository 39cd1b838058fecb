"""The one access decision, and that SQL and Python never disagree about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from kb.domain.access import ANYONE, PERMISSIONS, may, scope
from kb.domain.articles import AUDIENCES, CONFIDENCES
from kb.domain.people import ROLES
from kb.store.models import Article, Base, Person
from kb.store.visibility import visible

ME, SOMEBODY_ELSE = 1, 2


@dataclass(frozen=True)
class Reader:
    role: str
    trained: bool = True
    id: int | None = ME


@dataclass(frozen=True)
class Piece:
    audience: str
    confidence: str
    owner_id: int | None = SOMEBODY_ELSE


READERS = [Reader(role, trained) for role, trained in product(ROLES, (True, False))]
READERS += [Reader(role, True, None) for role in ROLES] + [Reader(ANYONE, False, None)]
PIECES = [Piece(*row) for row in product(AUDIENCES, CONFIDENCES, (ME, SOMEBODY_ELSE, None))]


def sees(reader, **piece):
    return scope(reader, pages_open=piece.pop("pages_open", False)).sees(Piece(**piece))


@pytest.fixture(scope="module")
def shelf():
    """A session on a database that holds one article for each audience, confidence and owner."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    then = datetime(2026, 11, 1, tzinfo=UTC)
    with Session(engine) as session:
        for number in (ME, SOMEBODY_ELSE):
            row = {"role": "engineer", "organisation": "ward", "password_hash": "-", "created_at": then}
            session.add(Person(id=number, login=str(number), name=str(number), **row))
        session.flush()
        for number, piece in enumerate(PIECES, start=1):
            row = {"kind": "workaround", "title": "-", "created_at": then, "updated_at": then}
            session.add(Article(id=number, **vars(piece), **row))
        session.commit()
        yield session
    engine.dispose()


@pytest.mark.parametrize("pages_open", [False, True])
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_the_database_finds_exactly_what_the_reader_sees(shelf, reader, pages_open):
    decided = scope(reader, pages_open=pages_open)

    found = set(shelf.scalars(select(Article.id).where(visible(decided))))

    assert found == {number for number, piece in enumerate(PIECES, start=1) if decided.sees(piece)}


def test_a_visitor_sees_nothing_until_the_ward_opens_its_staff_pages():
    published = {"audience": "staff", "confidence": "validated"}

    assert not sees(Reader(ANYONE, id=None), **published)
    assert sees(Reader(ANYONE, id=None), **published, pages_open=True)
    assert not sees(Reader(ANYONE, id=None), audience="engineer", confidence="validated", pages_open=True)
    assert not sees(Reader(ANYONE, id=None), audience="staff", confidence="work_in_progress", pages_open=True)


def test_staff_see_published_staff_articles_only_even_their_own():
    assert sees(Reader("staff"), audience="staff", confidence="not_validated")
    assert not sees(Reader("staff"), audience="engineer", confidence="validated")
    assert not sees(Reader("staff"), audience="staff", confidence="work_in_progress", owner_id=ME)


@pytest.mark.parametrize("role", ["engineer", "reviewer", "administrator"])
def test_restricted_articles_exist_only_after_the_privacy_training(role):
    restricted = {"audience": "restricted", "confidence": "validated"}

    assert sees(Reader(role, trained=True), **restricted)
    assert not sees(Reader(role, trained=False), **restricted)
    assert not sees(Reader(role, trained=False), **restricted, owner_id=ME)


def test_a_contractors_author_sees_restricted_articles_only_if_they_are_their_own():
    restricted = {"audience": "restricted", "confidence": "validated"}

    assert not sees(Reader("author"), **restricted)
    assert sees(Reader("author"), **restricted, owner_id=ME)
    assert not sees(Reader("author", trained=False), **restricted, owner_id=ME)


@pytest.mark.parametrize("confidence", ["work_in_progress", "archived"])
def test_unpublished_articles_exist_for_their_owner_and_for_ward_officers(confidence):
    piece = {"audience": "engineer", "confidence": confidence}

    assert sees(Reader("engineer"), **piece, owner_id=ME)
    assert not sees(Reader("engineer"), **piece)
    assert not sees(Reader("engineer"), **piece, owner_id=None)
    assert sees(Reader("reviewer"), **piece)
    assert sees(Reader("administrator"), **piece, owner_id=None)


def test_a_permission_does_not_reach_an_article_that_does_not_exist_for_the_person():
    draft = Piece("engineer", "work_in_progress")

    assert may(Reader("engineer"), "article.edit")
    assert not may(Reader("engineer"), "article.edit", draft)
    assert may(Reader("reviewer"), "article.edit", draft)


def test_an_action_that_nobody_listed_is_an_error():
    with pytest.raises(KeyError):
        may(Reader("administrator"), "articles.burn")


@pytest.mark.parametrize("action", PERMISSIONS)
def test_every_action_has_a_role_and_the_administrator_is_one(action):
    assert "administrator" in PERMISSIONS[action]


def test_an_unknown_role_may_do_nothing():
    assert not [action for action in PERMISSIONS if may(Reader("visitor"), action)]
