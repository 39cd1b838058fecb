"""What was meant by what was typed: kana, romaji, slips, and only words that exist for the reader."""

import pytest

from search import romaji
from search.thesaurus import Thesaurus, parse
from search.widening import SYNONYMS, synonyms, synonyms_title


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("insatu", "インサツ"),
        ("insatsu", "インサツ"),
        ("sinnsei", "シンセイ"),
        ("shinsei", "シンセイ"),
        ("kyassyuresu", "キャッシュレス"),
        ("pasuwa-do", "パスワード"),
        ("matchi", "マッチ"),
        ("kon'nyaku", "コンニャク"),
        ("windows", ""),
        ("x", ""),
    ],
)
def test_romaji_are_kana_in_both_spellings_and_other_words_are_not(typed, kana):
    assert romaji.kana(typed) == kana


@pytest.fixture
def filled(index, document):
    index.update(
        [
            document(1, "申請書が印刷されない", body="プリンターの電源を確かめる。"),
            document(2, "停電から戻ったあと", body="パスワードを忘れたときは係へ。"),
            document(3, "秘密の鍵", audience="restricted", body="特権昇格"),
        ]
    )
    return index


@pytest.mark.parametrize(
    ("typed", "number", "meant"),
    [
        ("いんさつできない", 1, "印刷できない"),
        ("insatu dekinai", 1, "印刷 できない"),
        ("ていでん", 2, "停電"),
        ("テイデン", 2, "停電"),
        ("ぱすわーどわすれた", 2, "パスワードわすれた"),
        ("プリンンター", 1, "プリンタ"),
        ("プリター", 1, "プリンタ"),
        ("ブリンター", 1, "プリンタ"),
    ],
)
def test_another_way_to_write_it_finds_the_article_and_is_offered(filled, ask, typed, number, meant):
    answer = ask(typed)

    assert answer.hits[0].id == number and answer.query.correction == meant


def test_what_is_written_as_the_articles_have_it_is_not_corrected(filled, ask):
    assert ask("申請書が印刷されていません").query.correction == ""
    assert ask("パスワード").query.correction == ""


def test_names_and_codes_hold_no_slips(index, document, ask):
    index.update([document(1, "おらが id を ip に直す", body="印刷できない OWA Outlook")])

    assert ask("java.io.IOException: jp.example 印刷できない").query.correction == ""
    assert ask("ORA 12541").query.correction == ""
    assert ask("io").query.correction == "id"
    assert ask("outlok 2019").query.correction == "outlook 2019"


def test_a_word_of_the_thesaurus_is_no_slip(index, document, ask):
    index.update([document(number, "レビュー セット") for number in range(1, 12)])
    index.update([document(12, "インターネットにつながらない"), document(13, "ピクセルの設定")])

    assert ask("ネット").query.correction == "セット"
    words = Thesaurus.of(parse("ネット → インターネット\n表計算、エクセル"))
    assert [hit.id for hit in ask("ネット", thesaurus=words).hits] == [12]
    assert ask("ネット", thesaurus=words).query.correction == ""
    assert ask("エクセル 開けない", thesaurus=words).query.correction == ""


def test_an_english_word_in_which_no_kana_are_understood_is_offered_as_it_was_typed(filled, ask):
    assert ask("audio not working").query.correction == ""
    assert ask("audio insatu dekinai").query.correction == "audio 印刷 できない"


def test_english_words_that_only_ask_are_neither_missing_nor_slips(index, document, ask):
    index.update([document(1, "パスワードのリセット", body="show you may reset the password")])

    answer = ask("how do i reset my password")
    assert answer.missing == () and answer.query.correction == "" and [hit.id for hit in answer.hits] == [1]


def test_what_was_read_is_not_called_missing_and_a_slip_is(filled, ask):
    assert ask("いんさつ").missing == ()
    assert ask("プリター").missing == ("プリター",)


