"""Files of articles: the uploader's alone until saved, then the access of what names them; never a page."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from articles import cleaning, files, service
from kb.domain.articles import Text, publication_problems
from kb.store.db import writing
from kb.store.models import Article, Attachment, AuditRow, Revision, Upload
from tests.articles.hostile import page_of, stream
from tests.articles.test_intake import NUMBER, picture
from tests.conftest import form_of

PNG = picture()


@pytest.fixture
def attach(app, settings):
    """A function: article, bytes and type -> the address of a file that the article's newest text names."""

    def attach(article, content=PNG, media_type="image/png", name="図.png"):
        sha256 = files.keep(settings.attachments, content)
        with writing(app.extensions["kb.engine"]) as session:
            row = {"article_id": article.id, "sha256": sha256, "name": name, "media_type": media_type}
            session.add(Attachment(**row, size=len(content), created_at=datetime(2026, 11, 20, tzinfo=UTC)))
            head = session.get(Revision, article.head_id)
            head.sections = head.sections | {"body": f"![図](attachment:{sha256})"}
        return f"/attachments/{sha256}"

    return attach


@pytest.fixture
def bring(as_role):
    """A function: login, content and name -> the answer of the upload."""

    def bring(login, content=PNG, name="図.png", **fields):
        data = {"files": (io.BytesIO(content), name), **fields}
        return as_role(login).post("/articles/uploads", data=data)

    return bring


def address_of(answer):
    """Return the address of the file that was brought."""
    markdown = answer.get_json()["files"][0]["markdown"]
    return "/attachments/" + markdown.partition("attachment:")[2].rstrip(")")


def status(client, address):
    with client.get(address) as answer:
        return answer.status_code


def test_an_attachment_exists_for_whom_its_article_exists(as_role, make_article, attach):
    address = attach(make_article(audience="engineer"))

    with as_role("engineer").get(address) as shown:
        assert shown.data == PNG
    assert status(as_role("staff"), address) == 404
    assert status(as_role("staff"), "/attachments/" + "0" * 64) == 404


def test_a_picture_is_sandboxed_and_anything_else_is_only_downloaded(as_role, make_article, attach):
    with as_role("staff").get(attach(make_article())) as shown:
        assert shown.status_code == 200
    page = make_article()
    with as_role("staff").get(attach(page, b"<script>alert(1)</script>", "text/html", "a.html")) as other:
        assert other.status_code == 200

    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "attachment" not in shown.headers.get("Content-Disposition", "")
    assert other.headers["Content-Disposition"].startswith("attachment")
    assert other.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%00", "x", "..", "ab/../cd"])
def test_a_name_that_is_no_hash_leads_nowhere(as_role, name):
    assert as_role("staff").get(f"/attachments/{name}").status_code in (404, 308)


def test_the_same_bytes_lie_there_once(tmp_path):
    assert files.keep(tmp_path, PNG) == files.keep(tmp_path, PNG)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<html>", b"GIF", b"", b"RIFFxxxxAVI "])
def test_only_bytes_that_are_a_picture_count_as_one(content):
    assert files.image_type(content) is None


def test_a_file_that_was_brought_is_the_persons_alone_until_a_saved_text_names_it(
    app, as_role, bring, make_article, session
):
    answer = bring("author")
    address = address_of(answer)
    roles = ("author", "engineer", "administrator", "staff")
    assert answer.status_code == 201
    assert [status(as_role(role), address) for role in roles] == [200, 404, 404, 404]

    article = make_article(audience="staff")
    text = f"![印刷の画面](attachment:{address[-64:]})"
    form = form_of(article, **{"section.effect": text})
    assert as_role("author").post(f"/articles/{article.id}/edit", data=form).status_code == 303
    assert [status(as_role(role), address) for role in roles] == [200, 200, 200, 404]
    assert session.scalars(select(Upload)).all() == []

    release(app, article)
    assert status(as_role("staff"), address) == 200
    page = as_role("staff").get(f"/articles/{article.id}").text
    assert f'src="{address}"' in page and ">図.png</a>" in page


def test_a_file_of_a_draft_for_fewer_readers_stays_hidden_from_those_of_the_article(
    as_role, bring, make_article
):
    address = address_of(bring("author"))
    article = make_article(audience="staff")
    text = f"![図](attachment:{address[-64:]})"
    form = form_of(article, audience="restricted", **{"section.effect": text})
    assert as_role("author").post(f"/articles/{article.id}/edit", data=form).status_code == 303

    seen = {role: status(as_role(role), address) for role in ("staff", "untrained", "engineer", "reviewer")}
    assert seen == {"staff": 404, "untrained": 404, "engineer": 200, "reviewer": 200}


def test_naming_a_file_that_one_may_not_open_gives_no_access(as_role, make_article, attach, session):
    address = attach(make_article(audience="restricted"))
    own = make_article(audience="staff", owner="untrained")
    form = form_of(own, **{"section.effect": f"![図](attachment:{address[-64:]})"})

    assert as_role("untrained").post(f"/articles/{own.id}/edit", data=form).status_code == 303
    assert status(as_role("untrained"), address) == 404
    assert own.id not in session.scalars(select(Attachment.article_id)).all()


def release(app, article):
    """Let readers see the article's newest revision."""
    with writing(app.extensions["kb.engine"]) as session:
        row = session.get(Article, article.id)
        service.release(session, row, confidence="validated", by=None, now=datetime.now(UTC))


def test_a_file_may_be_used_again_in_another_article(app, as_role, make_article, attach):
    address = attach(make_article(audience="engineer"))
    other = make_article(audience="staff")
    form = form_of(other, **{"section.effect": f"![図](attachment:{address[-64:]})"})
    assert as_role("engineer").post(f"/articles/{other.id}/edit", data=form).status_code == 303
    release(app, other)

    assert status(as_role("staff"), address) == 200


