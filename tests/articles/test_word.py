"""Word documents become drafts: their headings make the sections, their pictures come along."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from articles import word
from articles.importing import Import, Options
from articles.sources import open_source
from kb.domain.errors import Refused
from kb.store.models import Article, Attachment, Upload
from kb.web import db as web_db
from tests.articles import hostile
from tests.articles.hostile import archive
from tests.articles.test_intake import NUMBER, picture

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
PICTURE = """<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="a" descr="{words}"/>
<a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="rId1"/></pic:blipFill></pic:pic>
</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""
SPACES = (
    f"xmlns:w='{W}' xmlns:r='{RELATED}' xmlns:wp='{DRAWING}/wordprocessingDrawing' "
    f"xmlns:a='{DRAWING}/main' xmlns:pic='{DRAWING}/picture'"
)
STYLES = "".join(
    f"<w:style w:type='paragraph' w:styleId='{key}'><w:name w:val='{name}'/></w:style>"
    for key, name in (("a3", "Title"), ("1", "heading 1"), ("2", "heading 2"))
)


def paragraph(text, style=""):
    """Return a paragraph; style: "a3" for the title, "1" and "2" for headings."""
    styled = f"<w:pPr><w:pStyle w:val='{style}'/></w:pPr>" if style else ""
    return f"<w:p>{styled}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def table(*rows):
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def document(*body, image=None, ending="png"):
    """Return a Word document as Word writes one."""
    picture = f"Id='rId1' Type='{RELATED}/image' Target='media/image1.{ending}'"
    known = f"<Default Extension='{ending}' ContentType='image/{ending}'/>"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{PACKAGE}/content-types'>{known}</Types>",
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": f"<w:styles xmlns:w='{W}'>{STYLES}</w:styles>",
        "word/_rels/document.xml.rels": (
            f"<Relationships xmlns='{PACKAGE}/relationships'><Relationship {picture}/></Relationships>"
        ),
    }
    return archive(parts | ({f"word/media/image1.{ending}": image} if image else {}))


PROCEDURE = (
    paragraph("読取機の交換手順", "a3"),
    paragraph("2027年の点検から。"),
    paragraph("１．目的", "1"),
    paragraph("読取機を替える *印* と &lt;user&gt;"),
    paragraph("第2章 作業手順と確認できる結果", "1"),
    paragraph("外し方", "2"),
    table(["順", "作業"], ["1", "電源|を切る"]),
    PICTURE.format(words="読取機の背面"),
    paragraph("参考", "1"),
    paragraph("1. 型番の一覧"),
)


def read(content, name="手順.docx", kind="procedure"):
    return word.read(io.BytesIO(content), name, kind, most_bytes=10**7)


def test_headings_that_name_sections_fill_them_and_the_rest_is_text():
    draft = read(document(*PROCEDURE, image=picture()))

    (shown,) = draft.pictures
    assert draft.title == "読取機の交換手順"
    assert draft.sections == {
        "purpose": "読取機を替える \\*印\\* と &lt;user>",
        "steps": "### 外し方\n\n| 順 | 作業 |\n| --- | --- |\n| 1 | 電源\\|を切る |\n\n"
        f"![読取機の背面](attachment:{shown.sha256})",
        "body": "2027年の点検から。\n\n## 参考\n\n1\\. 型番の一覧",
    }
    assert draft.unsorted == ("参考",) and draft.left_out == 0


def test_a_picture_that_cannot_be_taken_is_counted_and_its_words_stay():
    draft = read(document(*PROCEDURE, image=b"\x01\x00\x00\x00 EMF", ending="emf"))

    assert draft.pictures == [] and draft.left_out == 1
    assert "*(画像: 読取機の背面)*" in draft.sections["steps"]


def test_without_a_title_the_files_name_is_one():
    assert read(document(paragraph("文だけ"))).title == "手順"


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (document(paragraph(f"個人番号 {NUMBER}")), "a.docx", "attachments.personal_data"),
        (document(), "a.docx", "import.empty"),
        (hostile.billion_laughs(), "a.docx", "attachments.damaged"),
        (hostile.deep(), "a.docx", "attachments.too_complex"),
        (b"plain", "a.txt", "attachments.not_word"),
        (bytes.fromhex("d0cf11e0"), "手順.DOC", "attachments.old_word"),
    ],
)
def test_a_document_that_must_not_come_in_is_refused(content, name, key):
    with pytest.raises(Refused) as refused:
        read(content, name)
    assert [r.key for r in getattr(refused.value, "reasons", (refused.value,))] == [key]


def test_the_page_shows_what_comes_in_the_form_and_stores_no_article(as_role, session):
    data = {"kind": "procedure", "files": (io.BytesIO(document(*PROCEDURE, image=picture())), "手順.docx")}
    page = as_role("author").post("/articles/word", data=data)

    (upload,) = session.scalars(select(Upload))
    assert page.status_code == 200 and session.scalars(select(Article)).all() == []
    assert 'value="読取機の交換手順"' in page.text and f'src="/attachments/{upload.sha256}"' in page.text
    assert "「本文」に入れました：参考" in page.text and "data-unsaved" in page.text


def test_the_page_names_where_personal_data_stands(as_role, session):
    content = document(paragraph("あ"), paragraph(f"個人番号 {NUMBER}"))
    data = {"kind": "procedure", "files": (io.BytesIO(content), "a.docx")}
    page = as_role("author").post("/articles/word", data=data)

    assert page.status_code == 422 and "2番目の段落に個人番号" in page.text and NUMBER not in page.text
    assert session.scalars(select(Upload)).all() == []


def test_the_command_makes_a_draft_once_with_its_picture(app, settings, tmp_path, session):
    path = tmp_path / "交換 (案).docx"
    path.write_bytes(document(*PROCEDURE, image=picture()))

    def run():
        engine, source = app.extensions["kb.engine"], open_source(path, "procedure")
        return Import(engine, source, settings.attachments, Options(kind="procedure")).run(web_db.now)

    assert run().counts == {"imported": 1}
    assert run().counts == {"unchanged": 1}
    (article,) = session.scalars(select(Article))
    (attached,) = session.scalars(select(Attachment))
    assert article.confidence == "work_in_progress" and article.published_id is None
    assert article.title == "読取機の交換手順" and attached.name == "交換 (案)-1.png"
    assert f"![読取機の背面](attachment:{attached.sha256})" in article.head.sections["steps"]