def test_a_word_that_the_reader_may_not_find_is_neither_read_nor_offered(filled, ask):
    assert ask("とっけん").query.correction == "特権"

    answer = ask("とっけん", may_find=lambda facts: facts.audience == "staff")
    assert answer.query.correction == "" and not answer.hits
    assert not any("特権" in other.keys for other in answer.query.others)


def test_a_word_of_two_kanji_is_found_by_one_of_them(index, document, found):
    index.update([document(1, "配布先の一覧"), document(2, "配布先の管理")])

    assert found("配布先の理") == [2, 1]


def test_what_a_machine_with_katakana_only_sends_is_read_as_hiragana(index, document, ask, found):
    index.update([document(1, "カードが読めない"), document(2, "紙詰まり"), document(3, "倍の日数")])
    index.update([document(4, "画面が固まった")])

    assert found("ｶｰﾄﾞﾖﾒﾅｲ") == [1] and found("ｶﾐﾂﾞﾏﾘ") == [2] and found("ｶﾞﾒﾝｶﾞｶﾀﾏｯﾀ") == [4]
    assert ask("ｶｰﾄﾞﾖﾒﾅｲ").missing == ()
    assert ask("ﾊﾞｲｵﾘﾝ ﾋｱﾘ").missing == ("ﾊﾞｲｵﾘﾝ", "ﾋｱﾘ") and found("ﾋｱﾘ") == []


def test_the_thesaurus_finds_in_the_direction_of_its_arrow(index, document, found):
    index.update([document(1, "転入の届出"), document(2, "引っ越しの手伝い"), document(3, "端末の停止")])
    arrow = Thesaurus.of(parse("引っ越し → 転入\n固まる、停止する"))

    assert set(found("引っ越し", thesaurus=arrow)) == {1, 2}
    assert found("転入", thesaurus=arrow) == [1]
    assert found("固まった", thesaurus=arrow) == [3] and found("固まった") == []


def test_a_phrase_of_the_thesaurus_stands_for_all_its_words(index, document, found):
    index.update([document(1, "画面が表示されない"), document(2, "画面の掃除"), document(3, "暗い部屋")])
    dark = Thesaurus.of(parse("画面が真っ暗 → 表示されない"))

    assert found("画面が真っ暗になった", thesaurus=dark) == [1, 2]
    assert 1 not in found("真っ暗", thesaurus=dark)


def test_a_phrase_of_the_thesaurus_is_heard_in_any_order_and_around_two_words(index, document, ask, found):
    index.update([document(1, "粗大ごみの申込み"), document(2, "窓口の案内")])
    bulky = Thesaurus.of(parse("家具を捨てる → 粗大ごみ"))

    assert found("家具をまだ新品だが捨てたい", thesaurus=bulky) == [1]
    assert found("捨てたい家具", thesaurus=bulky) == [1]
    assert found("家具を昨日二階から庭に出したので捨てたい", thesaurus=bulky) == []
    assert ask("家具を新品だが捨てる", thesaurus=bulky).missing == ("新品",), "not meant by the phrase"


def test_of_a_compound_that_stands_for_a_word_most_will_do(index, document, found):
    titles = ("転入したときの届出", "転入届", "窓口の届", "受領の届", "変更の届", "時計")
    index.update([document(number, title) for number, title in enumerate(titles, 1)])
    moving = Thesaurus.of(parse("越す → 転入届"))

    assert found("越した", thesaurus=moving) == [2, 1]


def test_the_word_itself_is_worth_more_than_one_that_stands_for_it(index, document, found):
    index.update([document(1, "転居の届出"), document(2, "引っ越しの届出")])

    assert found("引っ越しの届出") == [2, 1]


def test_the_synonyms_were_written_from_the_dictionary_in_use():
    assert SYNONYMS.read_text(encoding="utf-8").splitlines()[0] == synonyms_title()
    assert "転居" in synonyms()["引っ越し"]
