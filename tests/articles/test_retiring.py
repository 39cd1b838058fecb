"""Archiving with a successor, merging, and telling a writer what exists already."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from kb.domain.likeness import SAME, likeness
from kb.store import incident_links
from kb.store.db import writing
from kb.store.models import Article, AuditRow, IncidentArticle, Revision, Successor, SymptomOutcome
from tests.articles.test_flags import flag

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def retire(client, article, successor, action="replace"):
    sent = {"successor": successor.id, "action": action}
    return client.post(f"/articles/{article.id}/retirement", data=sent)


def test_an_old_number_leads_on_to_the_article_that_replaces_it(app, as_role, make_article):
    old, new = make_article(title="古い手順"), make_article(title="新しい手順")

    assert retire(as_role("reviewer"), old, new).location == f"/articles/{new.id}"

    answer = as_role("staff").get(f"/articles/{old.id}")
    assert (answer.status_code, answer.location) == (302, f"/articles/{new.id}")
    page = as_role("reviewer").get(f"/articles/{old.id}").text
    assert "後継があります" in page and new.number in page
    app.extensions["kb.indexing"].drain()
    assert f'href="/articles/{old.id}"' not in as_role("reviewer").get("/search?q=手順").text


def test_it_leads_over_several_steps_and_only_to_what_exists_for_the_reader(as_role, make_article):
    first, second = make_article(), make_article()
    third = make_article(audience="engineer")
    retire(as_role("reviewer"), first, second)
    retire(as_role("reviewer"), second, third)

    assert as_role("engineer").get(f"/articles/{first.id}").location == f"/articles/{third.id}"
    assert as_role("staff").get(f"/articles/{first.id}").status_code == 404


def test_who_chooses_a_successor_is_told_that_not_all_readers_may_see_it(as_role, make_article):
    old = make_article(title="印刷できない")
    for audience, warned in (("engineer", True), ("staff", False)):
        other = make_article(title=f"後継 {audience}", audience=audience)
        page = as_role("reviewer").get(f"/articles/{old.id}/retirement?q={other.number}").text
        assert f"後継 {audience}" in page and ("一部は、こちらを読めません" in page) == warned


def test_who_was_never_to_see_the_old_article_is_not_led_on(as_role, make_article):
    hidden, new = make_article(audience="restricted", owner="reviewer"), make_article()
    retire(as_role("reviewer"), hidden, new)

    for login in ("staff", "untrained", "author"):
        assert as_role(login).get(f"/articles/{hidden.id}").status_code == 404, login
    assert as_role("engineer").get(f"/articles/{hidden.id}").location == f"/articles/{new.id}"


def test_what_is_brought_back_leads_nowhere(as_role, make_article, session):
    old, new = make_article(), make_article()
    retire(as_role("reviewer"), old, new)
    as_role("reviewer").post(f"/articles/{old.id}/archival/end")

    assert as_role("staff").get(f"/articles/{old.id}").status_code == 200
    assert session.scalars(select(Successor)).all() == []


@pytest.mark.parametrize("which", ["itself", "archived", "draft", "nothing"])
def test_only_another_published_article_replaces_one(as_role, make_article, session, which):
    article = make_article()
    other = {
        "itself": lambda: article.id,
        "archived": lambda: make_article(confidence="archived").id,
        "draft": lambda: make_article(confidence="work_in_progress").id,
        "nothing": lambda: "",
    }[which]()

    answer = as_role("reviewer").post(f"/articles/{article.id}/retirement", data={"successor": other})

    assert answer.status_code == 422
    assert session.get(Article, article.id).confidence == "validated"


def test_a_successor_is_found_by_number_and_by_title(as_role, make_article):
    article, other = make_article(title="端末の件"), make_article(title="窓口プリンターの紙づまり")
    page = as_role("reviewer").get

    for words in (other.number, str(other.id), "紙づまり", "プリンター 窓口"):
        assert other.title in page(f"/articles/{article.id}/retirement?q={words}").text, words
    assert other.title not in page(f"/articles/{article.id}/retirement?q=100%25").text


def test_merging_keeps_links_uses_what_was_solved_what_was_told_and_the_history(
    app, as_role, make_article, make_incident, people, session
):
    new = make_article(title="残る記事")
    old = make_article(title="統合される記事")
    linking = make_article(sections={"steps": f"KB-{old.id:04d} を見る"})
    both, one = make_incident(), make_incident()
    with writing(app.extensions["kb.engine"]) as writer:
        for incident, article in ((both, old), (both, new), (one, old)):
            row = {"incident_id": incident.id, "article_id": article.id, "part": "use", "outcome": "solved"}
            writer.add(IncidentArticle(person_id=people["engineer"], at=NOW, **row))
        solved = {"words": "印刷できない", "outcome": "solved", "source": "page", "token": "t", "at": NOW}
        writer.add(SymptomOutcome(article_id=old.id, **solved))
    flag(as_role("staff"), old)
    revisions = session.scalars(select(Revision.id).where(Revision.article_id == old.id)).all()
    session.rollback()

    assert retire(as_role("reviewer"), old, new, "merge").status_code == 303

    assert incident_links.uses(session, new.id, most=0).times == 2
    assert session.scalars(select(SymptomOutcome.article_id).order_by(SymptomOutcome.id)).all() == [
        old.id,
        new.id,
    ]
    assert linking.title in as_role("staff").get(f"/articles/{new.id}").text.split('id="backlinks"')[1]
    assert as_role("staff").get(f"/articles/{new.id}/flags/1").status_code == 200
    assert session.scalars(select(Revision.id).where(Revision.article_id == old.id)).all() == revisions
    detail = session.scalar(select(AuditRow.detail).where(AuditRow.action == "article.merged"))
    assert detail == {"successor": new.id, "incidents": 1, "outcomes": 1}
    assert retire(as_role("reviewer"), old, new, "merge").status_code == 409


def test_what_was_told_of_a_hidden_article_is_not_shown_with_a_wider_one(as_role, make_article):
    hidden, new = make_article(audience="restricted", owner="reviewer"), make_article()
    flag(as_role("engineer"), hidden)

    retire(as_role("reviewer"), hidden, new, "merge")

    for login in ("untrained", "author"):
        assert as_role(login).get(f"/articles/{new.id}/flags/1").status_code == 404, login
    assert as_role("reviewer").get(f"/articles/{hidden.id}/flags/1").status_code == 200


def test_a_refused_merge_changes_nothing(app, as_role, make_article, make_incident, people, session):
    old, new = make_article(), make_article(confidence="archived")
    with writing(app.extensions["kb.engine"]) as writer:
        row = {"incident_id": make_incident().id, "article_id": old.id, "part": "use", "outcome": "solved"}
        writer.add(IncidentArticle(person_id=people["engineer"], at=NOW, **row))

    assert retire(as_role("reviewer"), old, new, "merge").status_code == 422
    assert session.scalar(select(IncidentArticle.article_id)) == old.id


def test_who_writes_what_exists_is_told_without_script_too(as_role, make_article):
    there = make_article(title="申請書が印刷されない")
    hidden = make_article(title="申請書が印刷されない", audience="restricted", owner="reviewer")
    form = {"kind": "workaround", "title": "申請書が印刷されない", "symptom": "印刷を押しても何も出ない"}

    for page in (
        as_role("untrained").post("/articles/similar", data=form).text,
        as_role("untrained").post("/articles/new", data={**form, "action": "preview"}).text,
        as_role("untrained").post("/articles/new", data={**form, "title": form["title"] * 50}).text,
    ):
        assert "もうあります" in page and there.number in page and hidden.number not in page
    saved = (
        as_role("untrained")
        .post("/articles/new", data={**form, "audience": "staff", "action": "save"})
        .location
    )
    assert there.number in as_role("untrained").get(saved).text
    other = {"title": "研修会場の予約", "symptom": "部屋が取れない"}
    assert there.number not in as_role("untrained").post("/articles/similar", data=other).text


def test_an_article_is_not_like_itself(as_role, make_article):
    article = make_article(title="申請書が印刷されない")

    page = as_role("author").get(f"/articles/{article.id}/edit").text

    assert "もうあります" not in page


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("申請書が印刷されない", "申請書が印刷できない", True),
        ("カードリーダーを認識しない", "ｶｰﾄﾞﾘｰﾀﾞｰを認識しない！", True),
        ("申請書が印刷されない", "番号が進まない", False),
        ("", "番号が進まない", False),
    ],
)
def test_nearly_the_same_words_are_told_from_others(one, other, same):
    assert (likeness(one, other) >= SAME) is same
