"""Every kind in the disguises of office text, and what merely looks like it. Every number is invented."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from kb.domain.personal_data import EVERYTHING, KINDS, Finding, find, knowing, masked, plain

FOUND = {
    "my_number": [
        "マイナンバー（12桁）：１２３４－５６７８－９０１８",
        "| 氏名欄 | 個人番号 |\n|---|---|\n| 外字 | 999988887777 |",
        "<table><tr><th>個人番号</th></tr><tr><td>9999<b>8888</b>7777</td></tr></table>",
        "```\nmynumber=999988887777\n```",
        "個人番号\n9999 8888 7777",
        "123456789018（個人番号）が表示された",
        "ﾏｲﾅﾝﾊﾞｰ 999988887777",
        "個人番号 9|9|9|9|8|8|8|8|7|7|7|7",
        "個人番号 9.9.9.9.8.8.8.8.7.7.7.7",
        "個人番号 999.988.887.777",
        "個人番号 &#57;99988887777",
        "個人番号は999988887777と111122223333です",
    ],
    "resident_code": ["住民票コード: 12345678901", "住基コード\n123-4567-8901"],
    "residence_card": ["在留カード番号 ab 1234 5678 cd", "AB12345678CD のカードが読めない"],
    "drivers_license": ["運転免許証番号 第305077419210号", "免許証 30-50-774192-10"],
    "passport": ["旅券番号：ＴＲ１２３４５６７", "パスポート TK1234567 で受付"],
    "pension": ["基礎年金番号は1234-567890", "年金番号: 1234567890"],
    "insurance": ["保険者番号 06443782", "被保険者番号：12345678"],
    "password": [
        "初期パスワードは Welcome2027",
        "パスワード「Kb!2027x」",
        "| 利用者 | 初期パスワード |\n|---|---|\n| 窓口 | Kb2027abc |",
        "利用者\tパスワード\n窓口\tKb2027abc",
        "ID/PW: madoguchi / Adm1n2027",
        "admin / Str0ng!Pass99",
        "暗証番号：4821",
        "仮パスワード：sakura",
        "DB_PASSWORD=h4rdT0Guess",
        "mysql -u root -pS3cretPw db",
        "Authorization: Bearer abcdEFGH12345678",
        "ﾊﾟｽﾜｰﾄﾞ:Kb2027abc",
        "**パスワード**: `Kb2027abc`",
        "初期PW：Madoguchi#2027",
        "初期パスワード Madoguchi2027",
        "パスワードを Madoguchi#2027 に変更",
        "仮パスワード「abcd1234」を発行",
    ],
    "secret_key": ["-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKC\n-----END RSA PRIVATE KEY-----", "glpat-abcdefgh12345678"],
    "phone": ["折り返し ０８０－１２３４－５６７９", "携帯09012345679", "自宅 03(5445)8344", "区民の連絡先 03-5445-8344", "+81 90-1234-5679"],
    "email": ["ｔａｒｏ＠ｙａｍａｄａ．ｊｐ", "taro [at] yamada.jp", "taro\u200b@yamada.jp"],
    "address": ["〒113-0033 文京区本郷7-3-1", "文京区本郷七丁目3番1号", "東京都文京区小石川１丁目２−３ コーポ小石川201号室"],
    "birth_date": ["生年月日 S60.3.9", "昭和60年3月9日生まれ", "誕生日は1985-03-09"],
    "name": ["氏名: 佐藤花子", "山田 太郎様から申出", "氏名（カナ）：ヤマダ ハナコ", "世帯主：葛󠄀城　美咲", "世帯主氏名 山本太郎", "氏名(カナ) ﾀﾅｶ ｲﾁﾛｳ", "住民の鈴木一郎さんから電話", "| 申請者 |\n|---|\n| 鈴木 一郎 |"],
    "host": ["ssh admin@10.20.30.40", "srv-ap01.madoguchi.local", r"\\fileserver01\share", "サーバ名: ap-srv01", "DBサーバ db-srv02 に接続", "fe80::1ff:fe23:4567:890a"],
}  # fmt: skip

LEFT_ALONE = [
    "個人番号の件数 123456789012 件", "マイナンバーの画面 トレースID 729213853048", "https://kiriwake/items/123456789018",
    "法人番号 6000020131059", "epoch 1806540930123", "KB5034441 を適用", "パスポートの写し KB5034441", "型番 AB12345678CD",
    "0x80070005", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "金額 123,456,789,012円",
    "03-3812-7111（代表）", "障害受付窓口 03-5803-1111", "0120-123-456", "電話番号 000-0000-0000", "5.4.03-1111-2222",
    "user@contoso.com", "support@vendor.co.jp", "git@github.com", "バージョン 10.0.1.2", "第1.2.3.4節", "127.0.0.1", "192.0.2.10",
    'password = os.environ["DB_PASSWORD"]', "password: ${DB_PASSWORD}", "パスワードは90日ごとに変更", "パスワード：英数字",
    "パスワードは 123456789 などにしない", "公開キー トークン: 714697626ef96b35", "PIN: 4桁", "トークンの有効期限: 3600",
    "password: required", "お客様、利用者様、皆様、様式、次のようなさまざまな", "氏名：必須", "氏名：全角20文字", "申請者：本人",
    "氏名の文字化け：外字", "担当：運用保守係", "名前: 展開計画", "山田町の支所", "田中電機製の読取機", "区分 1-2", "3-5-7 の手順",
    "2027/04/01生成のレポート", "昭和60年3月9日 施行", "東京都文京区", "INC-2027-0001", "個人番号 111111111111",
    "年金手帳の照会が止まる 2026-11-28 09:00 から", "被保険者番号の照会 2026-11-28 に止まった",
    "代理人は委任状が必要です", "届出人は親族、同居者、家主", "転入者は申請により交付します", "受給者は無料です", "区民は利用日の6か月前から",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_kind_is_found_in_its_disguises(kind, text):
    assert kind in [finding.kind for finding in find(text, EVERYTHING)]


def test_every_kind_has_a_disguise_here():
    assert set(FOUND) == set(KINDS)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert find(text, EVERYTHING) == []


@pytest.mark.parametrize(
    ("words", "address"),
    [("マイナンバー端末", "192.168.100.101"), ("免許証の読取", "192.168.100.101"), ("住民票コード検索", "192.168.10.101")],
)  # fmt: skip
def test_an_address_of_a_network_is_no_number_of_a_person_whatever_stands_before_it(words, address):
    text = f"{words} {address} が応答しない"

    assert [(f.kind, text[f.start : f.end]) for f in find(text, EVERYTHING)] == [("host", address)]


def test_places_are_those_of_the_text_given_through_html_tables_and_invisible_characters():
    text = "前\u200b文<td>個人番号</td><td>99<b>99</b>88\u200b887777</td>後\n|氏名|\n|-|\n|佐藤 花子|"

    assert [text[f.start : f.end] for f in find(text)] == ["99<b>99</b>88\u200b887777", "佐藤 花子"]


def test_a_mask_leaves_lines_tables_and_what_is_not_personal_as_they_were():
    text = "| 氏名 | 階 |\n|---|---|\n| 佐藤花子 | 2階 |\n折り返し 080-1234-5679 まで"

    assert masked(text) == "| 氏名 | 階 |\n|---|---|\n| ■■■■ | 2階 |\n折り返し ■■■■■■■■■■■■■ まで"
    assert find(masked(text)) == []


def test_what_is_known_to_be_allowed_is_left_alone_in_every_way_of_writing_it():
    office = plain("03-5445-8344")

    with knowing(lambda kind, value: kind == "phone" and value == office):
        assert find("区民の連絡先 ０３－５４４５－８３４４") == []
        assert find("区民の連絡先 03-5445-8345") != []


@pytest.mark.parametrize(
    "unit",
    ["1-", "1 2 3 4 5 6 7 8 9 0 1 2 ", "個人番号 1", "氏名:", "password: a", "東京都文京区あ1-", "curl -u ", "a@a.", "<b",
     "eyJaaaaaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "|a", "氏名\t電話\n", "一二三", "03-", "ab:", "ｶﾞ", "9"],
)  # fmt: skip
def test_hostile_text_is_read_in_one_pass(unit):
    text = unit * (150_000 // len(unit))
    start = time.process_time()

    find(text, EVERYTHING)

    assert time.process_time() - start < 8, (
        "150 kB take a tenth of a second; twice the length squared takes minutes"
    )


def test_findings_do_not_overlap_and_the_stricter_kind_wins():
    findings = find("氏名: 佐藤花子 様 個人番号 999988887777 090-1234-5679", EVERYTHING)

    assert all(a.end <= b.start for a, b in pairwise(findings))
    assert Finding("my_number", 16, 28) in findings
