"""The articles a new instance begins with: complete, linked, true to the rules they teach."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

import articles
from articles import documents
from articles.importing import Import, Options
from articles.sources import open_source
from kb.domain import personal_data
from kb.domain.articles import AUDIENCES, BODY, KINDS, READABLE, publication_problems
from kb.store.models import Article

STARTER = Path(articles.__file__).parent / "starter"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(STARTER.glob("*.md"))}
READ = {
    name: documents.read(text.encode(), kind="self_help", audience="engineer") for name, text in FILES.items()
}
LINK = re.compile(r"\]\(([^()\s#]+)(?:#[^()\s]*)?\)")
REACH = {audience: rank for rank, audience in enumerate(AUDIENCES)}
"""The higher, the fewer readers."""
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w|(?<![\d.])0\d{1,4}[-‐ー(（ ]\d{1,4}[-‐ー)） ]\d{3,4}(?!\d)")
"""An e-mail address or a Japanese telephone number."""


@pytest.mark.parametrize("name", FILES)
def test_a_starter_article_could_be_published_as_it_stands(name):
    document = READ[name]

    assert publication_problems(document.text, owner_id=1) == []
    assert document.confidence in READABLE
    assert BODY.key not in document.text.sections, "text outside the sections of its kind"
    assert document.text.components and document.text.synonyms


@pytest.mark.parametrize("name", FILES)
def test_a_starter_article_has_its_sections_in_the_order_of_the_form(name):
    text = READ[name].text
    headings = re.findall(r"^## (.+)$", FILES[name], re.MULTILINE)

    assert headings == [s.label.ja for s in KINDS[text.kind].sections if s.key in text.sections]


def test_every_kind_is_shown_by_at_least_three_articles():
    kinds = Counter(document.text.kind for document in READ.values())

    assert len(FILES) >= 25
    assert {kind: kinds[kind] for kind in KINDS if kinds[kind] < 3} == {}
    assert kinds["fault_isolation"] >= 8 and kinds["self_help"] >= 8


def test_titles_are_told_apart():
    assert len({document.text.title for document in READ.values()}) == len(READ)


@pytest.mark.parametrize("name", FILES)
def test_every_link_leads_to_an_article_that_the_same_readers_may_see(name):
    targets = [target for target in LINK.findall(FILES[name]) if "://" not in target]

    assert [target for target in targets if target not in FILES] == []
    reach = REACH[READ[name].text.audience]
    assert [target for target in targets if REACH[READ[target].text.audience] > reach] == []


@pytest.mark.parametrize("name", FILES)
def test_a_starter_article_holds_nobodys_data(name):
    assert personal_data.find(FILES[name]) == []
    assert ADDRESS.findall(FILES[name]) == []


def test_what_is_made_up_says_so_in_its_title():
    made_up = [d.text.title for d in READ.values() if d.text.kind in ("post_mortem", "release_note")]

    assert [title for title in made_up if "例（架空）" not in title] == []


def test_self_help_and_releases_are_for_everyone_at_the_ward():
    texts = [d.text for d in READ.values() if d.text.kind in ("self_help", "release_note")]

    assert {text.audience for text in texts} == {"staff"}
    assert "restricted" in {document.text.audience for document in READ.values()}


def test_the_whole_folder_is_imported_and_its_links_lead_to_articles(app, people, session, tmp_path):
    options = Options(owner_id=people["reviewer"], by=people["administrator"])

    outcome = Import(app.extensions["kb.engine"], open_source(STARTER), tmp_path, options).run(
        lambda: datetime(2026, 11, 24, tzinfo=UTC)
    )

    assert outcome.refused == []
    assert outcome.counts == {"imported": len(FILES)}
    found = session.query(Article).all()
    assert len(found) == len(FILES) and all(article.confidence in READABLE for article in found)
    left = [
        a.title for a in found for part in a.head.sections.values() if re.search(r"\]\([^)]*\.md\)", part)
    ]
    assert left == []
