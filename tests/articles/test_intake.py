"""What is taken of a file from outside, what is refused, and what of a picture stays behind."""

from __future__ import annotations

import io
import random

import pytest
from openpyxl import Workbook
from PIL import Image

from articles.intake import names, worker
from articles.intake.process import accepted
from kb.domain.errors import Reasons, Refused
from tests.articles import hostile
from tests.articles.hostile import archive, docx, page_of, paragraphs, stream, text_pdf

NUMBER = "123456789018"
"""A 個人番号 that nobody has: its check digit is right."""
TEMPLATE = "<R><Relationship Id='a' Target='http://x/t' TargetMode='External' Type='x/attachedTemplate'/></R>"


def examine(content, name="a.txt"):
    """Return the answer of the reader, in this process."""
    return worker.examine(io.BytesIO(content), name[name.rfind(".") :])


def reasons(content, name="a.txt"):
    """Return (key, values) of each reason against a file."""
    with pytest.raises(Refused) as refused:
        examine(content, name)
    return list(getattr(refused.value, "reasons", (refused.value,)))


def places(content, name):
    """Return (kind, key of the place, its values) of the personal data found."""
    found = reasons(content, name)
    assert {reason.key for reason in found} == {"attachments.personal_data"}
    return [
        (reason.values["kind"], reason.values["place"].key, reason.values["place"].values) for reason in found
    ]


def picture(form="PNG", size=(60, 40), **saved):
    """Return a picture; noise, so that a wrong pixel shows."""
    image = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    image.save(out, form, **saved)
    return out.getvalue()


def workbook(*rows, sheet="一覧"):
    """Return an xlsx with these rows."""
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (picture("PNG"), "a.png", "png"),
        (picture("JPEG"), "a.JPG".lower(), "jpeg"),
        (picture("WEBP"), "a.webp", "webp"),
        (picture("GIF"), "a.gif", "png"),
        (text_pdf("Restart the spooler"), "a.pdf", "pdf"),
        ("プリンターを再起動する".encode(), "a.txt", "text"),
        ("プリンターを再起動する".encode("cp932"), "a.log", "text"),
        ("機器,台数\n印刷機,3\n".encode("utf-8-sig"), "a.csv", "csv"),
        (workbook(["機器", "台数"], ["印刷機", 3]), "a.xlsx", "xlsx"),
        (docx(paragraphs("印刷機を再起動する")), "a.docx", "docx"),
        (archive({"app.log": "start", "logs/app.log.1": "stop"}), "a.zip", "zip"),
    ],
)
def test_a_file_that_is_what_its_name_says_is_taken(content, name, key):
    assert examine(content, name).type.key == key


@pytest.mark.parametrize(
    ("content", "name", "place", "values"),
    [
        (f"a\nb\n個人番号 {NUMBER}".encode(), "a.txt", "at_line", {"number": 3}),
        (f"a\n個人番号 {NUMBER}".encode("cp932"), "a.log", "at_line", {"number": 2}),
        (f"番号\n個人番号 {NUMBER}".encode("utf-16"), "a.txt", "at_line", {"number": 2}),
        (f"氏名,個人番号\n甲,{NUMBER[:-1]}9\n".encode(), "a.csv", "at_line", {"number": 2}),
        (workbook(["名", "個人番号"], ["甲", int(NUMBER)]), "a.xlsx", "at_row",
         {"sheet": "一覧", "number": 2}),
        (docx(paragraphs("あ", f"個人番号: {NUMBER}")), "a.docx", "at_paragraph", {"number": 2}),
        (docx(paragraphs("あ"), **{"comments.xml": paragraphs(f"個人番号 {NUMBER}")}), "a.docx", "at_part",
         {"part": "comments.xml", "number": 1}),
        (text_pdf(f"My number {NUMBER}"), "a.pdf", "at_page", {"number": 1}),
        (archive({"x/app.log": f"a\n個人番号 {NUMBER}"}), "a.zip", "at_line_of",
         {"name": "x/app.log", "number": 2}),
    ],
)  # fmt: skip
def test_personal_data_is_found_with_its_place(content, name, place, values):
    assert ("my_number", f"attachments.{place}", values) in places(content, name)


