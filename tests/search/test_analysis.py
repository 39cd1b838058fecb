"""What the index keeps of a text and what a query asks for."""

import threading

import pytest

from search import analysis, identifiers
from search.analysis import analyse_query, identifier_counts, stem, words
from search.folding import fold


def keys(text):
    return [item.key for item in identifiers.find(fold(text))]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("エラー ORA-12541 が出る", "ora12541"),
        ("ＯＲＡ－１２５４１", "ora12541"),
        ("0x80070035", "80070035"),
        ("80070035", "80070035"),
        ("0X8007-0035", "80070035"),
        ("0x1b", "0x1b"),
        ("DNS-PROBE-FINISHED-NXDOMAIN", "dnsprobefinishednxdomain"),
        ("５．７．７５０", "5.7.750"),
        ("E-1042。", "e1042"),
        ("192.168.1.10 に", "192.168.1.10"),
        (r"C:\Windows\System32\drivers", r"c:\windows\system32\drivers"),
        (r"\\server\share\受付", r"\\server\share"),
        ("/var/log/app.log", "/var/log/app.log"),
        ("hosts.txt を", "hosts.txt"),
        ("KB4023057", "kb4023057"),
        ("ERR_CONNECTION_RESET", "errconnectionreset"),
        ("KB-0012", "kb0012"),
        ("KB-12", "kb0012"),
        ("ｋｂ１２", "kb0012"),
        ("KB 12 の手順", "kb0012"),
        ("KB 5005565", "kb5005565"),
    ],
)
def test_an_identifier_is_found_whole_in_running_text(text, key):
    assert key in keys(text)


def test_a_code_written_with_a_space_equals_the_one_with_a_hyphen():
    assert "ora12541" in identifier_counts("ORA 12541")
    assert "ora12541" in identifier_counts("ORA-12541")
    assert "http503" in identifier_counts("HTTP 503 エラー")


def test_identifiers_are_no_words_and_the_words_around_them_stay():
    assert words("窓口でORA-12541が出た") == ["窓口", "出る"]


def test_words_of_one_meaning_have_one_spelling():
    assert words("引越し") == words("引っ越し")
    assert words("ｱｳﾄﾙｯｸ") == words("アウトルック") == words("Outlook")
    assert words("サーバが") == words("サーバーが")
    assert words("繋がらない") == words("つながりません")


def test_particles_auxiliaries_and_stop_words_are_left_out():
    assert words("これを印刷することはできますか") == ["印刷", "出来る"]


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("printers", "printer"),
        ("policies", "policy"),
        ("boxes", "box"),
        ("logging", "log"),
        ("failed", "fail"),
        ("status", "status"),
        ("access", "access"),
        ("user's", "user"),
        ("bus", "bus"),
        ("string", "string"),
        ("red", "red"),
    ],
)
def test_english_is_stemmed_lightly(word, stemmed):
    assert stem(word) == stemmed


def test_grams_leave_out_hiragana_spaces_and_web_addresses():
    found = analysis.grams(fold("印刷できない A 1 https://example.org/zzqq"))

    assert {"印刷", "刷で"} <= found.keys()
    assert not {"でき", "きな", "い ", "a ", "zz", "qq"} & found.keys()


def test_words_that_only_ask_weigh_little():
    query = analyse_query("印刷する方法を教えて")

    assert {term.key: term.weight for term in query.words} == {"印刷": 1.0, "方法": 0.3, "教える": 0.3}


def test_a_query_keeps_what_the_reader_typed_for_each_word():
    query = analyse_query("ｱｳﾄﾙｯｸ で送信 ＯＲＡ－１２５４１")

    assert [term.typed for term in query.words] == ["ｱｳﾄﾙｯｸ", "送信"]
    assert query.identifiers[0].typed == "ＯＲＡ－１２５４１"


def test_hiragana_is_also_read_as_katakana():
    assert "プリ" in {term.key for term in analyse_query("ぷりんたが").rare_grams}


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "\x00",
        "\ud800\udfff",
        "a" * 1_000_000,
        "検索語 " * 5_000,
        "*" * 500,
        "((((",
        "title:x OR 1=1 --",
        "🈳" * 3_000,
        "".join(map(chr, range(1, 3000))),
        "ー" * 10_000,
        "\\" * 5000,
        "a_" * 5000,
        "1.1" * 5000,
    ],
)
def test_any_text_makes_a_query_of_bounded_size(hostile):
    query = analyse_query(hostile)

    assert len(query.words) <= 64 and len(query.identifiers) <= 64
    assert len(query.grams) <= 200 and len(query.rare_grams) <= 200


@pytest.mark.parametrize(
    "hostile", ["あ" * 60_000, "漢" * 60_000, "🈳" * 20_000, "x" * 200_000, "\ud800" * 20_000]
)
def test_a_text_longer_than_sudachi_takes_is_cut_and_indexed(hostile):
    analysis.words(hostile)


def test_several_threads_may_analyse_at_once():
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(words("受付番号が発券されない" * 50)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 6 and all(result == results[0] for result in results)


def test_the_verb_of_about_only_asks_and_what_a_lamp_does_is_said():
    def weights(text):
        return [term.weight for term in analyse_query(text).words]

    assert weights("手続きについて") == [1.0, 0.3]
    assert weights("ランプがつかない") == [1.0, 1.0]
