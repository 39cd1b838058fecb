"""Writing: drafts, stale saves, publication with every reason, history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from kb.domain.articles import KINDS
from kb.store.db import writing
from kb.store.models import Article, AuditRow, Person, Revision, ToIndex
from tests.conftest import complete_sections, form_of
from tests.durability.visitor import first_form

NUMBER = "123456789018"


def new_form(kind="workaround", **changes):
    form = {
        "kind": kind,
        "title": "番号が進まない（呼出表示）",
        "symptom": "次の番号が出ない",
        "environment": "呼出表示",
        "audience": "staff",
        "review_due": "2030-03-31",
        "action": "save",
        **{f"section.{key}": text for key, text in complete_sections(kind).items()},
    }
    return form | changes


def test_who_saves_and_submits_a_new_article_is_told_both(as_role):
    client = as_role("author")
    address = client.post("/articles/new", data=new_form(action="submit")).location

    page = client.get(address).text
    assert "審査に出しました" in page
    notices = page.split('class="reading-notices"')[1].split('class="reading-columns"')[0]
    assert "審査待ちです" in notices and "下書きです" not in notices


def test_an_author_who_cannot_choose_the_owner_is_not_asked_for_one(as_role):
    page = as_role("author").post("/articles/new", data=new_form(action="submit", **{"section.undo": ""}))

    missing = page.text.split('class="missing" data-missing>')[1].split("</ul>")[0]
    assert page.status_code == 422 and "元に戻す方法" in missing and "担当者" not in missing


def test_a_new_article_is_a_draft_that_only_its_author_and_the_ward_see(as_role, session):
    answer = as_role("author").post("/articles/new", data=new_form())

    assert answer.status_code == 303
    article = session.scalar(select(Article))
    assert (article.number, article.confidence) == ("KB-0001", "work_in_progress")
    statuses = {
        role: as_role(role).get("/articles/1").status_code
        for role in ("author", "reviewer", "engineer", "staff")
    }
    assert statuses == {"author": 200, "reviewer": 200, "engineer": 404, "staff": 404}


def test_a_change_its_audit_row_and_its_queue_row_are_one(as_role, session):
    as_role("author").post("/articles/new", data=new_form())

    assert [row.article_id for row in session.scalars(select(ToIndex))] == [1]
    row = session.scalar(select(AuditRow).where(AuditRow.action == "article.created"))
    assert (row.object_type, row.object_id) == ("article", 1)


def test_an_incomplete_article_is_refused_with_every_reason(as_role, make_article):
    article = make_article(confidence="work_in_progress", symptom="", sections={"effect": "", "undo": ""})

    answer = as_role("author").post(f"/articles/{article.id}/submissions", data={"base": article.head_id})

    assert answer.status_code == 422
    assert "「効果と制約」が空です" in answer.text and "「元に戻す方法」が空です" in answer.text
    assert as_role("staff").get(f"/articles/{article.id}").status_code == 404


def test_an_approved_article_can_be_read(as_role, make_article, submit, decide):
    article = make_article(confidence="work_in_progress")

    answer = decide(article, submit(article), confidence="not_validated")

    assert answer.status_code == 303
    page = as_role("staff").get(f"/articles/{article.id}")
    assert page.status_code == 200 and article.title in page.text


def test_only_the_ward_publishes(as_role, make_article, submit, decide, session):
    article = make_article(confidence="work_in_progress")

    assert decide(article, submit(article), login="author").status_code == 403
    assert as_role("author").post(f"/articles/{article.id}/publication").status_code == 403
    as_role("author").post("/articles/new", data=new_form(action="publish", title="すぐに公開したい"))
    session.rollback()
    assert [row.confidence for row in session.scalars(select(Article))] == ["work_in_progress"] * 2


def test_a_refused_submission_at_first_save_keeps_the_text_in_the_form(as_role, session):
    form = new_form(action="submit", **{"section.undo": ""}, title="題は残る")

    answer = as_role("reviewer").post("/articles/new", data=form)

    assert answer.status_code == 422
    assert "「元に戻す方法」が空です" in answer.text and "題は残る" in answer.text
    assert session.scalar(select(Article)) is None


def test_readers_keep_the_published_text_while_a_draft_is_written(as_role, make_article, submit, decide):
    article = make_article(title="前の題")

    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="書きかけの題"))

    assert "書きかけの題" not in as_role("staff").get(f"/articles/{article.id}").text
    assert "書きかけの題" in as_role("author").get(f"/articles/{article.id}/edit").text
    submission = submit(article)
    assert "書きかけの題" not in as_role("staff").get(f"/articles/{article.id}").text
    decide(article, submission)
    assert "書きかけの題" in as_role("staff").get(f"/articles/{article.id}").text


def test_a_stale_save_keeps_both_texts(as_role, make_article, session):
    article = make_article()
    first = form_of(article, **{"section.steps": "1. 先に保存した手順"})
    second = form_of(article, **{"section.steps": "1. あとから来た手順"})
    as_role("author").post(f"/articles/{article.id}/edit", data=first)

    answer = as_role("engineer").post(f"/articles/{article.id}/edit", data=second)

    assert answer.status_code == 409
    assert "あとから来た手順" in answer.text and "先に保存した" in answer.text
    assert len(session.scalars(select(Revision)).all()) == 2
    head = session.scalar(select(Article)).head_id
    again = as_role("engineer").post(f"/articles/{article.id}/edit", data=second | {"base": str(head)})
    assert again.status_code == 303
    session.rollback()
    parents = [revision.parent_id for revision in session.scalars(select(Revision).order_by(Revision.id))]
    assert parents == [None, 1, 2]


@pytest.mark.parametrize(
    "field", ["title", "symptom", "environment", "synonyms", "components", "section.steps", "error_codes"]
)
def test_a_personal_number_is_refused_wherever_it_is_typed_and_stays_in_the_browser(as_role, session, field):
    answer = as_role("author").post("/articles/new", data=new_form(**{field: f"個人番号 {NUMBER}"}))

    assert answer.status_code == 422
    assert NUMBER in answer.text and "個人番号" in answer.text
    assert field != "section.steps" or "「手順と確認できる結果」" in answer.text
    assert session.scalar(select(Article)) is None
    assert NUMBER not in str([row.detail for row in session.scalars(select(AuditRow))])


def test_the_reason_of_a_change_is_searched_for_personal_data_too(as_role, make_article, session):
    article = make_article()

    form = form_of(article, reason=f"個人番号 {NUMBER} の件")
    answer = as_role("author").post(f"/articles/{article.id}/edit", data=form)

    assert answer.status_code == 422 and NUMBER in answer.text
    assert session.scalar(select(Article)).head_id == article.head_id


def test_a_preview_stores_nothing(as_role, session):
    answer = as_role("author").post(
        "/articles/preview", data=new_form(**{"section.steps": "1. **押す**<script>"})
    )

    assert "<strong>押す</strong>" in answer.text and "<script>" not in answer.text.replace("<script src", "")
    without_script = as_role("author").post("/articles/new", data=new_form(action="preview"))
    assert without_script.status_code == 200
    assert session.scalar(select(Article)) is None


def test_history_shows_every_revision_and_an_old_one_comes_back_as_a_new_one(as_role, make_article, session):
    article = make_article(title="一番目の題")
    as_role("author").post(
        f"/articles/{article.id}/edit", data=form_of(article, title="二番目の題", reason="直した")
    )
    page = as_role("author").get(f"/articles/{article.id}/history")
    assert "直した" in page.text

    old = as_role("author").get(f"/articles/{article.id}/revisions/1")
    assert "一番目の題" in old.text
    answer = as_role("author").post(f"/articles/{article.id}/revisions/1/restoration", data={"base": "2"})
    assert answer.status_code == 303
    newest = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
    assert (newest.title, newest.parent_id) == ("一番目の題", 2)


def test_a_revision_of_another_article_is_not_there(as_role, make_article):
    first, second = make_article(), make_article(title="別の記事")

    assert as_role("author").get(f"/articles/{first.id}/revisions/{second.head_id}").status_code == 404


def test_an_archived_article_is_gone_for_readers_and_comes_back_unvalidated(as_role, make_article, session):
    article = make_article()

    assert as_role("reviewer").post(f"/articles/{article.id}/archival").status_code == 303
    assert as_role("staff").get(f"/articles/{article.id}").status_code == 404
    assert as_role("reviewer").post(f"/articles/{article.id}/archival").status_code == 409
    as_role("reviewer").post(f"/articles/{article.id}/archival/end")
    assert session.scalar(select(Article)).confidence == "not_validated"


def test_a_draft_for_a_narrower_audience_is_hidden_from_those_outside_it(as_role, make_article):
    article = make_article(audience="engineer")
    as_role("engineer").post(
        f"/articles/{article.id}/edit",
        data=form_of(article, audience="restricted", title="限定の題", reason="限定の理由"),
    )

    assert as_role("untrained").get(f"/articles/{article.id}/edit").status_code == 404
    assert "限定の理由" not in as_role("untrained").get(f"/articles/{article.id}/history").text
    assert "限定の題" in as_role("engineer").get(f"/articles/{article.id}/edit").text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_form_and_its_page(as_role, make_article, kind):
    form = as_role("author").get(f"/articles/new?kind={kind}")
    article = make_article(kind=kind)
    page = as_role("engineer").get(f"/articles/{article.id}")

    for section in KINDS[kind].sections:
        assert section.label.ja in form.text
        assert not section.required or f"{section.label.ja}の本文。" in page.text


def test_lists_and_their_counts_hold_only_what_the_reader_sees(as_role, make_article):
    make_article(title="職員の記事", audience="staff", components=("発券機",))
    make_article(title="技術者の記事", audience="engineer", components=("秘密の装置",))

    staff, engineer = as_role("staff").get("/articles/").text, as_role("engineer").get("/articles/").text

    assert "職員の記事" in staff and "技術者の記事" not in staff and "秘密の装置" not in staff
    assert "技術者の記事" in engineer and "秘密の装置" in engineer
    assert "職員の記事" not in as_role("engineer").get("/articles/?audience=engineer").text


def test_a_visitor_of_open_pages_is_not_told_what_nobody_reviews(make_article, app, visitor, session):
    article = make_article(title="期限切れ")
    with writing(app.extensions["kb.engine"]) as store:
        row = store.get(Article, article.id)
        row.owner_id, row.review_due = None, datetime(2020, 1, 1, tzinfo=UTC).date()
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)

    page = visitor.get("/").text

    assert page.count("期限切れ") == 1


def test_backlinks_do_not_tell_of_hidden_articles(as_role, make_article):
    target = make_article(title="行き先")
    make_article(title="職員からの案内", sections={"steps": f"{target.number} を見る"})
    make_article(title="技術者からの案内", audience="engineer", sections={"steps": f"{target.number} を見る"})

    page = as_role("staff").get(f"/articles/{target.id}").text

    assert "職員からの案内" in page and "技術者からの案内" not in page


def test_the_number_people_quote_leads_to_the_article(as_role, make_article):
    article = make_article()

    assert as_role("staff").get(f"/articles/{article.number}").location.endswith(f"/articles/{article.id}")
    assert as_role("staff").get("/articles/99999999999999999999").status_code == 404


@pytest.fixture
def others_restricted_draft(as_role, make_article):
    """A published article for engineers whose newest revision, the ward's, is restricted."""
    article = make_article(audience="engineer", owner="reviewer", title="公開中の題")
    form = form_of(article, audience="restricted", title="限定の題", reason="限定の理由")
    assert as_role("reviewer").post(f"/articles/{article.id}/edit", data=form).status_code == 303
    return article


