"""What is suggested while typing: quick, forgiving, and nothing that does not exist for the reader."""

from __future__ import annotations

import pytest

from tests.conftest import form_of


@pytest.fixture
def suggested(as_role):
    """A function: (login, typed) -> [(kind, text)]."""

    def suggest(login, typed):
        return [
            (row["kind"], row["text"])
            for row in as_role(login).get("/search/suggest", query_string={"q": typed}).json
        ]

    return suggest


@pytest.fixture
def stocked(make_article):
    """An article for staff and one for engineers, which share a component."""
    return {
        "staff": make_article(
            title="申請書が印刷されない", error_codes=("ORA-12541",), components=("レーザープリンター",)
        ),
        "engineer": make_article(
            title="印刷サーバーの特権昇格",
            audience="engineer",
            error_codes=("ORA-01017",),
            components=("レーザープリンター", "特権端末"),
        ),
    }


@pytest.mark.parametrize(
    "typed",
    [
        "申請書",
        "印刷",
        "インサツ",
        "いんさつ",
        "しんせいしょ",
        "insatu",
        "insats",
        "shinsei",
        "申請書 印刷",
        "KB-0001",
        "kb-1",
        "ｋｂ－０００１",
    ],
)
def test_a_title_is_found_by_its_beginning_its_middle_its_reading_and_its_number(stocked, suggested, typed):
    assert ("article", "申請書が印刷されない") in suggested("staff", typed)


@pytest.mark.parametrize("typed", ["ora", "ORA-12", "ora 125", "12541", "ＯＲＡ１２"])
def test_a_code_is_found_with_and_without_what_is_between_its_parts(stocked, suggested, typed):
    assert ("code", "ORA-12541") in suggested("staff", typed)


@pytest.mark.parametrize("typed", ["れーざー", "ﾚｰｻﾞｰ", "プリンタ", "ぷりんたー"])
def test_a_component_is_found_in_any_kana(stocked, suggested, typed):
    assert suggested("staff", typed)[0] == ("component", "レーザープリンター")


def test_what_a_reader_may_not_see_is_not_suggested(stocked, suggested):
    assert suggested("staff", "特権") == []
    assert suggested("staff", "ORA") == [("code", "ORA-12541")]
    assert suggested("staff", "印刷") == [("article", "申請書が印刷されない")]
    assert suggested("engineer", "特権") == [("component", "特権端末"), ("article", "印刷サーバーの特権昇格")]


def test_a_draft_is_suggested_to_its_author_and_officers_alone(make_article, suggested):
    make_article(title="書きかけの手順", confidence="work_in_progress")

    assert [len(suggested(login, "書きかけ")) for login in ("staff", "engineer", "author", "reviewer")] == [
        0,
        0,
        1,
        1,
    ]


def test_a_change_counts_from_the_next_letter_on(stocked, make_article, suggested, as_role):
    article = stocked["staff"]
    assert suggested("staff", "申請書")

    as_role("reviewer").post(f"/articles/{article.id}/archival", data=form_of(article))
    make_article(title="申請書が二枚出る")

    assert suggested("staff", "申請書") == [("article", "申請書が二枚出る")]
    assert suggested("reviewer", "印刷されない") == [], "what is archived is not searched"
    assert suggested("reviewer", "ORA") == [("code", "ORA-01017")]


def test_the_draft_of_a_published_article_is_not_suggested(stocked, suggested, as_role):
    article = stocked["staff"]
    suggested("author", "申請書")

    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="秘密の題名"))

    assert suggested("staff", "秘密") == suggested("author", "秘密") == []
    assert suggested("staff", "申請書") == [("article", "申請書が印刷されない")]


@pytest.mark.parametrize("typed", ["", " ", "あ", "a", "1", "\x00", "%", "-" * 40, "印" * 5000, "<script>"])
def test_too_little_too_much_and_nonsense_suggest_nothing(stocked, suggested, typed):
    assert suggested("staff", typed) == []


def test_choosing_leads_to_the_article_or_to_what_has_the_code(stocked, as_role):
    client = as_role("staff")

    rows = client.get("/search/suggest?q=ora").json + client.get("/search/suggest?q=申請書").json

    assert [row["url"] for row in rows] == ["/search?q=ORA-12541", f"/articles/{stocked['staff'].id}"]


def test_no_more_than_a_list_that_can_be_read(make_article, suggested):
    for number in range(12):
        make_article(title=f"印刷 {number}", components=(f"印刷機{number}",), error_codes=(f"印刷-{number}",))

    kinds = [kind for kind, _ in suggested("staff", "印刷")]

    assert kinds == ["code"] * 3 + ["component"] * 3 + ["article"] * 2
