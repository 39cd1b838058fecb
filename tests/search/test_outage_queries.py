"""What people type during an outage, over the articles an instance begins with (outage_queries.toml)."""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_app
from articles.cli import STARTER
from articles.importing import Import, Options
from articles.sources import open_source
from kb.store.db import reading, writing
from kb.store.models import Article
from kb.web import db as web_db
from tests.conftest import CAST, PASSWORD, person, settings_in

QUERIES = tomllib.loads((Path(__file__).parent / "outage_queries.toml").read_text(encoding="utf-8"))
READ = 3
"""So many results a person in a hurry looks at."""


@pytest.fixture(scope="module")
def started(tmp_path_factory, password_hash):
    """The application as `init` leaves it: the starter articles, published and indexed, and the cast."""
    settings = settings_in(tmp_path_factory.mktemp("outage") / "var")
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    web_db.migrate(app)
    engine = app.extensions["kb.engine"]
    with writing(engine) as session:
        session.add_all(person(login, password_hash, *row) for login, row in CAST.items())
    Import(engine, open_source(STARTER), settings.attachments, Options()).run(web_db.now)
    app.extensions["search.queue"].drain()
    yield app
    app.extensions["search.finder"].close()
    engine.dispose()


@pytest.fixture(scope="module")
def names(started):
    """Article's id -> the name of its file."""
    with reading(started.extensions["kb.engine"]) as session:
        by_title = {article.title: article.id for article in session.scalars(select(Article))}
    found = {}
    for path in STARTER.glob("*.md"):
        title = re.search(r"^title: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)[1]
        found[by_title[title.strip("'\"")]] = path.stem
    return found


@pytest.fixture(scope="module")
def ask(started):
    """A function: login, query -> the results of the search page."""
    clients = {}

    def page(login, typed):
        if login not in clients:
            clients[login] = started.test_client()
            clients[login].post("/sign-in", data={"login": login, "password": PASSWORD})
        answer = clients[login].get("/search", query_string={"q": typed}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return answer.text

    return page


def found(page):
    """Return the ids of the results, best first."""
    return [int(number) for number in re.findall(r'row-title"><a href="/articles/(\d+)', page)]


def named(page):
    """Return the words of which the page says that they were not found."""
    words = re.search(r'<p class="search-missing">(.*?)</p>', page, re.DOTALL)
    return [html.unescape(w) for w in re.findall(r'chip">(.*?)</span>', words[1])] if words else []


def test_the_set_is_as_large_as_promised_and_names_articles_that_exist():
    typed = [row["typed"] for row in QUERIES["query"] + QUERIES["unanswered"]]
    files = {path.stem for path in STARTER.glob("*.md")}

    assert len(QUERIES["query"]) >= 60 and len(QUERIES["unanswered"]) >= 15
    assert len(set(typed)) == len(typed)
    assert {name for row in QUERIES["query"] for name in row["answers"]} <= files


def test_whoever_types_in_a_hurry_finds_the_article_among_the_first_three(ask, names):
    failed = []
    for row in QUERIES["query"]:
        page = ask(row.get("by", "engineer"), row["typed"])
        first = [names[number] for number in found(page)[:READ]]
        if not set(first) & set(row["answers"]):
            failed.append(f"{row['typed'].strip()[:60]!r}: {first}, not {row['answers']}")

    assert not failed, f"{len(failed)} of {len(QUERIES['query'])}:\n" + "\n".join(failed)


def test_what_no_article_answers_is_named_word_by_word_as_it_was_typed(ask):
    failed = []
    for row in QUERIES["unanswered"]:
        words = named(ask("administrator", row["typed"]))
        if sorted(words) != sorted(row["missing"]):
            failed.append(f"{row['typed']!r}: {words}, not {row['missing']}")

    assert not failed, f"{len(failed)} of {len(QUERIES['unanswered'])}:\n" + "\n".join(failed)