@pytest.mark.parametrize("login", ["author", "untrained"])
def test_a_revision_for_another_audience_is_closed_to_those_outside_it(
    as_role, others_restricted_draft, login
):
    address, draft = f"/articles/{others_restricted_draft.id}", others_restricted_draft.head_id + 1

    assert "限定の理由" not in as_role(login).get(f"{address}/history").text
    assert as_role(login).get(f"{address}/revisions/{draft}").status_code == 404
    assert as_role(login).get(f"{address}/edit").status_code == 404
    assert as_role(login).post(f"{address}/revisions/1/restoration", data={"base": draft}).status_code == 404
    assert "限定の理由" in as_role("engineer").get(f"{address}/history").text


def test_a_save_to_what_is_gone_for_its_writer_gives_their_text_back_and_nothing_else(
    as_role, others_restricted_draft
):
    mine = form_of(others_restricted_draft, title="私が書いた題", **{"section.steps": "私の手順"})

    answer = as_role("untrained").post(f"/articles/{others_restricted_draft.id}/edit", data=mine)

    assert answer.status_code == 404
    assert "私が書いた題" in answer.text and "私の手順" in answer.text and "限定の題" not in answer.text


def test_nobody_writes_for_an_audience_that_they_cannot_read(as_role, make_article, session):
    answer = as_role("untrained").post("/articles/new", data=new_form(audience="restricted"))

    assert answer.status_code == 422 and "番号が進まない" in answer.text
    assert session.scalar(select(Article)) is None


