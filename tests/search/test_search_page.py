"""The search page: what a person sees, and what they never see."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.conftest import form_of


@pytest.fixture
def drain(app):
    """Bring the index up to the database, and let go of it after the test."""
    yield app.extensions["search.queue"].drain
    app.extensions["search.finder"].close()


@pytest.fixture
def stocked(make_article, drain):
    """Articles for every reader; the words 特権 and 昇格 stand in the engineers' one alone."""
    made = {
        "staff": make_article(
            title="申請書が印刷されない", symptom="印刷 ORA-12541", components=("プリンター",)
        ),
        "engineer": make_article(
            title="印刷サーバーの特権昇格", audience="engineer", kind="procedure", components=("特権端末",)
        ),
        "draft": make_article(title="印刷の書きかけ", confidence="work_in_progress", owner="author"),
    }
    drain()
    return made


def total(response):
    counted = re.search(r"<h2>(\d+)件見つかりました</h2>", response.text)
    assert counted or "見つかりませんでした" in response.text
    return int(counted[1]) if counted else 0


def counts(response):
    return re.findall(r'filter-count">(\d+)件', response.text)


def test_a_result_shows_title_kind_audience_confidence_components_and_age(stocked, as_role):
    page = as_role("staff").get("/search?q=印刷できない").text

    assert f'href="/articles/{stocked["staff"].id}"' in page
    assert "<mark>印刷</mark>" in page
    assert "回避策" in page and "検証済み" in page and "職員" in page
    assert "プリンター" in page and "<time" in page and "KB-0001" in page


def test_staff_never_see_the_engineers_articles_in_results_counts_facets_or_words(stocked, as_role):
    staff = as_role("staff").get("/search?q=申請書と特権")
    engineer = as_role("engineer").get("/search?q=申請書と特権")

    assert total(engineer) == 2 and "特権端末" in engineer.text
    assert total(staff) == 1
    assert "特権端末" not in staff.text and "手順書" not in staff.text and "技術者" not in staff.text
    assert '<span class="chip">特権</span>' in staff.text, "for staff the word stands nowhere"
    assert '<span class="chip">特権</span>' not in engineer.text


def test_a_filter_that_names_a_hidden_component_says_no_more_than_an_invented_one(stocked, as_role):
    hidden = as_role("staff").get("/search?q=申請書&component=特権端末")
    invented = as_role("staff").get("/search?q=申請書&component=架空端末")

    assert total(hidden) == total(invented) == 0
    assert counts(hidden) == counts(invented) != []


@pytest.mark.parametrize(("login", "count"), [("staff", 1), ("engineer", 2), ("author", 3), ("reviewer", 3)])
def test_each_role_counts_what_exists_for_it(stocked, as_role, login, count):
    assert total(as_role(login).get("/search?q=印刷")) == count


def test_a_visitor_is_asked_to_sign_in(stocked, visitor):
    answer = visitor.get("/search?q=印刷")

    assert answer.status_code == 303 and "/sign-in" in answer.location


def test_filters_are_links_with_counts_and_can_be_taken_away(stocked, as_role):
    page = as_role("engineer").get("/search?q=印刷&kind=procedure").text

    assert 'aria-current="true"' in page
    assert "サーバーの特権昇格" in page and "申請書が" not in page
    assert "絞り込みを解除" in page
    assert 'name="kind" value="procedure"' in page, "typing on keeps the filter"


def test_a_filter_that_does_not_exist_is_no_filter(stocked, as_role):
    assert total(as_role("staff").get("/search?q=印刷&kind=invented&audience=%00")) == 1


def test_a_long_list_has_pages_and_a_page_past_the_end_is_the_last(make_article, drain, as_role):
    for number in range(45):
        make_article(title=f"番号札が出ない 発券機{number}")
    drain()

    first, last, beyond = (as_role("staff").get(f"/search?q=番号札&page={page}") for page in (1, 3, 99))

    assert first.text.count('<p class="row-title">') == 20
    assert last.text.count('<p class="row-title">') == 5 and 'start="41"' in last.text
    assert beyond.text.count('<p class="row-title">') == 5
    assert "?q=%E7%95%AA%E5%8F%B7%E6%9C%AD&amp;page=2" in first.text


def test_nothing_found_says_what_to_try_and_names_the_words(stocked, as_role):
    page = as_role("staff").get("/search?q=ヴァイオリン").text

    assert "見つかりませんでした" in page and "ヴァイオリン</span>" in page
    assert "/articles/" in page


def test_who_finds_nothing_can_tell_somebody_in_the_words_they_typed(stocked, as_role):
    words = "/new?symptom=%E8%B1%86%E3%81%AE%E6%9C%A8"

    assert f'href="/reports{words}"' in as_role("staff").get("/search?q=豆の木").text
    assert f'href="/incidents{words}"' in as_role("engineer").get("/search?q=豆の木").text
    assert "new?symptom=" not in as_role("staff").get("/search?q=豆の木&kind=workaround").text


def test_an_empty_box_shows_how_to_search(stocked, as_role):
    page = as_role("staff").get("/search").text

    assert "検索のしかた" in page and "autofocus" in page
    assert as_role("staff").get("/search?q=+&page=abc").status_code == 200


def test_htmx_gets_the_results_alone(stocked, as_role):
    part = as_role("staff").get("/search?q=印刷", headers={"HX-Request": "true"})

    assert "<html" not in part.text and "申請書が" in part.text
    assert 'hx-swap-oob="true">1件見つかりました' in part.text, "screen readers are told"
    assert "HX-Request" in part.headers["Vary"]