def test_a_number_cut_into_runs_or_deleted_under_revision_is_found():
    runs = f"<w:r><w:t>個人番号 {NUMBER[:5]}</w:t></w:r><w:r><w:delText>{NUMBER[5:]}</w:delText></w:r>"
    content = docx(f"<w:document xmlns:w='{hostile.W}'><w:body><w:p>{runs}</w:p></w:body></w:document>")

    assert [kind for kind, _, _ in places(content, "a.docx")] == ["my_number"]


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (picture("JPEG"), "a.png", "mislabelled"),
        (b"%PDF-1.7\n", "a.pdf", "damaged"),
        (picture("PNG")[:200], "a.png", "damaged"),
        (b"", "a.txt", "empty"),
        (b"\x00\x01\x02", "a.txt", "not_text"),
        (b"<!-- x --><HTML>", "a.log", "markup"),
        (docx(paragraphs("a"), **{"vbaProject.bin": "x"}), "a.docx", "active"),
        (docx(paragraphs("a"), **{"embeddings/a.xlsx": "x"}), "a.docx", "object_inside"),
        (docx(paragraphs("a"), **{"_rels/settings.xml.rels": TEMPLATE}), "a.docx", "leads_out"),
        (docx("<!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>"), "a.docx", "damaged"),
        (archive({"[Content_Types].xml": "<a/>", "ppt/presentation.xml": "<a/>"}), "a.zip", "type_not_taken"),
        (archive({"a.log": b"\x00\x01"}), "a.zip", "in_zip"),
        (page_of(stream(b""), catalogue=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "a.pdf", "active"),
        (page_of(stream(b""), catalogue=b"/Names<</EmbeddedFiles<<>>>>"), "a.pdf", "object_inside"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_says_or_acts_by_itself_is_refused(content, name, key):
    assert [reason.key.removeprefix("attachments.") for reason in reasons(content, name)] == [key]


def test_a_page_without_text_is_told():
    assert examine(page_of(stream(b"")), "a.pdf").unread == [1]


def test_a_picture_loses_its_metadata_and_is_turned_as_it_is_seen():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "撮影: 窓口 太郎"
    (clean,) = examine(picture("JPEG", exif=exif, comment=b"secret"), "a.jpg").parts

    shown = Image.open(io.BytesIO(clean))
    assert shown.size == (40, 60) and not shown.getexif() and "comment" not in shown.info
    assert "太郎".encode() not in clean and b"secret" not in clean


def test_text_hidden_in_a_png_is_gone_and_every_pixel_stays():
    content = picture("PNG") + b"PK\x03\x04 hidden behind"
    (clean,) = examine(content, "a.png").parts

    assert b"hidden" not in clean
    assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(content)).tobytes()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_went_through_once_changes_no_byte_the_next_time(form):
    first = examine(picture(form), f"a.{form.lower()}")
    again = examine(first.parts[0], f"a{first.type.endings[0]}")

    assert again.parts == first.parts


def test_a_moving_picture_becomes_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    (clean,) = examine(out.getvalue(), "a.gif").parts

    shown = Image.open(io.BytesIO(clean))
    assert getattr(shown, "n_frames", 1) == 1 and shown.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\図 1.png", "図 1.png"),
        ("a\u202egnp.exe.png", "agnp.exe.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.png"),
        ("...", "file"),
        ("", "file"),
        ("\u200b.png", "file.png"),
        ("あ" * 300 + ".png", "あ" * 96 + ".png"),
    ],
)
def test_a_name_shows_nothing_that_leads_astray(given, shown):
    assert names.clean(given) == shown


def test_a_file_goes_through_a_process_of_its_own_and_comes_back():
    with accepted(io.BytesIO(picture("GIF")), "図.gif", most_bytes=10**6) as found:
        assert (found.name, found.type.key) == ("図.png", "png")
        assert found.content.read().startswith(b"\x89PNG")
    with accepted(io.BytesIO("手順".encode()), "手順.txt", most_bytes=10**6) as found:
        assert found.content.read() == "手順".encode()


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (b"x" * 2_000_000, "a.txt", "attachments.too_large"),
        (b"x", f"個人番号 {NUMBER}.txt", "personal_data.refused"),
        (b"x", "a.exe", "attachments.type_not_taken"),
        (b"x", "a.svg", "attachments.type_not_taken"),
        (b"x", "a.html", "attachments.type_not_taken"),
        (f"個人番号 {NUMBER}".encode(), "a.txt", "attachments.personal_data"),
    ],
)
def test_what_is_refused_says_why_and_never_the_value(content, name, key):
    with (
        pytest.raises(Reasons if "personal" in key else Refused) as refused,
        accepted(io.BytesIO(content), name, most_bytes=10**6),
    ):
        pass
    found = getattr(refused.value, "reasons", (refused.value,))
    assert [reason.key for reason in found] == [key]
    assert NUMBER not in str([reason.values for reason in found])
