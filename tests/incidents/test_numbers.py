"""The numbers of a month and a fiscal year, the same on the page and in the files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest

from kb.domain.access import scope
from kb.domain.incidents import Stamps
from kb.incidents import counting
from kb.incidents.counting import Asked
from kb.store import contact_days
from kb.store.db import writing
from kb.store.models import IncidentArticle, Person
from kb.web.sheets import csv_bytes, guarded, unguarded, xlsx_bytes

MAY = datetime(2026, 5, 14, 0, 0, tzinfo=UTC)  # Thursday, 9:00 in Japan


@pytest.fixture
def may_2026(app, make_incident, make_article, make_action):
    """Three incidents of May, one of April; an article that everyone sees and one that is restricted."""
    month = timedelta(days=20)
    stamps = Stamps(contacted=MAY, started=MAY + timedelta(minutes=30), recovered=MAY + timedelta(hours=24))
    closed = {
        "closed_at": MAY + timedelta(days=2),
        "cause_state": "confirmed",
        "cause": "電源の断線",
        "components": ["プリンター"],
    }
    april = make_incident(
        severity="P2", **closed | {"closed_at": MAY - month}, stamps=Stamps(contacted=MAY - month)
    )
    first = make_incident(severity="P1", stamps=stamps, knowledge_outcome="new", **closed)
    second = make_incident(severity="P1", stamps=stamps, knowledge_outcome="reused", **closed)
    third = make_incident(severity="P4", stamps=Stamps(contacted=MAY))
    shared = make_article(title="印刷の直し方", audience="staff")
    hidden = make_article(title="隠れた記事", audience="restricted", owner="reviewer")
    make_action(first, due=date(2026, 5, 29), done_at=MAY + timedelta(days=3), evidence="記録")
    make_action(first, due=date(2026, 5, 30))
    with writing(app.extensions["kb.engine"]) as session:
        for incident, article, outcome in ((first, shared, "solved"), (second, hidden, "partly")):
            session.add(
                IncidentArticle(
                    incident_id=incident.id, article_id=article.id, part="use", outcome=outcome, at=MAY
                )
            )
    return [april, first, second, third]


def tables(session, login, period):
    reader = session.query(Person).filter_by(login=login).one()
    seen = scope(Reader(reader.id, reader.role, reader.trained_on is not None))
    asked = Asked(session, seen, contact_days.calendar(session), period, datetime(2026, 11, 24, tzinfo=UTC))
    return {table.key: table.rows for table in counting.tables(asked)}


class Reader:
    def __init__(self, number, role, trained):
        self.id, self.role, self.trained = number, role, trained


def test_a_month_counts_what_began_in_it_with_both_clocks(may_2026, session):
    rows = tables(session, "reviewer", counting.month(2026, 5))

    assert rows["severity"][0] == ["P1", 2, 2, 30, 30, 1440, 525]
    assert rows["severity"][1][:2] == ["P2", 0] and rows["severity"][1][3] is None
    assert rows["severity"][-1][:3] == ["", 3, 2]
    assert rows["months"][:2] == [["2026-04", 1, 0, 1, 0, 0], ["2026-05", 3, 2, 0, 0, 1]]
    assert rows["components"] == [["プリンター", 2, 2880, 1050]]


def test_the_fiscal_year_goes_from_april_to_march(may_2026, session):
    assert tables(session, "reviewer", counting.fiscal_year(2026))["severity"][-1][1] == 4
    assert tables(session, "reviewer", counting.fiscal_year(2025))["severity"][-1][1] == 0
    assert counting.fiscal_year_of(date(2027, 3, 31)) == 2026
    assert counting.month(2027, 12).last == date(2027, 12, 31)


def test_what_was_learnt_done_in_time_and_came_back_is_counted(may_2026, session):
    measured = {row[0]: row[1] for row in tables(session, "reviewer", counting.month(2026, 5))["learning"]}

    assert (measured["closed"], measured["linked"], measured["link_rate"]) == (2, 2, 100.0)
    assert (measured["new"], measured["known"], measured["new_to_known"]) == (1, 1, 1.0)
    assert (measured["actions_due"], measured["actions_done"], measured["actions_rate"]) == (2, 1, 50.0)
    assert (measured["confirmed"], measured["recurred"], measured["recurrence_rate"]) == (2, 2, 100.0)


def test_causes_of_signs_alone_are_not_one_cause(make_incident, session):
    for cause in ("？", "！"):
        make_incident(stamps=Stamps(contacted=MAY), cause_state="confirmed", cause=cause)

    measured = {row[0]: row[1] for row in tables(session, "reviewer", counting.month(2026, 5))["learning"]}

    assert (measured["confirmed"], measured["recurred"]) == (2, 0)


def test_an_article_that_the_reader_may_not_see_is_in_no_number(may_2026, session):
    seen = tables(session, "untrained", counting.month(2026, 5))

    assert [row[1] for row in seen["reuse"]] == ["印刷の直し方"]
    assert {row[0]: row[1] for row in seen["learning"]}["linked"] == 1
    assert len(tables(session, "reviewer", counting.month(2026, 5))["reuse"]) == 2


def test_page_csv_and_workbook_hold_the_same(may_2026, as_role):
    get = as_role("reviewer").get
    page = get("/numbers/?month=2026-05").text
    file = get("/numbers/numbers.csv?month=2026-05")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"), newline="")))
    book = openpyxl.load_workbook(io.BytesIO(get("/numbers/numbers.xlsx?month=2026-05").data))

    assert "障害の集計 2026年5月" in page and "8時間45分" in page and "<svg" in page
    assert file.data.startswith(b"\xef\xbb\xbf") and b"\r\n" in file.data
    row = ["P1 窓口が止まっている", "2", "2", "30", "30", "1440", "525"]
    assert [str(cell) for cell in next(row for row in rows if row and row[0].startswith("P1 窓口"))] == row
    assert [str(cell.value) for cell in book.worksheets[0][2]] == row
    assert "2026年度" in get("/numbers/?year=2026").text


def test_a_month_without_incidents_and_a_wrong_address_say_so_calmly(as_role):
    assert "記録された障害はありません" in as_role("engineer").get("/numbers/?month=2031-01").text
    assert as_role("engineer").get("/numbers/?month=2027-13&year=x").status_code == 200


def test_no_cell_is_reckoned_as_a_formula():
    texts = ["=1+1", "＋81", "-1", "@x", "\tx", "安全", "'quoted"]

    assert [guarded(text) for text in texts[:5]] == [f"'{text}" for text in texts[:5]]
    assert [unguarded(guarded(text)) for text in texts] == texts
    assert csv_bytes([["=1", -1, None]]).decode("utf-8-sig") == "'=1,-1,\r\n"
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([("表", [["=1+1", "#N/A"]])]))).worksheets[0]
    assert [(cell.data_type, cell.value) for cell in sheet[1]] == [("s", "=1+1"), ("s", "#N/A")]
