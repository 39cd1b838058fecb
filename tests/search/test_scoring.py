"""Ranking, counting and what a reader may not find."""

import pytest

from search import bm25, matching
from search.analysis import analyse_query
from search.cache import Cache
from search.snapshot import Snapshots
from search.tuning import TUNED

PRINTER = ("プリンター",)


@pytest.fixture
def filled(index, document):
    index.update(
        [
            document(
                1,
                "申請書が印刷されない",
                body="プリンターの電源を確かめる。",
                components=("端末", "プリンター"),
            ),
            document(
                2, "プリンターの交換手順", kind="procedure", audience="engineer", components=("プリンター",)
            ),
            document(3, "番号札が出ない", body="発券機の紙を替える。", components=("発券機",)),
            document(4, "印刷管理サーバーの秘密の設定", audience="restricted", body="特権昇格ノウハウ"),
            document(5, "印刷の下書き", confidence="work_in_progress", owner_id=7),
        ]
    )
    return index


def only_staff(facts):
    return facts.audience == "staff" and facts.confidence == "validated"


def test_what_may_not_be_found_is_in_no_hit_count_or_facet(filled, ask):
    everything = ask("印刷")
    assert {hit.id for hit in everything.hits} == {1, 4, 5} and everything.total == 3

    answer = ask("印刷", may_find=only_staff)
    assert [hit.id for hit in answer.hits] == [1] and answer.total == 1
    assert answer.facets["audience"] == {"staff": 1}
    assert answer.facets["component"] == {"プリンター": 1, "端末": 1}


def test_a_word_that_stands_only_where_the_reader_may_not_look_is_missing_for_them(filled, ask):
    assert ask("特権昇格").missing == ()
    assert ask("特権昇格", may_find=only_staff).missing == ("特権", "昇格")


def test_the_owner_is_known_where_the_decision_needs_it(filled, ask):
    answer = ask("下書き", may_find=lambda facts: facts.owner_id == 7)

    assert [hit.id for hit in answer.hits] == [5]


def test_hidden_ids_are_taken_out_before_counting(filled, ask):
    answer = ask("印刷", hidden=[1, 4])

    assert [hit.id for hit in answer.hits] == [5] and answer.total == 1


def test_filters_narrow_hits_and_each_facet_counts_under_the_other_filters(filled, ask):
    answer = ask("プリンター", filters={"kind": "procedure"})

    assert [hit.id for hit in answer.hits] == [2] and answer.total == 1
    assert answer.facets["kind"] == {"procedure": 1, "workaround": 1}
    assert answer.facets["component"] == {"プリンター": 1}
    assert ask("プリンター", filters={"component": "なにもない"}).total == 0


def test_the_title_outweighs_a_mention(filled, found):
    assert found("プリンター")[0] == 2


def test_one_shared_particle_of_a_long_question_is_no_match(filled, ask):
    answer = ask("番号札が出ないときに紙を替える方法を教えてください")

    assert answer.hits[0].id == 3
    assert answer.total == 1


def test_a_story_around_the_question_leaves_the_answer_a_match(index, document, found):
    titles = ("粗大ごみの申込み", "昨日の会議", "友人の紹介", "部屋の模様替え")
    index.update([document(number, title) for number, title in enumerate(titles, 1)])

    assert 1 in found("昨日友人と部屋の模様替えをして粗大な机が余った")


def test_a_number_that_stands_nowhere_is_not_found_in_dates(index, document, ask):
    index.update([document(1, "2026-12-25 の 54 件")])

    assert ask("12541").total == ask("ORA 12541").total == 0 and ask("54").total == 1


def test_a_slip_of_the_finger_is_forgiven_and_named(filled, ask):
    answer = ask("ぷりんたーの交換")

    assert answer.hits[0].id == 2 and answer.missing == ()
    assert ask("プンリター").missing == ("プンリター",)


def test_an_unknown_word_finds_nothing_and_is_named_as_typed(filled, ask):
    answer = ask("ﾊﾞｲｵﾘﾝ")

    assert answer.total == 0 and answer.hits == ()
    assert answer.missing == ("ﾊﾞｲｵﾘﾝ",)


def test_an_empty_query_matches_nothing(filled, ask):
    assert ask("").total == 0
    assert ask("。、！").total == 0


def test_the_same_question_gives_the_same_order_page_by_page(index, document, found):
    index.update([document(number, "印刷が止まる") for number in range(1, 131)])

    whole = found("印刷が止まる", limit=200)
    pages = [found("印刷が止まる", offset=offset, limit=20) for offset in range(0, 140, 20)]

    assert whole == sorted(whole) and len(whole) == 130
    assert [number for page in pages for number in page] == whole


