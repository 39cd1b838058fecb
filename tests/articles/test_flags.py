"""Readers flag an article and are answered; who has no part in it does not see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from articles import flags
from kb.store.db import writing
from kb.store.models import Article, AuditRow, Flag, FlagMessage, Notice


def flag(client, article, kind="wrong", words="画面の名前が違います"):
    return client.post(f"/articles/{article.id}/flags", data={"flag_kind": kind, "flag_text": words})


def say(client, article, words, **more):
    return client.post(f"/articles/{article.id}/flags/1/messages", data={"flag_text": words, **more})


def told(session, kind):
    session.rollback()
    return set(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_a_reader_tells_the_owner_answers_and_the_reader_sees_it(as_role, make_article, people, session):
    article = make_article()
    page = as_role("staff").get(flag(as_role("staff"), article).location).text
    assert "画面の名前が違います" in page and "返事待ち" in page
    assert told(session, "flag_raised") == {people["author"]}
    for address in ("/today", "/upkeep/flags", f"/articles/{article.id}"):
        assert "/articles/1/flags/1" in as_role("author").get(address).text, address

    assert say(as_role("author"), article, "ありがとうございます。直します。", close="1").status_code == 303

    assert told(session, "flag_answered") == {people["staff"]}
    assert "あなたの知らせに返事がありました" in as_role("staff").get("/notices/").text
    page = as_role("staff").get("/articles/1/flags/1").text
    assert "ありがとうございます。直します。" in page and "終わり" in page
    assert "/articles/1/flags/1" in as_role("staff").get(f"/articles/{article.id}").text, "kept"
    assert "/flags/1" not in as_role("author").get("/upkeep/flags").text
    assert "/flags/1" in as_role("reviewer").get("/upkeep/flags?state=closed").text
    assert say(as_role("staff"), article, "まだです").status_code == 409
    kept = select(AuditRow.action).where(AuditRow.action.like("article.flag%")).order_by(AuditRow.id)
    assert session.scalars(kept).all() == ["article.flagged", "article.flag_answered", "article.flag_closed"]


def test_a_conversation_goes_on_until_one_side_closes_it(as_role, make_article, people, session):
    article = make_article()
    flag(as_role("staff"), article)
    say(as_role("reviewer"), article, "どの画面ですか")
    assert session.scalar(select(Flag.waits_for)) == "reader"
    flag(as_role("staff"), article, "wrong", "受付の画面です")
    session.rollback()
    assert session.scalar(select(Flag.waits_for)) == "owner"

    say(as_role("staff"), article, "", close="1")

    session.rollback()
    row = session.scalars(select(Flag)).one()
    assert row.closed_by == people["staff"] and len(row.messages) == 3


def test_who_has_no_part_in_it_does_not_see_it(app, as_role, make_article, session):
    article = make_article()
    flag(as_role("engineer"), article)

    assert as_role("staff").get("/articles/1/flags/1").status_code == 404
    assert "/flags/1" not in as_role("staff").get(f"/articles/{article.id}").text
    assert say(as_role("staff"), article, "見えない").status_code == 404
    assert as_role("engineer").get("/articles/1/flags/1").status_code == 200
    with writing(app.extensions["kb.engine"]) as writer:
        writer.execute(update(Article).values(audience="restricted"))
    assert as_role("untrained").get("/articles/1/flags/1").status_code == 404
    assert "画面の名前" not in as_role("untrained").get("/upkeep/flags?owner=all").text


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        ("wrong", "個人番号は 123456789018 です", "個人番号"),
        ("wrong", " ", "気づいたこと"),
        ("boring", "つまらない", "選んでください"),
        ("wrong", "長" * 2001, "2000"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_stays_in_the_form(
    as_role, make_article, session, kind, words, sentence
):
    answer = flag(as_role("staff"), make_article(), kind, words)

    assert answer.status_code == 422
    assert sentence in answer.text and words.strip() in answer.text
    assert session.scalars(select(Flag)).all() == [] and session.scalars(select(FlagMessage)).all() == []


def test_an_answer_with_a_secret_is_refused_and_stays_in_the_form(as_role, make_article, session):
    article = make_article()
    flag(as_role("staff"), article)

    answer = say(as_role("author"), article, "パスワード: hunter2-Xy9", close="1")

    assert answer.status_code == 422 and "hunter2-Xy9" in answer.text
    assert session.scalar(select(Flag.closed_at)) is None


def test_a_flood_is_stopped(app, as_role, make_article, people):
    article = make_article()
    flag(as_role("staff"), article)
    with writing(app.extensions["kb.engine"]) as writer:
        row = {"flag_id": 1, "person_id": people["staff"], "text": "もう一度"}
        ago = datetime.now(UTC) - timedelta(minutes=50)
        writer.add_all(FlagMessage(at=ago, **row) for _ in range(flags.MOST_AN_HOUR))

    answer = flag(as_role("staff"), article, words="止められる知らせ")

    assert answer.status_code == 429 and "止められる知らせ" in answer.text
    assert flag(as_role("engineer"), article).status_code == 303


def test_without_an_owner_who_can_act_the_reviewers_are_told(app, as_role, make_article, people, session):
    article = make_article()
    with writing(app.extensions["kb.engine"]) as writer:
        writer.execute(update(Article).values(owner_id=None))

    flag(as_role("staff"), article)

    assert told(session, "flag_raised") == {people["reviewer"]}


def test_did_not_solve_it_opens_the_place_to_say_why(as_role, make_article):
    article = make_article()
    before = as_role("staff").get(f"/articles/{article.id}").text
    assert before.count('id="feedback"') == 1 and "<details open>" not in before
    as_role("staff").post(f"/articles/{article.id}/feedback", data={"answer": "no"})

    page = as_role("staff").get(f"/articles/{article.id}").text

    assert "<details open>" in page and 'value="not_fixed" required checked' in page
