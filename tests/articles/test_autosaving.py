"""What stands in a form is kept by itself: for its writer alone, until it is saved or thrown away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.store.db import writing
from kb.store.models import Article, Autosave, Revision
from kb.web import rounds
from tests.articles.test_writing import new_form
from tests.conftest import form_of

NUMBER = "123456789018"


@pytest.fixture
def kept(session):
    """A function: the rows of what was kept, as they are by now."""

    def kept():
        session.rollback()
        session.expire_all()
        return session.scalars(select(Autosave)).all()

    return kept


@pytest.fixture
def keep(as_role):
    """A function: what a form's script sends -> the answer."""

    def keep(login="author", article=None, **fields):
        form = form_of(article, form_key="k1") if article else new_form(form_key="k1")
        address = f"/articles/autosave?article={article.id}" if article else "/articles/autosave"
        headers = {"Accept": "application/json", "HX-Request": "true"}
        return as_role(login).post(address, data=form | fields, headers=headers)

    return keep


def test_what_was_typed_is_offered_on_the_form_and_nowhere_else(as_role, make_article, keep, session):
    article = make_article(title="公開中の題")
    assert keep(article=article, title="書きかけの題").status_code == 200

    page = as_role("author").get(f"/articles/{article.id}/edit").text
    assert "保存されていない書きかけがあります" in page and "書きかけの題" not in page
    resumed = as_role("author").get(f"/articles/{article.id}/edit?resume=1").text
    assert 'value="書きかけの題"' in resumed and 'name="form_key" value="k1"' in resumed
    for login in ("engineer", "reviewer"):
        for address in (f"/articles/{article.id}/edit", f"/articles/{article.id}/edit?resume=1"):
            other = as_role(login).get(address).text
            assert "書きかけの題" not in other and "保存されていない書きかけ" not in other
    for path in (f"/articles/{article.id}", "/", "/articles/", "/articles/new"):
        assert "書きかけの題" not in as_role("author").get(path).text
    assert session.get(Article, article.id).head_id == article.head_id
    assert len(session.scalars(select(Revision)).all()) == 1


def test_a_new_article_is_offered_by_its_kind_and_where_the_kind_is_chosen(as_role, keep):
    keep(title="書きかけの新しい記事")

    assert "書きかけがあります" in as_role("author").get("/articles/new?kind=workaround").text
    assert "書きかけがあります" not in as_role("author").get("/articles/new?kind=procedure").text
    assert "書きかけの新しい記事" in as_role("author").get("/articles/new").text
    assert "書きかけの新しい記事" not in as_role("engineer").get("/articles/new").text


def test_it_is_gone_once_it_is_saved_and_what_comes_late_is_not_kept(as_role, make_article, keep, kept):
    article = make_article()
    keep(article=article, title="書きかけ")
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="保存", form_key="k1"))

    assert keep(article=article, title="遅れて届いた").status_code == 409
    assert "遅れて" not in str([row.fields for row in kept()]) and "書きかけ" not in str(kept()[0].fields)
    assert "保存されていない" not in as_role("author").get(f"/articles/{article.id}/edit").text
    as_role("author").post("/articles/new", data=new_form(form_key="k9"))
    assert keep(form_key="k9", title="遅れて").status_code == 409
    assert keep(form_key="k10", title="次の記事").status_code == 200


def test_what_must_not_be_stored_is_not_kept_either(make_article, keep, kept):
    article = make_article()
    keep(article=article, title="先に書いた題")

    for field in ("title", "reason", "section.steps", "synonyms"):
        answer = keep(article=article, **{field: f"個人番号 {NUMBER}"})
        assert answer.status_code == 422 and NUMBER not in answer.text
        assert [place["field"] for place in answer.json["personal_data"]] == [field]
    assert kept()[0].fields["title"] == "先に書いた題"


def test_another_form_does_not_write_over_what_waits(as_role, make_article, keep, kept):
    article = make_article()
    keep(article=article, title="一つ目の画面")

    answer = keep(article=article, form_key="k2", title="二つ目の画面")

    assert answer.status_code == 409 and "別の画面" in answer.text
    assert kept()[0].fields["title"] == "一つ目の画面"
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, symptom="二", form_key="k2"))
    assert kept()[0].fields["title"] == "一つ目の画面"


def test_it_is_thrown_away_by_its_writer_alone(as_role, make_article, keep, kept):
    article = make_article()
    keep(article=article, title="書きかけ")
    removal = f"/articles/autosave/removal?article={article.id}"
    as_role("engineer").post(removal, data={"kind": "workaround"})
    assert not kept()[0].done

    assert as_role("author").post(removal, data={"kind": "workaround"}).status_code == 303
    assert kept()[0].done and kept()[0].fields == {}


def test_what_was_kept_is_put_together_with_what_others_saved_since(as_role, make_article, keep, session):
    article = make_article()
    keep(article=article, **{"section.undo": "私の戻し方"})
    as_role("engineer").post(f"/articles/{article.id}/edit", data=form_of(article, title="ほかの人の題"))

    page = as_role("author").get(f"/articles/{article.id}/edit?resume=1").text
    assert f'name="base" value="{article.head_id}"' in page
    mine = form_of(article, **{"section.undo": "私の戻し方"}, form_key="k1")
    assert as_role("author").post(f"/articles/{article.id}/edit", data=mine).status_code == 303
    head = session.get(Article, article.id).head
    assert (head.title, head.sections["undo"]) == ("ほかの人の題", "私の戻し方")


def test_nothing_is_kept_of_an_article_that_is_not_there_for_the_writer(make_article, keep, kept):
    article = make_article(audience="restricted", owner="reviewer")

    assert keep("untrained", article=article, title="書きかけ").status_code == 404
    assert kept() == []


def test_what_nobody_came_back_for_is_forgotten(app, as_role, make_article, keep, kept):
    article = make_article()
    keep(article=article, title="古い書きかけ")
    with writing(app.extensions["kb.engine"]) as session:
        session.scalar(select(Autosave)).saved_at = datetime.now(UTC) - timedelta(days=31)
    assert "書きかけ" not in as_role("author").get(f"/articles/{article.id}/edit").text

    keep("engineer", title="別の人の新しい書きかけ")
    rounds.make(app)

    assert [row.fields["title"] for row in kept()] == ["別の人の新しい書きかけ"]
