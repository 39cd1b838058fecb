"""The queue of searches without an answer: what is in it, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from kb.store.db import reading, writing
from kb.store.models import AuditRow, HandledSearch, Search
from kb.web.locale import WORDS
from search import gaps
from search.gaps import Wording, grouped

NOW = datetime.now(UTC)


@pytest.fixture
def searched(app):
    """A function: put a search into the log; without an answer unless said otherwise. Returns its id."""
    count = iter(range(1_000_000))

    def add(words, *, days=1.0, results=0, helped="", times=1, opened=()):
        at = NOW - timedelta(days=days)
        rows = [
            Search(
                token=f"t{next(count)}",
                words=words,
                results=results,
                missing=[],
                opened=list(opened),
                helped=helped,
                unanswered=helped == "no" or (results == 0 and not helped),
                role="staff",
                first_at=at,
                last_at=at,
            )
            for _ in range(times)
        ]
        with writing(app.extensions["kb.engine"]) as session:
            session.add_all(rows)
            session.flush()
            return rows[-1].id

    return add


@pytest.fixture
def listed(app):
    """A function: the open gaps as the command lists them."""

    def gaps():
        answer = app.test_cli_runner().invoke(args=["search", "gaps", "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return gaps


@pytest.fixture
def audited(app):
    """A function: the audit rows of the queue."""

    def rows():
        with reading(app.extensions["kb.engine"]) as session:
            found = session.scalars(select(AuditRow).where(AuditRow.action.startswith("gap."))).all()
            return [(row.action, row.person_id, row.object_id, row.detail) for row in found]

    return rows


def wording(words, times=1):
    return Wording(words, times, 0, NOW, 1)


def words_of(gaps):
    return [gap["words"] for gap in gaps]


def test_wordings_of_one_thing_are_grouped_whatever_their_order():
    typed = [
        wording("タブレット 通訳 つながらない", 3),
        wording("通訳のタブレットがつながりません"),
        wording("住民票 文字化け", 2),
        wording("住民票が文字化けする"),
        wording("ORA-12541"),
        wording("ora 12541 が出た"),
    ]
    groups = [[w.words for w in group] for group in grouped(typed)]

    assert groups == [
        [typed[0].words, typed[1].words],
        [typed[2].words, typed[3].words],
        [typed[4].words, typed[5].words],
    ]
    assert [[w.words for w in group] for group in grouped(typed[::-1])] == groups


def test_the_queue_holds_what_found_nothing_and_what_did_not_help_and_nothing_else(searched, listed):
    searched("通訳タブレット 無音", times=3)
    searched("番号札 二重", results=4, helped="no")
    searched("印刷できない", results=9)
    searched("金庫 開かない", results=0, helped="yes")

    assert [(gap["words"], gap["times"], gap["not_helped"]) for gap in listed()] == [
        ("通訳タブレット 無音", 3, 0),
        ("番号札 二重", 1, 1),
    ]


def test_the_page_shows_counts_last_date_and_the_other_wordings(searched, as_role):
    searched("通訳タブレット 無音", times=3)
    searched("通訳のタブレットが無音になる", results=2, helped="no")

    page = as_role("author").get("/search/gaps").text

    assert "4回検索" in page and "うち1回は見つかったが解決せず" in page and "昨日" in page
    assert "通訳のタブレットが無音になる" in page and "ほかの言い方（1）" in page


@pytest.mark.parametrize(
    ("login", "status"), [("staff", 403), ("engineer", 403), ("author", 200), ("reviewer", 200)]
)
def test_authors_and_ward_officers_see_the_queue_and_others_no_link_to_it(as_role, searched, login, status):
    searched("通訳タブレット 無音")

    assert as_role(login).get("/search/gaps").status_code == status
    home = as_role(login).get("/").text
    assert ("/search/gaps" in home) is (status == 200)
    assert ("答えのなかった言葉が1件" in home) is (status == 200)


def test_writing_leads_to_the_form_filled_with_the_words(searched, as_role, listed, audited, people):
    number = searched("通訳タブレット 無音", times=2)
    searched("通訳のタブレットが無音になる")
    author = as_role("author")

    sent = author.post(f"/search/gaps/{number}/article")
    kinds = author.get(sent.location).text
    form = author.get(f"{sent.location}&kind=workaround").text

    given = parse_qs(urlsplit(sent.location).query)
    assert given["title"] == ["通訳タブレット 無音"]
    assert "kind=workaround" in kinds and "symptom=" in kinds, "the choice of kind keeps the words"
    assert 'value="通訳タブレット 無音"' in form and "通訳のタブレットが無音になる</textarea>" in form
    assert listed() == []
    assert audited() == [("gap.writing", people["author"], None, {"wordings": 2})]


def test_what_was_dealt_with_comes_back_when_it_is_searched_for_again(searched, as_role, listed):
    number = searched("通訳タブレット 無音", times=5)
    as_role("author").post(f"/search/gaps/{number}/article")
    assert listed() == []
    searched("通訳タブレット 無音", days=-0.01)

    (gap,) = listed()
    assert (gap["times"], gap["before"]) == (1, "writing"), "only what was searched since counts"
    page = as_role("author").get("/search/gaps").text
    assert "対応後に再び検索" in page and "試験 author" in page


def test_other_words_for_what_was_dealt_with_say_so(searched, as_role, listed):
    as_role("author").post(f"/search/gaps/{searched('通訳タブレット 無音')}/article")
    searched("通訳のタブレットが無音になりました", days=-0.01)

    assert [gap["before"] for gap in listed()] == ["writing"]


def test_what_is_not_ours_stays_away_in_the_same_words_until_it_is_put_back(
    searched, as_role, listed, audited, people
):
    number = searched("明日の天気")
    answer = as_role("reviewer").post(f"/search/gaps/{number}/dismissal")
    searched("明日の天気は", days=-0.01)
    searched("明日の天気", days=-0.01)
    assert answer.status_code == 303 and listed() == []

    done = as_role("author").get("/search/gaps?state=done").text
    assert "対象外にした" in done and "試験 reviewer" in done and "明日の天気" in done
    as_role("author").post("/search/gaps/handled/1/reopening")

    assert words_of(listed()) == ["明日の天気"]
    assert [row[:2] for row in audited()] == [
        ("gap.not_ours", people["reviewer"]),
        ("gap.reopened", people["author"]),
    ]


@pytest.mark.parametrize("what", gaps.ACTIONS)
def test_every_state_and_its_audit_row_have_words(what):
    assert f"people.action.{gaps.ACTIONS[what]}" in WORDS
    assert what == "reopened" or f"gaps.state.{what}" in WORDS


def test_the_audit_row_does_not_repeat_the_words(searched, as_role, audited):
    as_role("author").post(f"/search/gaps/{searched('山田太郎の端末')}/dismissal")

    assert "山田" not in str(audited())


def test_words_are_added_to_an_article_through_its_form(
    searched, as_role, make_article, app, audited, people, listed
):
    article = make_article(title="通訳タブレットの音が出ない", synonyms=("音なし",))
    app.extensions["search.queue"].drain()
    number = searched("通訳タブレット 無音", results=1, helped="no", opened=[article.id])
    author = as_role("author")

    page = author.get(f"/search/gaps/{number}/words").text
    sent = author.post(
        f"/search/gaps/{number}/words", data={"article": article.id, "wording": ["通訳タブレット 無音"]}
    )
    form = author.get(sent.location).text

    assert "開かれたが解決しなかった記事" in page and page.count(f'value="{article.id}"') == 2
    assert sent.location.startswith(f"/articles/{article.id}/edit?add_synonyms=")
    assert "音なし\n通訳タブレット 無音</textarea>" in form
    assert "検索された言葉を別の言い方に加えた" in form and "data-unsaved" in form
    assert listed() == []
    assert audited() == [("gap.added", people["author"], article.id, {"wordings": 1})]
    app.extensions["search.finder"].close()


def test_the_article_is_found_by_its_number(searched, as_role, make_article, app):
    article = make_article(title="別の題名", symptom="別の症状")
    app.extensions["search.queue"].drain()
    number = searched("通訳タブレット 無音")

    page = as_role("author").get(f"/search/gaps/{number}/words?q=KB-{article.id}").text

    assert f'value="{article.id}"' in page
    app.extensions["search.finder"].close()


def test_an_article_that_the_author_may_not_see_is_neither_offered_nor_taken(searched, as_role, make_article):
    hidden = make_article(audience="restricted", owner="reviewer")
    number = searched("通訳タブレット 無音", results=1, helped="no", opened=[hidden.id])
    author = as_role("author")

    page = author.get(f"/search/gaps/{number}/words").text
    sent = author.post(f"/search/gaps/{number}/words", data={"article": hidden.id, "wording": ["無音"]})

    assert "開かれたが" not in page and sent.status_code == 404


def test_no_words_chosen_and_no_such_article_are_refused(searched, as_role, make_article):
    number = searched("通訳タブレット 無音")
    send = as_role("author").post
    article = make_article()

    assert send(f"/search/gaps/{number}/words", data={"article": article.id}).status_code == 422
    assert send(f"/search/gaps/{number}/words", data={"article": "x", "wording": ["a"]}).status_code == 404
    assert send(f"/search/gaps/{2**70}/dismissal").status_code == 404


def test_the_second_of_two_people_is_told_that_it_was_dealt_with(searched, as_role):
    number = searched("通訳タブレット 無音")
    as_role("author").post(f"/search/gaps/{number}/dismissal")

    late = as_role("reviewer").post(f"/search/gaps/{number}/article")

    assert late.status_code == 409 and "ほかの人が先に対応しました" in late.text


def test_a_long_queue_has_pages(searched, as_role):
    for number in range(45):
        searched(f"X{number:04d}7")

    first, last = (as_role("author").get(f"/search/gaps?page={page}").text for page in (1, 99))

    assert first.count('class="gap-words"') == 20 and last.count('class="gap-words"') == 5
    assert "page=2" in first


def test_an_empty_queue_says_so_in_both_languages(as_role):
    client = as_role("author")
    assert "対応を待つ検索はありません" in client.get("/search/gaps").text
    assert "対応した検索はまだありません" in client.get("/search/gaps?state=done").text
    client.set_cookie("language", "en")

    assert "Nothing is waiting" in client.get("/search/gaps").text


def test_hostile_words_are_shown_as_text(searched, as_role):
    number = searched("<script>alert(1)</script> ' \" %")

    assert "<script>alert" not in as_role("author").get("/search/gaps").text
    assert "<script>alert" not in as_role("author").get(f"/search/gaps/{number}/words").text


def test_the_command_lists_the_open_gaps_for_people(searched, app):
    searched("通訳タブレット 無音", times=3)

    listed = app.test_cli_runner().invoke(args=["search", "gaps"])

    assert listed.exit_code == 0 and "3 " in listed.output and "通訳タブレット 無音" in listed.output


def test_a_search_without_result_reaches_the_queue_by_itself(as_role, make_article, app, listed):
    make_article()
    app.extensions["search.queue"].drain()
    for text in ("ヴァイ", "ヴァイオリ", "ヴァイオリン"):
        as_role("staff").get("/search", query_string={"q": text}, headers={"HX-Request": "true"})
    app.extensions["search.finder"].close()

    assert words_of(listed()) == ["バイオリン"]


def test_a_very_long_search_fits_an_address_that_every_proxy_takes(searched, as_role, make_article):
    number = searched("鬱" * 2_000)
    searched("鬱" * 1_999 + "病")
    author = as_role("author")
    page = author.get(f"/search/gaps/{number}/words").text

    added = author.post(
        f"/search/gaps/{number}/words", data={"article": make_article().id, "wording": ["鬱" * 2_000, "病"]}
    )

    assert "鬱" * 100 in page
    assert len(added.location) < 1_400 and "add_synonyms=" in added.location
    sent = author.post(f"/search/gaps/{searched('憂' * 2_000, days=-0.01)}/article")
    assert 1_000 < len(sent.location) < 3_000


def test_an_address_cannot_bring_more_than_a_form_takes(as_role, make_article):
    client = as_role("author")
    many = [("kind", "workaround"), ("title", "題" * 9_000)] + [("synonyms", f"言葉{n}") for n in range(500)]
    form = client.get("/articles/new", query_string=many).text
    article = make_article(synonyms=("同じ言葉",))
    edit = client.get(f"/articles/{article.id}/edit?add_synonyms=同じ言葉").text

    assert "題" * 200 in form and "題" * 201 not in form
    assert "言葉19" in form and "言葉20" not in form
    assert ">\n同じ言葉</textarea>" in edit, "a wording that is there is not added again"


def test_handled_wordings_are_kept_for_each_wording(searched, as_role, app):
    number = searched("通訳タブレット 無音", times=2)
    searched("通訳のタブレットが無音になる")
    as_role("author").post(f"/search/gaps/{number}/dismissal")

    with reading(app.extensions["kb.engine"]) as session:
        assert len(session.scalars(select(HandledSearch)).all()) == 2
