"""Articles kept true: verified apart from edited, overdue, put in question by a release."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from articles import reminders, service
from kb.domain.errors import Refused
from kb.domain.periods import japan_date
from kb.domain.upkeep import verification_problems
from kb.store.db import writing
from kb.store.models import Article, AuditRow, Notice, ReviewMark, Verification
from tests.conftest import form_of

NOW = datetime.now(UTC)
TODAY = japan_date(NOW)
LATER = TODAY + timedelta(days=90)
SYSTEM = "申請書作成システム"


@pytest.fixture
def publish(app, people):
    """A function: publish an article's newest revision as a reviewer would."""

    def publish(article, by="reviewer"):
        with writing(app.extensions["kb.engine"]) as session:
            row = session.get(Article, article.id)
            service.release(session, row, confidence="validated", by=people[by], now=datetime.now(UTC))

    return publish


@pytest.fixture
def release(make_article, publish):
    """A function: publish a release note that names these components."""

    def release(*components, **fields):
        about = {"kind": "release_note", "title": "申請書作成システム 2.4", "owner": "reviewer"}
        note = make_article(components=components, confidence="work_in_progress", **about | fields)
        publish(note)
        return note

    return release


def verify(client, article, **changes):
    sent = {"base": article.published_id, "against": "申請書 2.4", "review_due": LATER.isoformat()}
    return client.post(f"/articles/{article.id}/verification", data=sent | changes)


def test_the_form_does_not_offer_a_hidden_release_to_the_readers_of_a_wider_article(
    as_role, make_article, release
):
    article = make_article(components=(SYSTEM,))
    release(SYSTEM, title="限定の版", audience="restricted")
    page = as_role("engineer").get

    for address in (f"/articles/{article.id}", "/upkeep/marks?owner=all"):
        text = page(address).text
        assert "限定の版" in text and 'name="against" value=""' in text, address
    release(SYSTEM, title="職員の版", audience="staff")
    assert '職員の版" maxlength' in page(f"/articles/{article.id}").text


def test_verifying_is_kept_apart_from_editing_and_sets_the_next_review(
    as_role, make_article, people, session
):
    article = make_article(review_due=TODAY - timedelta(days=1))
    before = article.updated_at
    assert "見直しの期限を過ぎています" in as_role("staff").get(f"/articles/{article.id}").text

    assert verify(as_role("engineer"), article).status_code == 303

    row = session.scalar(select(Verification))
    assert (row.person_id, row.revision_id, row.against) == (
        people["engineer"],
        article.published_id,
        "申請書 2.4",
    )
    now = session.get(Article, article.id)
    assert now.review_due == LATER and now.updated_at == before and now.head_id == article.head_id
    page = as_role("staff").get(f"/articles/{article.id}").text
    assert "最終確認" in page and "申請書 2.4" in page and "見直しの期限を過ぎています" not in page
    assert session.scalar(select(AuditRow.object_id).where(AuditRow.action == "article.verified")) == row.id


def test_what_was_verified_before_it_was_revised_says_so(as_role, make_article, publish):
    article = make_article()
    verify(as_role("engineer"), article)
    page = as_role("engineer").get(f"/articles/{article.id}/edit").text
    assert f'value="{LATER}"' not in page and 'value="2030-03-31"' in page, "the later of the two"
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="改めた題名"))
    publish(article)

    assert "この確認のあとに改訂されています" in as_role("staff").get(f"/articles/{article.id}").text


def test_a_form_begins_with_the_date_that_a_verification_set(as_role, make_article):
    article = make_article(review_due=TODAY - timedelta(days=1))
    verify(as_role("engineer"), article)

    assert f'value="{LATER}"' in as_role("engineer").get(f"/articles/{article.id}/edit").text


def test_nobody_verifies_what_they_did_not_read(as_role, make_article, publish):
    article = make_article()
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="改めた題名"))
    publish(article)

    assert verify(as_role("engineer"), article).status_code == 409


@pytest.mark.parametrize(
    ("against", "due", "keys"),
    [
        ("", LATER, {"upkeep.against_missing"}),
        ("版2.4", TODAY, {"upkeep.due_wrong"}),
        ("版2.4", None, {"upkeep.due_wrong"}),
        ("版2.4", TODAY + timedelta(days=3000), {"upkeep.due_wrong"}),
        ("版" * 201, TODAY, {"articles.too_long", "upkeep.due_wrong"}),
        ("版2.4", LATER, set()),
    ],
)
def test_a_verification_says_against_which_version_and_when_to_look_again(against, due, keys):
    assert {reason.key for reason in verification_problems(against, due, TODAY)} == keys


def test_a_secret_is_not_kept_as_a_version(as_role, make_article, session):
    answer = verify(as_role("engineer"), make_article(), against="パスワード: hunter2-Xy9")

    assert answer.status_code == 422
    assert session.scalar(select(Verification)) is None


def test_a_release_marks_the_articles_of_its_components_and_tells_their_owners(
    as_role, make_article, release, session, people
):
    named = make_article(components=(SYSTEM, "プリンター"))
    restricted = make_article(components=(SYSTEM,), audience="restricted", owner="reviewer")
    past = make_article(components=(SYSTEM,), kind="post_mortem")
    draft = make_article(components=(SYSTEM,), confidence="work_in_progress")
    other = make_article(components=("番号呼出",))
    note = release(SYSTEM)

    marked = set(session.scalars(select(ReviewMark.article_id)))
    assert marked == {named.id, restricted.id}
    assert not marked & {past.id, draft.id, other.id, note.id}
    told = session.scalars(select(Notice).where(Notice.kind == "release_marks")).all()
    assert [(n.person_id, n.data) for n in told] == [(people["author"], {"n": 1})], "not who published it"
    page = as_role("staff").get(f"/articles/{named.id}").text
    assert "要確認" in page and note.number in page
    assert "要確認" in as_role("staff").get("/articles/").text
    assert "要確認" not in as_role("staff").get(f"/articles/{other.id}").text


