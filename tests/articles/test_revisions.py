"""What was saved: who submitted and approved it, two revisions compared, since when a line stands there."""

from __future__ import annotations

from types import SimpleNamespace

from articles.line_history import lines
from tests.conftest import form_of


def revision(number, text):
    return SimpleNamespace(id=number, text=text)


def history(*texts):
    found = lines([revision(n, text) for n, text in enumerate(texts, 1)], lambda row: row.text)
    return [(line.words, [turn.revision.id for turn in line.turns]) for line in found]


def test_a_line_knows_the_revisions_that_made_it_what_it_is():
    first = "1. 電源を入れる。\n2. 三十秒待つ。"

    assert history(first) == [("1. 電源を入れる。", [1]), ("2. 三十秒待つ。", [1])]
    assert history(first, first + "\n3. 印刷する。")[2] == ("3. 印刷する。", [2])
    changed = first.replace("三十秒", "六十秒")
    assert history(first, changed) == [("1. 電源を入れる。", [1]), ("2. 六十秒待つ。", [1, 2])]
    assert history(first, "0. 準備する。\n" + first, changed)[-1] == ("2. 六十秒待つ。", [1, 3])
    assert history(first, "", first) == [("1. 電源を入れる。", [3]), ("2. 三十秒待つ。", [3])]


def test_a_line_names_the_incident_because_of_which_it_stands_there(
    as_role, make_article, make_incident, submit, decide
):
    article, incident = make_article(sections={"steps": "1. 電源を入れる。\n2. 待つ。"}), make_incident()
    steps = {"section.steps": "1. 電源を入れる。\n2. 六十秒待つ。"}
    form = form_of(article, **steps, incident=incident.id, reason="待ち時間が足りなかった")
    as_role("engineer").post(f"/articles/{article.id}/edit", data=form)
    decide(article, submit(article, "engineer"))

    page = as_role("author").get(f"/articles/{article.id}/lines/steps").text

    first, second = page.split('<li value="')[1:]
    assert incident.number not in first and "試験 author" in first
    assert incident.number in second and "待ち時間が足りなかった" in second and "変更2回" in second
    assert "<ins>六十秒</ins>" in second
    listed = as_role("author").get(f"/articles/{article.id}/history").text
    assert "提出：試験 engineer" in listed and "承認：試験 reviewer" in listed


def test_any_two_revisions_are_compared_the_older_one_first(as_role, make_article):
    article = make_article(title="一番目の題")
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="二番目の題"))

    for first, second in ((1, 2), (2, 1)):
        address = f"/articles/{article.id}/comparison?from={first}&to={second}"
        page = as_role("author").get(address).text
        assert "<del>一</del>" in page and "<ins>二</ins>" in page and "版1に戻す" in page
    assert "違いはありません" in as_role("author").get(f"/articles/{article.id}/comparison?from=1&to=1").text
    for wrong in ("from=1&to=99", "from=1", "from=x&to=1", ""):
        assert as_role("author").get(f"/articles/{article.id}/comparison?{wrong}").status_code == 404


def test_lines_and_comparisons_do_not_tell_of_what_one_may_not_read(as_role, make_article):
    article = make_article(audience="engineer", owner="reviewer", sections={"steps": "1. 待つ。"})
    form = form_of(
        article, audience="restricted", reason="限定の理由", **{"section.steps": "1. 限定の手順。"}
    )
    as_role("reviewer").post(f"/articles/{article.id}/edit", data=form)
    draft = article.head_id + 1
    base = f"/articles/{article.id}"

    for login in ("author", "untrained"):
        assert as_role(login).get(f"{base}/comparison?from={article.head_id}&to={draft}").status_code == 404
        assert as_role(login).get(f"{base}/lines/steps?revision={draft}").status_code == 404
        assert "限定" not in as_role(login).get(f"{base}/lines/steps").text
    assert "限定の理由" in as_role("engineer").get(f"{base}/lines/steps?revision={draft}").text
    assert as_role("engineer").get(f"{base}/lines/nothing").status_code == 404
    assert as_role("engineer").get(f"{base}/lines/steps?revision=-{10**20}").status_code == 404
