"""Import and export: once, whatever happens, and back again the same."""

from __future__ import annotations

import io
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from articles import exporting, service
from articles.importing import Import, Options
from articles.intake import worker
from articles.sources import open_source
from kb.domain.errors import Refused
from kb.store.db import reading, writing
from kb.store.models import Article, Attachment, AuditRow, Person, Revision, ToIndex
from kb.web import db as web_db
from tests.articles.test_intake import NUMBER, picture
from tests.conftest import form_of

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PNG = worker.examine(io.BytesIO(picture()), ".png").parts[0]
"""A picture as it leaves the intake."""


def write(folder, name, body="本文です。", **front):
    """Write one file with front matter and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "".join(f"{key}: {value}\n" for key, value in ({"title": "印刷できない"} | front).items())
    path.write_text(f"---\n{head}---\n{body}\n", encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def run(app, settings):
    """A function: path and options -> the outcome of an import."""

    def run(path, **options):
        engine = app.extensions["kb.engine"]
        return Import(engine, open_source(path), settings.attachments, Options(**options)).run(lambda: NOW)

    return run


def articles(session):
    return session.scalars(select(Article).order_by(Article.id)).all()


def test_a_file_becomes_a_published_article_with_its_history(files, run, session):
    write(files, "a.md", '# <a name="x"></a>印刷がされない\n\n紙が出ません。')

    outcome = run(files)

    (article,) = articles(session)
    assert outcome.counts == {"imported": 1}
    assert (article.title, article.confidence, article.audience) == (
        "印刷できない",
        "not_validated",
        "engineer",
    )
    assert article.head.synonyms == ["印刷がされない"]
    assert article.head.sections == {"body": "紙が出ません。"}
    assert session.scalar(select(func.count()).select_from(ToIndex)) == 1
    assert {row.action for row in session.scalars(select(AuditRow))} == {
        "article.created",
        "article.published",
    }


def test_the_same_file_again_changes_nothing(files, run, session):
    write(files, "a.md")
    run(files)

    assert run(files).counts == {"unchanged": 1}
    assert session.scalar(select(func.count()).select_from(Revision)) == 1


def test_a_changed_file_makes_one_revision(files, run, session):
    write(files, "a.md")
    run(files)
    write(files, "a.md", "直しました。")

    assert run(files).counts == {"changed": 1}
    (article,) = articles(session)
    assert article.published.sections == {"body": "直しました。"} and article.published.parent_id


def test_what_was_edited_here_is_not_overwritten_unasked(app, files, run, session, people):
    write(files, "a.md")
    run(files)
    with writing(app.extensions["kb.engine"]) as store:
        article = store.get(Article, 1)
        text = service.text_of(article.head)
        service.revise(
            store,
            article,
            type(text)(**{**vars(text), "title": "ここで直した題"}),
            by=people["author"],
            now=NOW,
        )
    write(files, "a.md", "外で直した。")

    refused = run(files)
    assert [r.key for _, r in refused.refused] == ["import.edited_here"]
    assert run(files, overwrite=True).counts == {"changed": 1}
    assert session.scalar(select(func.count()).select_from(Revision)) == 3


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"\xff\xfe\x00", "import.not_utf8"),
        ("---\ntitle: [\n---\n本文".encode(), "import.front_matter"),
        ("---\ntitle: 題\n---\n".encode(), "import.empty"),
        ("題のない本文".encode(), "articles.title_missing"),
        ("---\ntitle: 題\n---\nパスワード：Kb2027!abc".encode(), "personal_data.refused"),
        ("---\nformat: kiriwake/1\nkind: poem\ntitle: 題\n---\n本文".encode(), "import.unknown_value"),
        ("---\n- a\n- b\n---\n本文".encode(), "articles.title_missing"),
        ("---\nformat: kiriwake/1\ntitle: 題\nkind: [a]\n---\n本文".encode(), "import.unknown_value"),
        (
            "---\nformat: kiriwake/1\ntitle: 題\nupdated: 9999-12-31 23:00:00\n---\n本文".encode(),
            "import.unknown_value",
        ),
        (
            "---\nformat: kiriwake/1\ntitle: 題\nreview_due: 0001-01-01\n---\n本文".encode(),
            "import.unknown_value",
        ),
        (
            "---\nformat: kiriwake/1\ntitle: 題\nsource: マイナンバー 123456789018\n---\n本文".encode(),
            "personal_data.refused",
        ),
        (("---\ntitle: 0x" + "f" * 5_000 + "\n---\n本文").encode(), "import.unforeseen"),
        ("---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n本文".encode(), "import.front_matter"),
        (("---\ntitle: 題\n---\n" + "1. " * 1_000).encode(), "articles.too_deep"),
    ],
)
def test_a_file_that_cannot_be_an_article_is_refused_with_its_reason(files, run, session, content, key):
    (files / "bad.md").write_bytes(content)
    write(files, "good.md")

    outcome = run(files)

    ((name, refused),) = outcome.refused
    assert name == "bad.md"
    assert key in [refused.key, *(r.key for r in getattr(refused, "reasons", ()))]
    assert len(articles(session)) == 1


def test_links_between_files_lead_between_articles_even_in_a_circle(files, run, session):
    write(files, "a/one.md", "[二](../b/two.md#確認) と [外](https://example.jp/x.md) と [無](none.md)")
    write(files, "b/two.md", "[一](../a/one.md)")

    run(files)

    one, two = articles(session)
    assert one.published.sections["body"].startswith(f"[二]({two.number}#確認)")
    assert f'href="/articles/{one.id}"' in two.published.html["body"]
    assert "[無](none.md)" in one.published.sections["body"]
    assert run(files).counts == {"unchanged": 2}
    assert session.scalar(select(func.count()).select_from(Revision)) == 2


def test_pictures_that_exist_become_attachments(files, run, session, settings):
    (files / "media").mkdir()
    (files / "media" / "図.png").write_bytes(PNG)
    (files / "media" / "fake.png").write_bytes(b"<svg onload=alert(1)>")
    write(files, "a.md", "![配線](media/図.png) ![無い](media/none.png) ![偽](media/fake.png)")

    run(files)

    (attachment,) = session.scalars(select(Attachment))
    html = articles(session)[0].published.html["body"]
    assert attachment.name == "図.png" and f"/attachments/{attachment.sha256}" in html
    assert "[画像: 無い]" in html and "[画像: 偽]" in html
    assert (settings.attachments / attachment.sha256[:2] / attachment.sha256).read_bytes() == PNG


def test_personal_data_in_a_file_that_would_come_along_is_named_and_nothing_is_kept(files, run, settings):
    (files / "attachments").mkdir()
    (files / "attachments" / "a.log").write_text(f"個人番号 {NUMBER}", encoding="utf-8")
    write(files, "a.md", "[記録](attachments/a.log)")

    outcome = run(files)

    assert [name for name, _ in outcome.refused] == ["attachments/a.log"] and outcome.counts["imported"] == 1
    assert [path for path in settings.attachments.rglob("*") if path.is_file()] == []


def _tar(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(content), kind
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_is_read_without_leaving_it(tmp_path, run, session):
    good = "---\ntitle: 題\n---\n本文".encode()
    path = _tar(
        tmp_path / "set.tar.gz",
        ("md/good.md", good, tarfile.REGTYPE),
        ("../evil.md", good, tarfile.REGTYPE),
        ("/abs.md", good, tarfile.REGTYPE),
        ("link.md", b"", tarfile.SYMTYPE),
        ("device.md", b"", tarfile.CHRTYPE),
    )

    outcome = run(path)

    assert outcome.counts["imported"] == 1
    assert sorted(name for name, _ in outcome.refused) == ["../evil.md", "/abs.md", "device.md", "link.md"]
    assert [article.source for article in articles(session)] == ["set/md/good.md"]


def test_a_zip_is_read_and_a_bomb_is_not(tmp_path, run, monkeypatch):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.md", "---\ntitle: 題\n---\n本文")
        archive.writestr("bomb.md", b"0" * (3 * 2**20))

    outcome = run(path)

    assert outcome.counts["imported"] == 1
    assert [refused.key for _, refused in outcome.refused] == ["import.file_too_large"]


def test_a_damaged_archive_is_said_to_be_one(tmp_path):
    whole = _tar(tmp_path / "whole.tar.gz", ("a.md", b"x" * 5000, tarfile.REGTYPE)).read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Refused) as refused:
        open_source(tmp_path / "half.tar.gz")
    assert refused.value.key in ("import.damaged", "import.not_a_source")


def test_a_dry_run_changes_nothing(files, run, session):
    write(files, "a.md")
    (files / "bad.md").write_bytes(b"\xff")

    outcome = run(files, dry_run=True)

    assert outcome.counts == {"would_import": 1, "refused": 1}
    assert articles(session) == []


def test_an_exported_instance_comes_back_the_same(
    app, settings, run, files, tmp_path, make_article, as_role, password_hash
):
    make_article(
        title="題: 「引用」 # と",
        synonyms=("うんともすんとも",),
        error_codes=("0x80070035", "E-1042"),
        components=("窓口プリンター", "申請書作成システム"),
        sections={
            "steps": "1. 押す\n\n## 効果と制約\n\n見出しと同じ語\n\n```\n## 効果と制約\n```",
            "body": "# 自由\n\n---\n文",
        },
    )
    draft = make_article(kind="self_help", confidence="work_in_progress", title="下書き")
    newer = make_article(confidence="not_validated", title="改訂中")
    make_article(confidence="archived", title="保管した")
    as_role("author").post(f"/articles/{newer.id}/edit", data=form_of(newer, title="改訂中（新）"))
    (files / "media").mkdir()
    (files / "media" / "a.png").write_bytes(PNG)
    (files / "attachments").mkdir()
    (files / "attachments" / "記録 (1).log").write_text("電源を入れ直した", encoding="utf-8")
    linked = f"[下書き]({draft.number}) [記録](attachments/記録%20%281%29.log)"
    write(files, "a.md", f"![図](media/a.png) と {linked}")
    run(files)
    before = _everything(app)

    with reading(app.extensions["kb.engine"]) as store:
        exporting.export(store, tmp_path / "out", settings.attachments)
    _empty_but_for_people(app, settings)
    outcome = run(tmp_path / "out")

    assert outcome.refused == []
    assert _everything(app) == before


def _everything(app):
    """Return all that makes an article the same."""
    with reading(app.extensions["kb.engine"]) as store:
        return [
            (
                article.number,
                article.title,
                article.confidence,
                article.audience,
                article.owner_id,
                article.source,
                article.created_at,
                service.text_of(article.head),
                article.published and service.text_of(article.published),
                [component.name for component in article.components],
                [
                    (a.sha256, a.name, a.media_type, a.size)
                    for a in store.scalars(select(Attachment).where(Attachment.article_id == article.id))
                ],
            )
            for article in articles(store)
        ]


def _empty_but_for_people(app, settings):
    """Make the database of a new instance with the same people."""
    with reading(app.extensions["kb.engine"]) as store:
        people = [
            {column.name: getattr(person, column.name) for column in Person.__table__.columns}
            for person in store.scalars(select(Person))
        ]
    app.extensions["kb.engine"].dispose()
    for file in Path(settings.data).glob("kiriwake.db*"):
        file.unlink()
    web_db.migrate(app)
    with writing(app.extensions["kb.engine"]) as store:
        store.add_all(Person(**person) for person in people)


def test_the_command_names_each_refused_file_and_fails(app, files, monkeypatch):
    write(files, "a.md")
    (files / "bad.md").write_bytes(b"\xff")

    result = app.test_cli_runner().invoke(args=["articles", "import", str(files)])

    assert result.exit_code == 1
    assert "imported 1" in result.output and "bad.md" in result.output
    again = app.test_cli_runner().invoke(
        args=["articles", "import", str(files / "a.md"), "--owner", "nobody"]
    )
    assert again.exit_code == 1 and "nobody" in again.output


def test_an_old_export_does_not_revert_what_was_edited_since(
    app, settings, run, tmp_path, make_article, as_role, session, submit, decide
):
    article = make_article(title="前の題")
    with reading(app.extensions["kb.engine"]) as store:
        exporting.export(store, tmp_path / "old", settings.attachments)
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="今の題"))
    decide(article, submit(article))

    outcome = run(tmp_path / "old")

    assert [refused.key for _, refused in outcome.refused] == ["import.edited_here"]
    session.rollback()
    assert session.scalar(select(Article)).title == "今の題"


def test_one_file_that_nobody_foresaw_does_not_take_the_others_with_it(files, run, session):
    write(files, "a.md")
    write(files, "b.md", title='"\\uD800"', synonyms="[]")  # half a character: the database cannot keep it
    write(files, "c.md")

    outcome = run(files)

    assert [(name, refused.key) for name, refused in outcome.refused] == [("b.md", "import.unforeseen")]
    assert outcome.counts == {"imported": 2, "refused": 1} and len(articles(session)) == 2


def test_two_files_cannot_be_the_same_article(files, run, session):
    for name in ("a.md", "b.md"):
        write(files, name, format="kiriwake/1", source="同じ/元.md")

    outcome = run(files)

    assert [(name, refused.key) for name, refused in outcome.refused] == [("b.md", "import.source_twice")]


def test_a_heading_full_of_blanks_is_read_at_once(files, run):
    (files / "a.md").write_text("# 題" + " " * 50_000 + "x\n本文" + "[" * 200, encoding="utf-8")

    assert sum(run(files).counts.values()) == 1


def test_rules_in_a_file_without_front_matter_are_part_of_its_text(files, run, session):
    (files / "a.md").write_text("# 題\n\n前の文\n\n---\n\n中\n\n---\n\n後の文\n", encoding="utf-8")

    assert run(files).counts == {"imported": 1}
    (article,) = articles(session)
    assert article.title == "題"
    assert all(part in article.published.sections["body"] for part in ("前の文", "中", "後の文"))


def test_an_export_read_back_at_once_changes_nothing_even_with_a_newer_draft(
    app, settings, run, tmp_path, make_article, as_role
):
    article = make_article(title="公開中")
    as_role("author").post(f"/articles/{article.id}/edit", data=form_of(article, title="改訂中"))
    with reading(app.extensions["kb.engine"]) as store:
        exporting.export(store, tmp_path / "out", settings.attachments)

    assert run(tmp_path / "out").counts == {"unchanged": 2}
