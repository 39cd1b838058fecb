"""Pictures, files and Excel cells brought into the form; a picture is described before it is published."""

from __future__ import annotations

import base64

import pytest

from tests.articles.test_intake import NUMBER, picture
from tests.articles.test_word import PROCEDURE, document
from tests.e2e.test_writing import WORKAROUND, begin, press, section

PASTE = """
(box, {texts, files}) => {
    const data = new DataTransfer();
    for (const [type, text] of Object.entries(texts)) data.setData(type, text);
    for (const {name, type, content} of files) {
        const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
        data.items.add(new File([bytes], name, {type}));
    }
    box.focus();
    box.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}
"""
DROP = PASTE.replace(
    'new ClipboardEvent("paste", {clipboardData: data', 'new DragEvent("drop", {dataTransfer: data'
)
EXCEL = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><style>td {color: red}</style></head>
<body><!--StartFragment--><table border=0 style='width:96pt'><tr style='height:18pt'>
<td>機器</td><td>状態</td></tr><tr><td colspan=2 style='color:red'>一階</td></tr>
<tr><td>印刷機 A|B</td><td>紙<br>なし</td></tr></table></body></html>"""


def paste(box, texts=None, files=(), script=PASTE):
    """Paste texts by their type, and files of (name, type, bytes)."""
    encoded = [
        {"name": name, "type": kind, "content": base64.b64encode(content).decode()}
        for name, kind, content in files
    ]
    box.evaluate(script, {"texts": texts or {}, "files": encoded})


@pytest.fixture
def form(page, sign_in):
    """The form of a new article, as the author sees it."""
    sign_in(page, "author")
    begin(page)
    for key, words in WORKAROUND.items():
        section(page, key).fill(words)
    return page


def test_a_pasted_picture_and_excel_cells_reach_the_page_once_the_picture_is_described(
    form, assert_accessible, assert_no_sideways_scroll, screenshot
):
    page, box = form, section(form, "effect")
    box.press("Control+End")
    paste(box, {"text/html": EXCEL, "text/plain": "機器\t状態\n一階\t\n印刷機 A|B\t紙なし"})
    table = "| 機器 | 状態 |\n| --- | --- |\n| 一階 |  |\n| 印刷機 A\\|B | 紙<br>なし |"
    assert box.input_value() == f"{WORKAROUND['effect']}\n\n{table}\n\n"

    paste(box, files=[("image.png", "image/png", picture("PNG", (300, 200)))])
    page.get_by_text("「image.png」を添付しました").wait_for()
    assert "![](attachment:" in box.input_value()
    page.locator(".file img").scroll_into_view_if_needed()
    assert page.locator(".file img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 300
    screenshot(page, "files-form")
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    page.watch.allowed_statuses = {422}
    press(page, "保存して審査に出す")
    missing = page.get_by_role("alert").get_by_role("link", name="画像の説明")
    assert missing.count() == 1
    screenshot(page, "files-alt")

    box.fill(box.input_value().replace("![](", "![印刷機の操作パネル]("))
    page.get_by_role("button", name="プレビュー").click()
    preview = page.get_by_role("dialog", name="プレビュー")
    preview.get_by_role("img", name="印刷機の操作パネル").wait_for()
    page.get_by_role("button", name="閉じる").click()
    press(page, "保存して審査に出す")

    shown = page.get_by_role("img", name="印刷機の操作パネル")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300
    assert page.locator(".text table tr").count() == 3
    assert page.get_by_role("link", name="image.png").is_visible()
    screenshot(page, "files-page")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_a_pasted_table_is_undone_at_once_and_code_and_compositions_are_left_alone(form):
    box = section(form, "effect")
    box.fill("")
    box.press_sequentially("前の文")
    paste(box, {"text/plain": "機器\t状態\n印刷機\t紙なし"})
    assert box.input_value().startswith("前の文\n\n| 機器 | 状態 |")
    form.keyboard.press("Control+z")
    assert box.input_value() == "前の文"

    box.fill("```\n")
    paste(box, {"text/plain": "a\tb\nc\td"})
    assert box.input_value() == "```\n"  # the browser's own paste, which a made event does not do
    box.fill("")
    box.dispatch_event("compositionstart")
    paste(box, {"text/html": EXCEL})
    assert box.input_value() == ""


def test_dropped_files_are_listed_or_refused_with_their_place_and_can_be_taken_back(form, screenshot):
    page, box = form, section(form, "undo")
    page.watch.allowed_statuses = {422}
    files = [
        ("手順.txt", "text/plain", "電源を入れ直す".encode()),
        ("一覧.csv", "text/csv", f"氏名,個人番号\n甲,{NUMBER}\n".encode()),
    ]
    paste(box, files=files, script=DROP)

    problems = page.locator("[data-file-problems]").get_by_text("2行目に個人番号")
    problems.wait_for()
    assert NUMBER not in page.locator("[data-files]").inner_text()
    assert "[手順.txt](attachment:" in box.input_value() and "一覧.csv" not in box.input_value()
    screenshot(page, "files-refused")

    page.get_by_role("button", name="「手順.txt」を外す").click()
    page.get_by_text("「手順.txt」を外しました").wait_for()
    assert page.locator(".file", has_text="手順.txt").count() == 0


def test_without_script_a_file_is_chosen_and_named_in_the_text(new_page, sign_in, assert_accessible):
    page = new_page(java_script_enabled=False)
    sign_in(page, "author")
    begin(page)
    page.get_by_label("ファイルを選ぶ").set_input_files(
        [{"name": "画面.png", "mimeType": "image/png", "buffer": picture("PNG")}]
    )
    press(page, "添付する")

    assert "![](attachment:" in section(page, "effect").input_value()
    assert page.locator(".file", has_text="画面.png").count() == 1


def test_a_word_document_is_read_into_the_form_and_saved(
    page, sign_in, assert_accessible, assert_no_sideways_scroll
):
    sign_in(page, "author")
    page.goto("/articles/new")
    page.get_by_role("link", name="Word の文書から下書きを作る").click()
    assert_accessible(page)
    content = document(*PROCEDURE, image=picture())
    page.get_by_label("Word の文書").set_input_files(
        [{"name": "手順.docx", "mimeType": "application/octet-stream", "buffer": content}]
    )
    press(page, "読み込む")

    assert page.get_by_text("Word から読み込みました").is_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    press(page, "保存")
    assert page.get_by_role("img", name="読取機の背面").is_visible()
