"""The page of numbers: a month or a fiscal year, its charts, and the same as CSV and xlsx."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

from kb.domain.periods import japan_date
from kb.incidents import counting
from kb.incidents.clocks import span_words
from kb.incidents.counting import Asked, Period, Table
from kb.store import contact_days
from kb.web import charts, db
from kb.web.access import may, scope
from kb.web.locale import label, t
from kb.web.sheets import XLSX, csv_bytes, xlsx_bytes

bp = Blueprint("numbers", __name__)
FIRST_YEAR, LAST_YEAR = 2000, 2099
SHOWN = 30
"""Rows of a table on the page; the files have all."""


@bp.get("/numbers/")
@may("numbers.read")
def index() -> str:
    """Show the numbers of the month or fiscal year that the address names."""
    period = wanted_period()
    found = counting.tables(_asked(period))
    return render_template(
        "incidents/numbers.html",
        period=period,
        name=period_words(period),
        around=_around(period),
        parts=[(table, _heads(table), _shown(table), _bars(table)) for table in found],
        shown=SHOWN,
        empty=not any(row[1] for table in found[:2] for row in table.rows),
    )


@bp.get("/numbers/numbers.csv")
@may("numbers.read")
def as_csv() -> Response:
    """Give every table of the period as one CSV file, a blank line between two."""
    period, rows = wanted_period(), []
    for table in counting.tables(_asked(period)):
        rows += [[t(f"numbers.table.{table.key}"), period_words(period)], *_raw(table), []]
    return _file(csv_bytes(rows), "text/csv", period, "csv")


@bp.get("/numbers/numbers.xlsx")
@may("numbers.read")
def as_xlsx() -> Response:
    """Give every table of the period as a sheet of a workbook."""
    period = wanted_period()
    sheets = [(t(f"numbers.sheet.{table.key}"), _raw(table)) for table in counting.tables(_asked(period))]
    return _file(xlsx_bytes(sheets), XLSX, period, "xlsx")


def _file(data: bytes, media_type: str, period: Period, ending: str) -> Response:
    response = Response(data, mimetype=media_type)
    name = f"numbers-{_key(period)}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(period: Period) -> Asked:
    session = db.session()
    return Asked(session, scope(), contact_days.calendar(session), period, db.now())


def wanted_period() -> Period:
    """Return the month or fiscal year that the address names, else this month."""
    month = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", request.args.get("month", ""), re.ASCII)
    if month:
        return counting.month(int(month[1]), int(month[2]))
    year = request.args.get("year", "")
    if re.fullmatch(r"20\d\d", year, re.ASCII) and int(year) <= LAST_YEAR:
        return counting.fiscal_year(int(year))
    today = japan_date(db.now())
    return counting.month(today.year, today.month)


def period_words(period: Period) -> str:
    """Return the name of a period: 2027年5月, 2027年度."""
    if period.yearly:
        return t("numbers.year", year=period.first.year, after=period.first.year + 1)
    return t("numbers.month_name", year=period.first.year, month=period.first.month)


def _key(period: Period) -> str:
    return f"{period.first.year}" if period.yearly else f"{period.first:%Y-%m}"


def _around(period: Period) -> dict[str, Any]:
    """Return the addresses' values of the period before and after, and of the other kind of period."""
    year = counting.fiscal_year_of(period.first)
    if period.yearly:
        return {"before": {"year": year - 1}, "after": {"year": year + 1}, "files": {"year": year}}
    first = period.first
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
    return {
        "before": {"month": f"{before:%Y-%m}"},
        "after": {"month": f"{after:%Y-%m}"},
        "files": {"month": f"{first:%Y-%m}"},
        "year": {"year": year},
    }


def _heads(table: Table) -> list[tuple[str, str]]:
    return [(t(f"numbers.column.{key}"), kind) for key, kind in table.columns]


def _raw(table: Table) -> list[Sequence[Any]]:
    """Return head and rows as a file has them: minutes and rates as numbers."""
    kinds = [kind for _, kind in table.columns]
    rows = [
        [
            _word(value, kind) if isinstance(value, str) else value
            for value, kind in zip(row, kinds, strict=False)
        ]
        for row in table.rows
    ]
    return [[words for words, _ in _heads(table)], *rows]


def _shown(table: Table) -> list[list[tuple[str, str]]]:
    """Return the rows as the page shows them: (words, class of the cell)."""
    rows = []
    for row in table.rows[:SHOWN]:
        kinds = [row[-1] if kind == "measured" else kind for _, kind in table.columns]
        rows.append([(_words(value, kind), _class(kind)) for value, kind in zip(row, kinds, strict=False)])
    return rows


def _class(kind: str) -> str:
    return "" if kind in ("text", "severity", "measure", "article") else "figure"


def _words(value: Any, kind: str) -> str:
    if value is None:
        return t("numbers.nothing")
    if kind == "minutes":
        return span_words(value)
    if kind == "contact":
        return span_words(value, 0)
    if kind == "late_minutes":
        return (
            t("numbers.late" if value > 0 else "numbers.early", span=span_words(abs(value))) if value else "0"
        )
    if kind == "rate":
        return f"{value:.0f}%"
    return _word(value, kind) if isinstance(value, str) else f"{value:,}"


def _word(value: str, kind: str) -> str:
    if kind == "measure":
        return t(f"numbers.measure.{value}")
    if kind == "severity":
        return label("severity", value) or t("numbers.all")
    return value


def _bars(table: Table) -> list[charts.Bar]:
    """Return the bars of the table's chart, none if there is nothing to draw."""
    if table.chart is None:
        return []
    kind = table.columns[0][1]
    rows = [row for row in table.rows[:SHOWN] if row[0] != ""]
    return charts.bars([(_word(row[0], kind), row[table.chart]) for row in rows])