def test_personal_data_in_a_file_or_its_name_is_refused_and_nothing_is_kept(bring, settings, session):
    answers = [
        bring("author", f"個人番号 {NUMBER}".encode(), "記録.txt"),
        bring("author", "記録".encode(), f"個人番号 {NUMBER}.txt"),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "1行目に個人番号" in answers[0].get_json()["problems"][0]
    assert NUMBER not in answers[0].text + answers[1].text
    assert session.scalars(select(Upload)).all() == [] and list(settings.attachments.rglob("*")) == []


def test_a_scan_is_kept_once_somebody_has_looked_at_it(bring, session):
    scan = page_of(stream(b""))
    refused = bring("author", scan, "scan.pdf")
    kept = bring("author", scan, "scan.pdf", unread_checked="1")

    assert "1 ページ目" in refused.get_json()["problems"][0] and kept.status_code == 201
    (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "attachment.uploaded"))
    assert row.detail["unread_pages"] == 1


def test_a_telephone_number_is_kept_once_somebody_answers_for_it(bring, session):
    log = "連絡先\n電話: 090-1234-5678".encode()
    refused = bring("author", log, "記録.txt")
    kept = bring("author", log, "記録.txt", unread_checked="1")

    (reason,) = refused.get_json()["problems"]
    assert reason.startswith("2行目に電話番号") and kept.status_code == 201
    (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "attachment.uploaded"))
    assert row.detail["kinds"] == ["phone"]


def test_without_script_a_file_goes_into_the_chosen_section_and_the_text_stays(as_role, session):
    form = {
        "kind": "workaround",
        "title": "題",
        "section.effect": "前の文",
        "attach_to": "effect",
        "action": "attach",
    }
    page = as_role("author").post(
        "/articles/new", data=form | {"files": (io.BytesIO("記録".encode()), "a_b.log")}
    )

    (row,) = session.scalars(select(Upload))
    assert page.status_code == 200 and "data-unsaved" in page.text and 'value="題"' in page.text
    assert f"前の文\n\n[a\\_b.log](attachment:{row.sha256})" in page.text
    assert session.scalars(select(Article)).all() == []


def test_without_script_a_refused_file_is_told_above_the_form(as_role):
    form = {"kind": "workaround", "title": "題", "attach_to": "effect", "action": "attach"}
    page = as_role("author").post("/articles/new", data=form | {"files": (io.BytesIO(b"x"), "a.exe")})

    assert "この種類のファイルは添付できません" in page.text and 'value="題"' in page.text


def test_a_person_removes_what_they_brought_and_nobody_elses(as_role, bring, session):
    bring("author")
    (row,) = session.scalars(select(Upload))

    assert as_role("engineer").post(f"/articles/uploads/{row.id}/removal").status_code == 404
    assert as_role("author").post(f"/articles/uploads/{row.id}/removal").status_code == 204


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("![](attachment:{})", [1]),
        ("文\n\n![ ](attachment:{})\n![図.PNG](attachment:{})", [3, 4]),
        ("![…][図]", [1]),
        ("![エラー画面](attachment:{})", []),
        ("```\n![](a)\n```\n`![](a)`", []),
    ],
)
def test_a_picture_needs_words_before_it_is_published(markdown, lines):
    text = Text("self_help", "題", sections={"steps": markdown.format("0" * 64, "0" * 64)})
    found = [r for r in publication_problems(text, 1) if r.key == "articles.alt_missing"]

    assert [(r.values["section"], r.values["line"]) for r in found] == [("steps", line) for line in lines]


def clean(app, settings, now):
    """Forget and sweep as two days' rounds would; return how many rows and files went."""
    with writing(app.extensions["kb.engine"]) as session:
        rows = cleaning.forget(session, now)
    with writing(app.extensions["kb.engine"]) as session:
        return rows, cleaning.sweep(session, settings.attachments, now)


def test_what_no_revision_names_is_forgotten_after_thirty_days(app, settings, as_role, bring, session):
    address = address_of(bring("author"))
    now = datetime.now(UTC)

    assert clean(app, settings, now + timedelta(days=29)) == (0, 0)
    assert clean(app, settings, now + timedelta(days=31)) == (1, 1)
    assert status(as_role("author"), address) == 404
    assert [row.detail["sha256"] for row in session.scalars(cleaned())] == [address[-64:]]


def cleaned():
    return select(AuditRow).where(AuditRow.action == "attachment.cleaned")


def test_what_an_old_revision_names_stays_for_ever(app, settings, as_role, make_article, attach):
    article = make_article()
    address = attach(article)
    form = form_of(article, **{"section.body": "図のない文"})
    assert as_role("reviewer").post(f"/articles/{article.id}/edit", data=form).status_code == 303

    assert clean(app, settings, datetime.now(UTC) + timedelta(days=900)) == (0, 0)
    assert status(as_role("author"), address) == 200


def test_the_command_lists_what_is_unused_and_cleans_it(app, settings, bring, session):
    address = address_of(bring("author"))
    runner = app.test_cli_runner()

    listed = runner.invoke(args=["articles", "attachments", "--days", "0"])
    assert address[-64:] in listed.output and session.scalars(select(Upload)).all()
    runner.invoke(args=["articles", "attachments", "--days", "0", "--clean"])
    session.rollback()
    assert session.scalars(select(Upload)).all() == []
    assert files.path_of(settings.attachments, address[-64:]).exists(), "young bytes are left alone for a day"
