"""What is never stored: numbers and secrets, in every disguise; and what merely looks like them."""

from __future__ import annotations

import pytest

from kb.domain import personal_data
from kb.domain.personal_data import check_digit, find

ELEVEN = "12345678901"
NUMBER = ELEVEN + str(check_digit(ELEVEN))
"""An invented 個人番号: right by its check digit, nobody's."""


def wide(text):
    return text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})


@pytest.mark.parametrize(
    "written",
    [
        NUMBER,
        f"個人番号：{NUMBER}",
        f"個人番号 {wide(NUMBER)}",
        f"マイナンバーは{NUMBER[:4]} {NUMBER[4:8]} {NUMBER[8:]}です",
        f"{NUMBER[:4]}-{NUMBER[4:8]}-{NUMBER[8:]}",
        f"個人番号 | {NUMBER[:4]}\u200b{NUMBER[4:]} |",
        f"個人番号 **{NUMBER[:6]}**{NUMBER[6:]}",
        "個人番号 111122223333",
    ],
)
def test_a_my_number_is_found_in_every_disguise(written):
    assert [finding.kind for finding in find(written)] == ["my_number"]


@pytest.mark.parametrize(
    "written",
    [
        f"伝票番号 {NUMBER}",
        f"{NUMBER} 件",
        f"INC-{NUMBER}",
        "202607151430",
        "111111111111",
        f"550e8400-e29b-41d4-a716-{NUMBER}",
        NUMBER[:11] + str((int(NUMBER[-1]) + 1) % 10),
        "マイナンバーカードの読み取り",
        "パスワードを3回間違えるとロックされます",
        "パスワード: ********",
        "password: <your password>",
        "パスワードは8文字以上",
        "APIキー",
        "0123456789012345",
    ],
)
def test_what_only_looks_like_it_is_left_alone(written):
    assert find(written) == []


def test_a_resident_code_is_found_by_its_label():
    assert [f.kind for f in find("住民票コード 12345678901")] == ["resident_code"]
    assert find("回線番号 12345678901") == []


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("パスワード：Kb2027!abc", "password"),
        ("初期パスワードは「Welcome123」", "password"),
        ("password=hunter2x", "password"),
        ("api_key: 9f8e7d6c5b4a", "password"),
        ("postgresql://kb:S3cr3tPw@db/kb", "secret_key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "secret_key"),
        ("AKIAABCDEFGHIJKLMNOP", "secret_key"),
    ],
)
def test_secrets_are_found(written, kind):
    assert [finding.kind for finding in find(written)] == [kind]


def test_a_place_is_given_in_the_text_as_written():
    text = f"あ\u200b個人番号　{wide(NUMBER)}。"
    (finding,) = find(text)

    assert text[finding.start : finding.end] == wide(NUMBER)
    assert personal_data.masked(text) == f"あ\u200b個人番号　{'■' * 12}。"


def test_a_refusal_names_kind_field_and_line_and_never_the_value():
    (refused,) = personal_data.problems({"symptom": f"一行目\n個人番号 {NUMBER}"})

    assert refused.values == {"kind": "my_number", "field": "symptom", "line": 2, "of": None}
    assert NUMBER not in repr(refused.args) + repr(refused.values)
