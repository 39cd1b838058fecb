"""Two people change one article: what they did not both touch is put together."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from articles.forms import Form
from articles.merging import merge
from kb.store.models import Article, Revision
from tests.conftest import form_of

BASE = Form(
    "workaround", title="題", symptom="症状", synonyms="a\nb", sections={"steps": "1. 押す", "undo": "戻す"}
)


def changed(**values):
    sections = BASE.sections | values.pop("sections", {})
    return Form(**{**BASE.__dict__, **values, "sections": sections})


@pytest.mark.parametrize(
    ("mine", "theirs", "taken", "touching"),
    [
        (changed(title="私"), changed(symptom="相手"), ("symptom",), ()),
        (changed(title="私"), changed(title="相手"), (), ("title",)),
        (changed(title="同じ"), changed(title="同じ"), (), ()),
        (changed(sections={"steps": "2"}), changed(sections={"undo": "3"}), ("section.undo",), ()),
        (changed(sections={"steps": "2"}), changed(sections={"steps": ""}), (), ("section.steps",)),
        (changed(), changed(sections={"new": "足した"}), ("section.new",), ()),
        (changed(synonyms=" a \n\nb\n"), changed(synonyms="a\nb\nc"), ("synonyms",), ()),
        (changed(kind="procedure"), changed(), (), ("kind",)),
        (changed(owner_id=1), changed(owner_id=2), (), ("owner",)),
        (changed(owner_id=None), changed(owner_id=2), (), ()),
    ],
)
def test_a_field_is_taken_where_only_they_changed_it(mine, theirs, taken, touching):
    found = merge(BASE, mine, theirs)

    assert (found.taken, found.touching) == (taken, touching)
    for name in taken:
        key = name.removeprefix("section.")
        assert found.form.sections.get(key, getattr(found.form, name, None)) == theirs.sections.get(
            key, getattr(theirs, name, None)
        )


def test_two_changes_that_do_not_touch_are_both_kept_and_the_page_says_so(as_role, make_article, session):
    article = make_article()
    first = form_of(article, **{"section.steps": "1. 先に直した手順"})
    second = form_of(article, **{"section.undo": "あとから直した戻し方"})
    as_role("author").post(f"/articles/{article.id}/edit", data=first)

    answer = as_role("engineer").post(f"/articles/{article.id}/edit", data=second)

    assert answer.status_code == 303
    head = session.get(Article, article.id).head
    assert head.sections["steps"] == "1. 先に直した手順" and head.sections["undo"] == "あとから直した戻し方"
    page = as_role("engineer").get(answer.location).text
    assert "合わせました" in page and "手順と確認できる結果" in page
    assert [row.parent_id for row in session.scalars(select(Revision).order_by(Revision.id))] == [None, 1, 2]


def test_where_both_touched_the_same_the_rest_is_taken_and_both_texts_are_shown(as_role, make_article):
    article = make_article()
    first = form_of(article, title="先の題", **{"section.steps": "1. 先に直した手順"})
    second = form_of(article, title="あとの題")
    as_role("author").post(f"/articles/{article.id}/edit", data=first)

    answer = as_role("engineer").post(f"/articles/{article.id}/edit", data=second)

    assert answer.status_code == 409
    assert "先に直した手順" in answer.text and 'value="あとの題"' in answer.text
    assert "相手の変更を取り込みました" in answer.text and "先の題" in answer.text


def test_a_form_made_from_nothing_that_is_known_is_not_put_together(as_role, make_article):
    article, other = make_article(), make_article(title="別の記事")
    for base in (str(other.head_id), "999", "", "x"):
        form = form_of(article, title="私の題", base=base)
        answer = as_role("author").post(f"/articles/{article.id}/edit", data=form)
        assert answer.status_code == 409 and "私の題" in answer.text


def test_what_is_put_together_is_checked_as_a_whole(as_role, make_article):
    article = make_article(kind="self_help", sections={"steps": "1. a", "when": "あ"})
    first = form_of(article, **{"section.steps": "\n".join(f"{n}. a" for n in range(1, 9))})
    as_role("author").post(f"/articles/{article.id}/edit", data=first)

    answer = as_role("engineer").post(
        f"/articles/{article.id}/edit", data=form_of(article, **{"section.when": "い"}, action="submit")
    )

    assert answer.status_code == 422 and "5つまで" in answer.text