def test_an_archived_article_is_brought_back_before_it_is_published(as_role, make_article):
    article = make_article(confidence="archived")
    form = form_of(article, title="直した題", action="submit")

    assert as_role("reviewer").post(f"/articles/{article.id}/edit", data=form).status_code == 409
    assert as_role("staff").get(f"/articles/{article.id}").status_code == 404


@pytest.mark.parametrize("login", ["staff", "nobody"])
def test_an_owner_is_somebody_who_may_write(as_role, make_article, people, login):
    article = make_article()
    form = form_of(article, owner_id=str(people.get(login, 99999)))

    answer = as_role("reviewer").post(f"/articles/{article.id}/edit", data=form)

    assert answer.status_code == 422 and "担当者" in answer.text


def test_a_disabled_owner_stays_the_owner_until_somebody_chooses_another(
    app, as_role, make_article, people, session
):
    article = make_article(owner="author")
    with writing(app.extensions["kb.engine"]) as store:
        store.get(Person, people["author"]).disabled_at = datetime(2026, 11, 1, tzinfo=UTC)

    page = as_role("reviewer").get(f"/articles/{article.id}/edit").text
    form = first_form(page, f"/articles/{article.id}/edit")
    as_role("reviewer").post(
        f"/articles/{article.id}/edit", data=form | {"title": "誤字を直した", "action": "save"}
    )

    assert session.scalar(select(Article)).owner_id == people["author"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 2_000, "閉じていない記号"),
        ("あ" * 10_001, "長すぎる行"),
        ("- a\n\n" * 3_000, "閉じていない記号"),
        ("1. " * 1_000, "入れ子が深すぎ"),
    ],
)
def test_a_text_that_would_take_minutes_to_show_is_refused_and_stays_in_the_form(
    as_role, session, text, told
):
    form = new_form(title="題は残る", **{"section.steps": text})

    for path in ("/articles/new", "/articles/preview"):
        answer = as_role("author").post(path, data=form)
        assert answer.status_code == 422 and told in answer.text
    assert session.scalar(select(Article)) is None


def test_a_long_conflict_is_shown_coarsely_and_soon(as_role, make_article):
    article = make_article()
    lines = "\n".join(f"{number}. 同じ行。" for number in range(1, 1_500))
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, **{"section.steps": lines}))

    answer = as_role("engineer").post(
        f"/articles/{article.id}/edit", data=form_of(article, **{"section.steps": lines.replace("同", "別")})
    )

    assert answer.status_code == 409 and "別じ行" in answer.text