def test_an_article_is_found_by_its_number(stocked, as_role):
    for typed in ("KB-0001", "kb0001", "KB-1", "ＫＢ－０００１"):
        assert (
            f"/articles/{stocked['staff'].id}"
            in as_role("staff").get("/search", query_string={"q": typed}).text
        )


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "\x00", "%", "'; DROP TABLE articles --", "* OR title:x", "あ" * 5000],
)
def test_whatever_is_typed_is_shown_as_text(stocked, as_role, hostile):
    answer = as_role("staff").get("/search", query_string={"q": hostile, "component": hostile})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_markup_in_an_article_stays_text_in_its_snippet(make_article, drain, as_role):
    make_article(title="<b>太字</b>の題名", symptom="<img src=x onerror=alert(1)> 発券機")
    drain()

    page = as_role("staff").get("/search?q=発券機 太字").text

    assert "<img src=x" not in page and "&lt;img" in page
    assert "<b>太字" not in page


def test_a_result_leads_to_the_section_that_answers(make_article, drain, as_role):
    steps = "1. 電源を切る\n\n### 紙の確かめ方\n\n1. 裏蓋のレバーを戻す"
    article = make_article(title="番号札が出ない", symptom="発券しない", sections={"steps": steps})
    drain()

    below = as_role("staff").get("/search?q=番号札 レバー").text
    above = as_role("staff").get("/search?q=番号札が発券しない").text
    page = as_role("staff").get(f"/articles/{article.id}").text

    assert f'href="/articles/{article.id}#紙の確かめ方:~:text=' in below and 'id="紙の確かめ方"' in page
    assert "「手順と確認できる結果」の中 › " in below and "紙の確かめ方</span>" in below
    assert f'class="row-title"><a href="/articles/{article.id}">' in above, "the top of the page says it all"


def test_the_draft_of_an_article_is_no_snippet_for_its_readers(make_article, drain, as_role):
    article = make_article(title="番号札が出ない", symptom="発券しない")
    as_role("author").post(
        f"/articles/{article.id}/edit", data=form_of(article, symptom="発券しない 秘密の下書き")
    )
    drain()

    page = as_role("staff").get("/search?q=発券 秘密").text

    assert "発券" in page and "下書き" not in page.split("search-rows")[1]


def test_the_page_says_when_it_searches_the_database(make_article, as_role, app):
    make_article(title="発券機の紙が詰まる")

    page = as_role("staff").get("/search?q=発券機").text

    assert "検索の準備をしています" in page and "<mark>発券機</mark>" in page


def test_the_page_speaks_english_on_request(stocked, as_role):
    client = as_role("staff")
    client.set_cookie("language", "en")

    assert "<h2>1 found</h2>" in client.get("/search?q=印刷").text


def test_a_link_and_a_recent_search_never_hold_a_personal_number(stocked, as_role):
    page = as_role("staff").get("/search?q=個人番号 123456789018 印刷").text

    assert 'data-asked="個人番号 ■■■■■■■■■■■■ 印刷"' in page
    copied = re.search('data-copy="([^"]*)"', page)[1]
    assert copied.startswith("http://localhost/search?q=") and "123456789018" not in copied
    assert "個人番号やパスワードのような文字があります" in page


def test_the_codes_among_the_words_not_found_come_first_and_a_long_list_is_cut(stocked, as_role):
    codes = " ".join(f"E-999{number}" for number in range(9))

    page = as_role("staff").get(f"/search?q=印刷 ヴァイオリン {codes}").text
    listed = re.findall('class="chip">([^<]*)<', page.split("search-missing")[1].split("</p>")[0])

    assert listed == codes.split()[:8] and "ほか2語" in page


def test_what_was_perhaps_meant_is_a_link_that_keeps_the_filters(make_article, drain, as_role):
    make_article(title="プリンターが動かない", symptom="窓口のプリンターが止まった")
    drain()

    page = as_role("staff").get("/search?q=プリンンター 動かない&kind=workaround").text

    correction = re.search('もしかして：[^<]*<a href="([^"]*)"><strong>([^<]*)', page)
    assert correction[2] == "プリンタ 動かない" and correction[1].endswith("&amp;kind=workaround")
    assert "もしかして" not in as_role("staff").get("/search?q=プリンター").text


@pytest.mark.parametrize(("language", "name"), [("ja", "切り分け"), ("en", "Kiriwake")])
def test_a_browser_learns_how_to_search_here(visitor, language, name):
    visitor.set_cookie("language", language, domain="kb.example.jp")

    answer = visitor.get("/opensearch.xml", base_url="https://kb.example.jp")
    description = ElementTree.fromstring(answer.text)
    names = {"o": "http://a9.com/-/spec/opensearch/1.1/"}

    assert answer.mimetype == "application/opensearchdescription+xml"
    assert description.findtext("o:ShortName", "", names) == name
    assert description.find("o:Url", names).get("template") == "https://kb.example.jp/search?q={searchTerms}"
    assert all(
        "kb.example.jp" in url for url in re.findall('https?://[^"<]+', answer.text) if "a9.com" not in url
    )
    assert 'href="/opensearch.xml"' in visitor.get("/sign-in").text


def test_what_was_searched_for_is_on_paper_too(stocked, as_role):
    page = as_role("staff").get("/search?q=印刷 %26<b>").text
    printed = re.search(r'<p class="print-only[^>]*>([^<]*)</p>', page)

    assert printed and printed[1] == "「印刷 &amp;&lt;b&gt;」の検索"
