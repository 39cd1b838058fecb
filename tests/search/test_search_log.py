"""The search log: what is kept of a search, as which row, for how long; and that nobody waits for it."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import session as cookie
from limits import parse
from sqlalchemy import select, update

from kb.store.db import reading, writing
from kb.store.models import HandledSearch, Search, SignIn, SymptomOutcome
from kb.web.locale import WORDS
from search import feedback, visit
from search.log import Opened, SearchLog, Typed, loggable, loggable_words

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def drain(app):
    yield app.extensions["search.queue"].drain
    app.extensions["search.finder"].close()


@pytest.fixture
def stocked(make_article, drain):
    """Two articles that a search can find, and an index that knows them."""
    made = [
        make_article(title="申請書が印刷されない", symptom="プリンターから何も出ない"),
        make_article(title="番号札が出ない", symptom="発券機のランプが赤い"),
    ]
    drain()
    return made


@pytest.fixture
def logged(app):
    """A function: the rows of the log, oldest first."""

    def rows(model=Search):
        with reading(app.extensions["kb.engine"]) as session:
            return session.scalars(select(model).order_by(model.id)).all()

    return rows


def search(client, text, **headers):
    answer = client.get("/search", query_string={"q": text}, headers=headers)
    assert answer.status_code == 200
    return answer


def open_from(client, text, article):
    """Open an article as a browser does from the results of a search."""
    address = client.application.test_request_context("/search", query_string={"q": text}).request.url
    return client.get(f"/articles/{article.id}", headers={"Referer": address})


def test_the_keystrokes_of_one_search_and_the_enter_after_them_are_one_row(stocked, as_role, logged):
    client = as_role("staff")
    for text in ("印", "印刷", "印刷 でき", "印刷 できなi", "印刷 できない"):
        search(client, text, **HTMX)
    search(client, "印刷 できない")

    (row,) = logged()
    assert (row.words, row.results, row.role, row.missing) == ("印刷 できない", 1, "staff", [])
    assert row.opened == [] and row.helped == "" and not row.unanswered and row.first_at <= row.last_at


def test_other_words_are_another_row(stocked, as_role, logged):
    client = as_role("staff")
    search(client, "印刷できない", **HTMX)
    search(client, "発券機 赤い", **HTMX)

    assert [row.words for row in logged()] == ["印刷できない", "発券機 赤い"]
    assert len({row.token for row in logged()}) == 2


def test_two_people_never_share_a_row(stocked, as_role, logged):
    for login in ("staff", "engineer"):
        search(as_role(login), "印刷できない")

    assert [row.role for row in logged()] == ["staff", "engineer"]


def test_nothing_in_the_log_leads_to_a_person(stocked, as_role, logged, people):
    client = as_role("staff")
    search(client, "印刷できない")

    columns = set(Search.__table__.columns.keys())
    assert not {name for name in columns if "person" in name or "address" in name or "session" in name}
    (row,) = logged()
    assert re.fullmatch(r"[\w-]{22}", row.token)


def test_a_personal_number_and_a_password_are_masked_before_they_are_stored(stocked, as_role, logged):
    typed = "マイナンバー 1234 5678 9018 が読めない パスワード：hunter2xyz！"
    search(as_role("staff"), typed)

    (row,) = logged()
    kept = f"{row.words} {row.missing}"
    assert "マイナンバ" in row.words and "■" in row.words
    assert not re.search(r"\d", row.words) and "1234" not in kept and "hunter2" not in kept


@pytest.mark.parametrize(
    ("typed", "secret"),
    [
        ("マイナンバー1234567\n89018 が読めない", "89018"),
        ("アクセスキー:\nx1y2z3w4 が使えない", "x1y2z3w4"),
    ],
)
def test_what_is_typed_in_two_lines_is_masked_too(typed, secret):
    assert "■" in loggable(typed) and secret not in loggable(typed)


def test_what_cannot_be_masked_is_not_stored_and_a_missing_word_that_was_masked_is_dropped(monkeypatch):
    assert loggable("印刷　できない\nﾌﾟﾘﾝﾀｰ") == "印刷 できない プリンタ"
    assert loggable_words(["プリンター", "hunter2xyz"], "プリンタ パスワード:■■■■") == ("プリンタ",)
    monkeypatch.setattr("kb.domain.personal_data.masked", lambda text: text)
    assert loggable("個人番号 123456789018") is None


def test_a_surrogate_and_a_nul_do_no_harm(stocked, as_role, logged):
    for hostile in ("印刷\x00できない", "\ud800印刷", "あ" * 5000):
        search(as_role("staff"), hostile.encode("utf-8", "surrogatepass"))

    assert all(len(row.words) <= 2000 for row in logged())


def test_an_article_opened_from_the_results_is_noted_once(stocked, as_role, logged):
    client = as_role("staff")
    search(client, "印刷できない")
    for _ in range(2):
        open_from(client, "印刷できない", stocked[0])
    client.get(f"/articles/{stocked[1].id}", headers={"Referer": "http://localhost/articles/"})

    (row,) = logged()
    assert row.opened == [stocked[0].id]


@pytest.mark.parametrize(
    "referrer",
    ["http://[", "http://[::1", "q=印刷できない".encode().decode("latin-1"), "?q=%00%ff", "//" * 50_000],
)
def test_whatever_a_browser_says_it_came_from_does_no_harm(stocked, as_role, logged, referrer):
    client = as_role("staff")
    search(client, "印刷できない", Referer=referrer)

    assert client.get(f"/articles/{stocked[0].id}", headers={"Referer": referrer}).status_code == 200
    assert [row.opened for row in logged()] == [[]]


def test_going_back_to_the_results_goes_on_and_other_words_begin_anew(stocked, as_role, logged):
    client = as_role("staff")
    search(client, "印刷できない")
    open_from(client, "印刷できない", stocked[0])
    search(client, "印刷できない")
    search(client, "印刷できないとき")

    assert [row.words for row in logged()] == ["印刷できない", "印刷できないとき"]


@pytest.mark.parametrize(
    ("before", "after", "minutes", "same"),
    [
        ("ぷりん", "ぷりんた", 1, True),
        ("プリンタ 動かない", "プリンタ 紙詰まり", 1, True),
        ("プリンタ", "発券機", 1, False),
        ("プリンタ", "プリンタ 紙", 6, False),
        ("プリンタ", "プリンタ", 30, True),
        ("プリンタ", "プリンタ", 61, False),
        ("a", "印", 0, False),
    ],
)
def test_a_search_goes_on_while_its_words_stay_alike_and_time_is_short(app, before, after, minutes, same):
    with app.test_request_context("/"):
        first = visit.typed(before, NOW)
        assert (visit.typed(after, NOW + timedelta(minutes=minutes)) == first) is same


def test_an_answer_is_forgotten_by_the_next_day(app):
    with app.test_request_context("/"):
        token = visit.typed("プリンタ", NOW)
        visit.opened(5, "http://localhost/search?q=プリンタ", loggable, NOW)
        assert visit.answered(5, "yes", NOW)["token"] == token
        visit.answered(6, "no", NOW)

        assert [visit.answer_for(number, NOW) for number in (5, 6, 7)] == ["yes", "no", ""]
        tomorrow = NOW + timedelta(hours=9)
        assert [visit.answer_for(number, tomorrow) for number in (5, 6, 7)] == ["", "", ""]
        assert visit.words_for(5, tomorrow) == ""


def test_the_cookie_stays_small(app):
    with app.test_request_context("/"):
        for number in range(9):
            rare = "".join(chr(0x4E00 + (number * 7919 + n * 10_007) % 20_000) for n in range(2_000))
            visit.typed(rare, NOW + timedelta(minutes=10 * number))
        stored = app.session_interface.get_signing_serializer(app).dumps(dict(cookie))

    assert len(stored) < 2_500


def test_pages_filters_and_a_search_without_an_index_are_not_logged(make_article, as_role, logged, drain):
    make_article(title="発券機の紙が詰まる")
    search(as_role("staff"), "発券機")
    assert logged() == [], "the index was not there yet"
    drain()
    as_role("staff").get("/search?q=発券機&kind=workaround")
    as_role("staff").get("/search?q=発券機&page=2")
    assert logged() == []


def test_an_author_who_tries_the_words_of_the_queue_is_not_logged(stocked, as_role, logged):
    search(as_role("author"), "ヴァイオリン", Referer="http://localhost/search/gaps?page=2")

    assert logged() == []


def test_a_single_letter_or_none_without_result_is_no_question(stocked, as_role, logged):
    for words in ("鍵", "ヴァイオリン", "？？？"):
        search(as_role("staff"), words)

    kept = [(row.words, row.unanswered) for row in logged()]
    assert kept == [("鍵", False), ("バイオリン", True), ("???", False)]


def test_no_log_is_kept_where_the_ward_wants_none(app):
    log = SearchLog(app.extensions["kb.engine"], 0)
    log.note(Typed("t", "印刷", 1, (), "staff", NOW))

    with reading(app.extensions["kb.engine"]) as session:
        assert session.scalars(select(Search)).all() == []


def test_rows_older_than_the_period_are_forgotten(app, logged):
    log = SearchLog(app.extensions["kb.engine"], 30)
    for token, days in (("old", 31), ("new", 29)):
        log.note(Typed(token, "印刷", 0, (), "staff", NOW - timedelta(days=days)))
    with writing(app.extensions["kb.engine"]) as session:
        old = NOW - timedelta(days=31)
        session.add(HandledSearch(key="k", words="印刷", state="not_ours", at=old))

    assert log.forget(NOW) == 1
    assert [row.token for row in logged()] == ["new"] and logged(HandledSearch) == []


def test_the_command_forgets(app, logged):
    app.extensions["search.log"].note(Typed("old", "印刷", 0, (), "staff", NOW - timedelta(days=900)))

    answer = app.test_cli_runner().invoke(args=["search", "forget"])

    assert answer.exit_code == 0, answer.output
    assert "1" in answer.output and logged() == []


def test_a_search_does_not_wait_for_a_locked_database(stocked, as_role, app, logged, monkeypatch):
    writers = []

    def written(engine):
        writers.append(threading.current_thread().name)
        return writing(engine)

    monkeypatch.setattr("search.log.writing", written)
    log = app.extensions["search.log"]
    log.start()
    client = as_role("staff")
    with writing(app.extensions["kb.engine"]):
        search(client, "印刷できない")
    log.stop()

    assert set(writers) == {"search-log"}
    assert [row.words for row in logged()] == ["印刷できない"]


def test_a_failing_log_fails_no_search_and_loses_nothing_that_can_be_written_later(
    stocked, as_role, app, logged, monkeypatch, caplog
):
    def broken(engine):
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("search.log.writing", broken)
        search(as_role("staff"), "印刷できない")
    assert "could not be written" in caplog.text
    app.extensions["search.log"].flush()

    assert [row.words for row in logged()] == ["印刷できない"]


def test_a_note_that_can_never_be_written_does_not_stand_in_the_way(app, logged, caplog):
    log = app.extensions["search.log"]
    log.note(Typed("bad", "印刷", object(), (), "staff", NOW))
    log.note(Typed("good", "印刷", 1, (), "staff", NOW))

    assert "could not be written" in caplog.text
    assert [row.token for row in logged()] == ["good"]


def test_what_waits_is_bounded_and_the_newest_stay(app, monkeypatch):
    def full(engine):
        raise OSError("disk full")

    log = SearchLog(app.extensions["kb.engine"], 30)
    monkeypatch.setattr("search.log.writing", full)
    for number in range(1_100):
        log.note(Opened(str(number), 1, NOW))

    assert [note.token for note in log._waiting] == [str(number) for number in range(100, 1_100)]


@pytest.fixture
def told(logged):
    """A function: (article, outcome, words) of each outcome."""
    return lambda: [(row.article_id, row.outcome, row.words) for row in logged(SymptomOutcome)]


def answer(client, article, said, **headers):
    return client.post(f"/articles/{article.id}/feedback", data={"answer": said}, headers=headers)


def test_a_reader_says_that_it_helped_without_script(stocked, as_role, logged, told):
    client = as_role("staff")
    search(client, "ﾌﾟﾘﾝﾀｰ 出ない")
    assert "解決した" in open_from(client, "ﾌﾟﾘﾝﾀｰ 出ない", stocked[0]).text

    sent = answer(client, stocked[0], "yes")
    page = client.get(sent.location).text

    assert sent.status_code == 303 and sent.location == f"/articles/{stocked[0].id}#feedback"
    assert page.count("「解決した」と記録しました") == 2, "as a message above, and where the buttons were"
    assert told() == [(stocked[0].id, "solved", "プリンタ 出ない")]
    (row,) = logged()
    assert row.helped == "yes" and not row.unanswered


def test_with_script_the_answer_comes_in_place(stocked, as_role):
    part = answer(as_role("staff"), stocked[0], "no", **HTMX)

    assert part.status_code == 200 and "<html" not in part.text
    assert "執筆者が確かめます" in part.text and 'role="search"' in part.text and "autofocus" in part.text


def test_the_same_answer_twice_counts_once_and_another_replaces_it(stocked, as_role, logged, told):
    client = as_role("staff")
    search(client, "印刷できない")
    open_from(client, "印刷できない", stocked[0])
    for said in ("yes", "yes", "no"):
        answer(client, stocked[0], said)

    assert [outcome for _, outcome, _ in told()] == ["solved", "not_solved"]
    assert [(row.helped, row.unanswered) for row in logged()] == [("no", True)]


def test_a_search_that_one_of_two_articles_solved_is_answered(stocked, as_role, logged):
    client = as_role("staff")
    search(client, "出ない")
    for article, said in ((stocked[0], "yes"), (stocked[1], "no")):
        open_from(client, "出ない", article)
        answer(client, article, said)

    (row,) = logged()
    assert row.helped == "yes" and not row.unanswered and row.opened == [a.id for a in stocked]


def test_an_article_that_no_search_led_to_is_answered_for_without_words(stocked, as_role, told):
    search(as_role("staff"), "発券機")
    answer(as_role("staff"), stocked[0], "yes")

    assert told() == [(stocked[0].id, "solved", "")]


def test_a_visitor_of_open_pages_answers_too_and_others_are_asked_to_sign_in(app, stocked, visitor, told):
    assert answer(visitor, stocked[0], "yes").status_code == 303 and told() == []
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)

    assert answer(visitor, stocked[0], "yes").location.endswith("#feedback")
    assert len(told()) == 1


def test_who_sits_there_after_a_session_has_ended_sees_nothing_of_its_searches(app, stocked, as_role):
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)
    client = as_role("staff")
    search(client, "印刷できない 係長の机")
    open_from(client, "印刷できない 係長の机", stocked[0])
    page = client.post(f"/articles/{stocked[0].id}/feedback", data={"answer": "no"}, follow_redirects=True)
    assert "係長の机" in page.text

    with writing(app.extensions["kb.engine"]) as session:
        session.execute(update(SignIn).values(ended_at=NOW))
    page = client.get(f"/articles/{stocked[0].id}").text

    assert "係長の机" not in page and WORDS["feedback.title"]["ja"] in page


def test_a_hidden_article_an_archived_one_and_a_draft_answer_404(make_article, as_role, told):
    for fields in ({"audience": "engineer"}, {"confidence": "archived"}, {"confidence": "work_in_progress"}):
        assert answer(as_role("staff"), make_article(**fields), "yes").status_code == 404
    assert answer(as_role("staff"), make_article(), "perhaps").status_code == 422
    assert told() == []


def test_a_draft_shows_no_buttons(make_article, as_role):
    draft = make_article(confidence="work_in_progress")

    assert "解決しなかった" not in as_role("author").get(f"/articles/{draft.id}").text


def test_a_flood_of_answers_is_stopped(stocked, as_role, told):
    statuses = {answer(as_role("staff"), stocked[0], "yes" if n % 2 else "no").status_code for n in range(62)}

    assert statuses == {303, 429}
    assert len(told()) == 60
    assert "記録していません" in answer(as_role("staff"), stocked[0], "no", **HTMX).text


def test_of_a_flood_of_searches_from_one_address_every_one_is_answered_and_not_all_are_logged(
    app, stocked, logged, monkeypatch
):
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)
    monkeypatch.setattr(feedback, "MOST_SEARCHES", parse("3 per 10 minutes"))

    for word in ("端末", "窓口", "印刷", "番号札", "発券機"):
        search(app.test_client(), word)  # a browser that gives back no cookie of ours

    assert [row.words for row in logged()] == ["端末", "窓口", "印刷"]


def test_keystrokes_of_one_search_are_no_flood(stocked, as_role, logged, monkeypatch):
    monkeypatch.setattr(feedback, "MOST_SEARCHES", parse("1 per 10 minutes"))

    for text in ("印刷", "印刷 でき", "印刷 できない", "印刷 できない 申請"):
        search(as_role("staff"), text, **HTMX)

    assert [row.words for row in logged()] == ["印刷 できない 申請"]


def test_the_buttons_speak_english_on_request(stocked, as_role):
    client = as_role("staff")
    client.set_cookie("language", "en")

    assert "Did this article solve it?" in client.get(f"/articles/{stocked[0].id}").text