def test_a_release_that_its_reader_may_not_see_is_not_named(as_role, make_article, release):
    article = make_article(components=(SYSTEM,))
    note = release(SYSTEM, audience="engineer", title="内部の版")

    page = as_role("staff").get(f"/articles/{article.id}").text

    assert "要確認" in page and note.number not in page and "内部の版" not in page


def test_the_marks_end_by_verification_by_revision_and_by_not_being_affected(
    as_role, make_article, release, publish, session
):
    verified, revised, other = (make_article(components=(SYSTEM,)) for _ in range(3))
    note = release(SYSTEM)
    client = as_role("author")
    listed = client.get("/upkeep/marks").text
    assert all(article.number in listed for article in (verified, revised, other))

    verify(client, verified, next="/upkeep/marks?owner=me")
    client.post(f"/articles/{revised.id}/edit", data=form_of(revised, title="新しい版に合わせた"))
    assert revised.number in client.get("/upkeep/marks").text, "a draft ends nothing"
    publish(revised)
    client.post(f"/articles/{other.id}/marks/{note.id}/dismissal")

    ends = dict(session.execute(select(ReviewMark.article_id, ReviewMark.outcome)).all())
    assert ends == {verified.id: "verified", revised.id: "revised", other.id: "not_affected"}
    assert "要確認の記事はありません" in client.get("/upkeep/marks").text
    assert "is-to-check" not in as_role("staff").get("/articles/").text


def test_publishing_a_release_again_marks_only_what_it_did_not_mark(
    as_role, make_article, release, publish, session
):
    first, second = make_article(components=(SYSTEM,)), make_article(components=("番号呼出",))
    note = release(SYSTEM)
    verify(as_role("engineer"), first)
    changed = form_of(note, title="申請書作成システム 2.4 訂正", components=f"{SYSTEM}\n番号呼出")
    as_role("author").post(f"/articles/{note.id}/edit", data=changed)
    publish(note)

    still = session.scalars(select(ReviewMark.article_id).where(ReviewMark.ended_at.is_(None))).all()
    assert still == [second.id]


def test_an_imported_release_puts_nothing_in_question(make_article, session):
    make_article(components=(SYSTEM,))
    make_article(components=(SYSTEM,), kind="release_note")

    assert session.scalars(select(ReviewMark)).all() == []


def test_the_list_is_for_each_owner_and_whole_and_shows_nobody_what_is_not_there_for_them(
    as_role, make_article, release
):
    mine = make_article(components=(SYSTEM,), owner="engineer", title="自分の記事")
    theirs = make_article(components=(SYSTEM,), title="ほかの人の記事")
    hidden = make_article(components=(SYSTEM,), audience="restricted", title="制限された記事")
    release(SYSTEM)

    own = as_role("engineer").get("/upkeep/marks").text
    whole = as_role("untrained").get("/upkeep/marks?owner=all").text

    assert mine.title in own and theirs.title not in own
    assert mine.title in whole and theirs.title in whole and hidden.title not in whole
    assert hidden.title in as_role("reviewer").get("/upkeep/marks").text


def test_what_is_overdue_waits_for_its_owner_today_and_in_the_list(as_role, make_article):
    late = make_article(review_due=TODAY - timedelta(days=3), title="確かめ忘れた記事")

    for address in ("/today", "/upkeep/"):
        assert late.title in as_role("author").get(address).text
        assert late.title not in as_role("engineer").get(address).text
    assert late.title in as_role("reviewer").get("/upkeep/").text


def test_an_owner_is_told_once_a_week_in_the_morning(app, make_article, session, people):
    make_article(review_due=date(2027, 5, 9))
    make_article(review_due=date(2027, 5, 10))
    told = []
    for day, hour in ((10, 8), (10, 9), (10, 15), (16, 9), (17, 9), (17, 10)):
        with app.app_context(), writing(app.extensions["kb.engine"]) as writer:
            reminders.remind(writer, datetime(2027, 5, day, hour, tzinfo=UTC) - timedelta(hours=9))
        session.rollback()
        rows = session.scalars(select(Notice).where(Notice.kind == "review_due")).all()
        told.append(sum(notice.times for notice in rows))

    assert told == [0, 1, 1, 3, 4, 4]
    assert {notice.person_id for notice in rows} == {people["author"]}


def test_an_article_of_nobody_stands_in_the_ward_officers_list(app, as_role, make_article):
    late = make_article(review_due=TODAY - timedelta(days=3), title="担当のない記事")
    with writing(app.extensions["kb.engine"]) as session:
        session.execute(update(Article).values(owner_id=None))

    assert late.title in as_role("reviewer").get("/today").text
    assert late.title not in as_role("engineer").get("/today").text


def test_only_what_readers_see_is_verified(make_article, people, app):
    draft = make_article(confidence="work_in_progress")
    with (
        writing(app.extensions["kb.engine"]) as session,
        pytest.raises(Refused, match="not_published"),
    ):
        service.upkeep.verify(
            session,
            session.get(Article, draft.id),
            base=None,
            against="2.4",
            review_due=LATER,
            by=people["author"],
            now=NOW,
        )
