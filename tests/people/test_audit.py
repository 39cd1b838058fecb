"""The audit log: who did what to what, in words, found again."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.store import audit
from kb.store.db import writing
from kb.web.locale import WORDS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def administrator(as_role):
    return as_role("administrator")


@pytest.fixture
def log(app):
    """A function: add audit rows (action, moment, by, further columns)."""

    def add(*rows, **columns):
        with writing(app.extensions["kb.engine"]) as session:
            for action, at, by in rows:
                audit.record(session, action, at=at, by=by, **columns)

    return add


def table(page):
    """Return the rows of the list, newest first, without tags."""
    body = page.text.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in page.text else ""
    return body.split("<tr>")[1:]


WRITERS_OF_ROWS = {"audit.record", "record", "tell", "_audit"}
"""The functions whose second argument is an action."""


def written_actions():
    """Return every action that the product's code names when it writes to the log."""
    found = set()
    for file in [
        ROOT / "app.py",
        *(f for name in ("kb", "articles", "search") for f in (ROOT / name).rglob("*.py")),
    ]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITERS_OF_ROWS:
                found |= {
                    inner.value
                    for argument in node.args[1:2]
                    for inner in ast.walk(argument)
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                }
    return sorted(found)


@pytest.mark.parametrize("action", written_actions())
def test_every_action_has_words_in_both_languages(action):
    assert set(WORDS[f"people.action.{action}"]) == {"ja", "en"}


def test_the_code_was_read_for_its_actions():
    assert {"people.signed_in", "people.locked", "article.created", "access.refused"} <= set(
        written_actions()
    )


def test_a_row_says_who_did_what_to_whom_from_where(administrator, people):
    administrator.post(f"/people/{people['staff']}/disable")

    page = administrator.get("/audit")
    newest = table(page)[0]

    assert '<option value="people.disabled">' in page.text
    assert "試験 administrator" in newest and WORDS["people.action.people.disabled"]["ja"] in newest
    assert f'href="/people/{people["staff"]}"' in newest and "試験 staff" in newest
    assert "127.0.0.1" in newest


def test_a_change_of_rights_is_told_in_words(administrator, people):
    page = administrator.get(f"/people/{people['staff']}/edit").text
    base = page.split('name="base" value="')[1].split('"')[0]
    form = {"name": "試験 staff", "role": "reviewer", "organisation": "ward", "base": base}
    administrator.post(f"/people/{people['staff']}/edit", data=form)

    assert (
        "権限：職員 → 審査者（担当課）、個人情報保護研修の受講日：2026-11-01 → なし"
        in table(administrator.get("/audit"))[0]
    )


def test_a_refusal_is_in_the_log_and_an_article_is_linked_by_its_number(administrator, as_role, make_article):
    article = make_article(audience="restricted")
    as_role("untrained").get(f"/articles/{article.id}")

    newest = table(administrator.get("/audit?action=access.refused"))[0]

    assert article.number in newest and f'href="/articles/{article.id}"' in newest


def test_an_action_without_words_shows_its_name(administrator, log):
    log(("made.up", datetime(2026, 11, 20, tzinfo=UTC), None))

    assert "made.up" in table(administrator.get("/audit?action=made.up"))[0]


def test_a_person_filter_finds_what_they_did_and_what_was_done_to_them(administrator, people, log):
    then = datetime(2026, 11, 20, tzinfo=UTC)
    log(("people.unlocked", then, people["reviewer"]), object_type="person", object_id=people["staff"])
    log(("article.saved", then, people["staff"]), object_type="article", object_id=people["engineer"])

    def found(login):
        return len(table(administrator.get(f"/audit?person={people[login]}")))

    assert (found("staff"), found("reviewer"), found("engineer")) == (2, 1, 0)


def test_days_are_days_in_japan_both_ends_included(administrator, log):
    log(
        ("made.up", datetime(2026, 11, 19, 14, 59, 59, tzinfo=UTC), None),
        ("made.up", datetime(2026, 11, 19, 15, 0, tzinfo=UTC), None),
        ("made.up", datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC), None),
        ("made.up", datetime(2026, 11, 20, 15, 0, tzinfo=UTC), None),
    )

    def found(query):
        return len(table(administrator.get("/audit?action=made.up&" + query)))

    assert found("first=2026-11-20&last=2026-11-20") == 2
    assert found("first=2026-11-20") == 3
    assert found("last=2026-11-20") == 3
    assert found("first=0001-01-01&last=9999-12-31") == 4


def test_the_newest_row_comes_first_and_a_long_log_comes_in_pages(administrator, log):
    log(
        *(
            (f"made.up{n:03}", datetime(2026, 11, 20, 0, n // 60, n % 60, tzinfo=UTC), None)
            for n in range(120)
        )
    )
    query = "first=2026-11-20&last=2026-11-20"

    first, last = (table(administrator.get(f"/audit?{query}&page={number}")) for number in (1, 3))

    assert "made.up119" in first[0] and len(first) == 50
    assert "made.up000" in last[-1] and len(last) == 20
    assert f"/audit?{query}".replace("&", "&amp;") in administrator.get(f"/audit?{query}").text


@pytest.mark.parametrize(
    "query",
    [
        "person=x",
        "person=99999999999999999999",
        "first=2026-13-01",
        "last=yesterday",
        "page=-1",
        "action=%00",
    ],
)
def test_a_filter_that_makes_no_sense_is_no_error(administrator, query):
    assert administrator.get(f"/audit?{query}").status_code == 200


def test_an_empty_answer_says_so_and_shows_the_way_back(administrator):
    page = administrator.get("/audit?last=2000-01-01").text

    assert WORDS["people.audit.none"]["ja"] in page and 'href="/audit"' in page


def test_what_the_log_holds_is_escaped(administrator, log):
    log(("made.up", datetime(2026, 11, 20, tzinfo=UTC), None), note="<script>alert(1)</script>")

    page = administrator.get("/audit?action=made.up").text

    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