def test_words_close_together_in_the_asked_order_come_first(index, document, found):
    index.update(
        [
            document(1, "記録", body="電源を確かめる。" + "関係のない文が続く。" * 30 + "端末を替える。"),
            document(2, "記録", body="電源端末を確かめる。" + "関係のない文が続く。" * 30 + "替える。"),
        ]
    )

    assert found("端末の電源")[0] == 2


def test_a_cache_forgets_the_least_used_beyond_its_bound():
    cache = Cache(100)
    for key in range(10):
        cache.get(key, lambda: ("value", 30))

    assert len(cache) == 3
    assert cache.get(9, lambda: ("other", 30)) == "value"


FILLED = "発券機。" * 45


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (
            {"title": "案内", "body": f"{FILLED}呼出の番号札。"},
            {"title": "案内", "body": f"呼出の番号札。{FILLED}"},
        ),
        (
            {"title": "案内", "body": f"{FILLED}呼出{'発券機。' * 20}番号札{'発券機。' * 6}"},
            {"title": "案内", "body": f"{FILLED}呼出{'発券機。' * 3}番号札{'発券機。' * 23}"},
        ),
    ],
    ids=["at the beginning", "together"],
)
def test_where_the_words_stand_decides_between_articles_that_have_them_all(
    index, document, found, worse, better
):
    index.update([document(1, **worse), document(2, **better)])

    assert found("呼出の番号札") == [2, 1]


def test_a_title_in_the_order_of_the_query_comes_first(index, document, found):
    index.update([document(1, "番号札 呼出 電源"), document(2, "電源 呼出 番号札")])

    assert found("呼出 番号札") == [2, 1]


def test_what_every_title_says_counts_less_than_what_few_say(index, document, found):
    index.update(
        [
            document(1, "呼出 手数料 電源"),
            document(2, "呼出 発券機 電源"),
            *(document(number, f"発券機 {number}", body="呼出と電源") for number in range(3, 20)),
        ]
    )

    assert found("呼出 電源")[:2] == [2, 1]


def test_a_title_that_ends_as_the_query_does_comes_first(index, document, found):
    index.update([document(1, "電源 点検 番号札 端末"), document(2, "番号札 端末 電源 点検")])

    assert found("呼出 点検") == [2, 1]


def test_in_a_pasted_log_the_code_decides(index, document, found):
    log = (
        "spooler worker process started device driver loaded port monitor opened queue status waiting job "
        "rendered page sent buffer flushed client session token renewed policy applied share mounted cache "
        "cleared thread stopped handle closed event written service connecting printer failed"
    )
    index.update(
        [
            document(1, "spooler service", body=log.partition("buffer")[0]),
            document(2, "共有プリンター", error_codes=("0x0000011b",)),
            *(document(number, f"{number}番の発券機") for number in range(3, 30)),
        ]
    )

    assert found(f"{log} 0x0000011b")[0] == 2


def test_a_frequent_term_scores_the_same_however_its_scores_are_kept(index, document, ask, monkeypatch):
    index.rebuild(
        document(number, f"発券機 {number}", body="紙が詰まる。" * number, symptom="赤" * (number % 2))
        for number in range(1, 9)
    )
    kept = []
    for frequent in (0, 1_000):  # no term is frequent; every term is
        monkeypatch.setattr(bm25, "FREQUENT", frequent)
        index.update([document(99, "番号札")])  # another state, with nothing kept
        kept.append(ask("発券機の紙が詰まる 印刷"))

    assert kept[0].total == 8
    assert kept[0].hits == kept[1].hits and kept[0].facets == kept[1].facets


def test_of_a_log_the_pairs_of_letters_that_many_articles_have_are_not_asked(index, document, found):
    index.rebuild(
        document(number, f"発券機の紙送り {number}", body="装置の記録を見る") for number in range(1, 9)
    )
    index.update([document(9, "受付番号の重複", body="装置の記録を見る")])
    log = " ".join(f"処理{number}番が失敗" for number in range(30)) + " 装置の記録 受付番号の重複"

    def asked(text):
        with Snapshots(index).newest() as snapshot:
            query = analyse_query(text)
            every = snapshot.rows.allowed(lambda facts: True)
            return query, {term.key for term in matching.Asked(snapshot, query, every, TUNED).grams}

    query, grams = asked(log)
    assert query.is_log and "受付" in grams and "装置" not in grams
    assert "装置" in asked("装置の記録")[1], "what somebody typed may have a slip"
    assert found(log)[0] == 9
