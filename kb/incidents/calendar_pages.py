"""The contact calendar: which days of a year are contact days, and the ward's own days (C-2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from kb.domain.errors import Refused, refuse_all
from kb.domain.periods import japan_date
from kb.domain.personal_data import problems
from kb.domain.worktime import year_end
from kb.store import audit, contact_days
from kb.store.models import ContactDay
from kb.web import db
from kb.web.access import may
from kb.web.forms import text
from kb.web.locale import t
from kb.web.sheets import csv_bytes, csv_rows

bp = Blueprint("calendar", __name__)
FIRST_YEAR, LAST_YEAR = 2000, 2099
LONGEST_NOTE = 200
MOST_ROWS = 2_000
COLUMNS = ("day", "open", "note")
OPEN_WORDS = {"open": True, "1": True, "開ける": True, "closed": False, "0": False, "閉める": False}


def wanted_year() -> int:
    """Return the year that the address names, this one if it names none."""
    year = request.args.get("year", japan_date(db.now()).year, type=int)
    return min(max(year, FIRST_YEAR), LAST_YEAR)


@bp.get("/calendar/")
@may("calendar.read")
def index() -> str:
    """Show a year: the ward's own days, and the holidays."""
    return _page(wanted_year())


def _page(year: int, refused: Refused | None = None) -> str:
    with db.reading() as session:
        calendar = contact_days.calendar(session)
        holidays = contact_days.holidays_of(year)
        days = [(day, name, calendar.is_open(day)) for day, name in sorted(holidays.items())]
        return render_template(
            "incidents/calendar.html",
            year=year,
            years=(FIRST_YEAR, LAST_YEAR),
            own=contact_days.own_days(session, year),
            holidays=[row for row in days if not year_end(row[0])],
            refused=refused,
            posted=request.form,
        )


def posted_day(words: str, field: str = "day") -> date:
    """Return a date as the browser or a file gives it. Raises Refused("clocks.day_unreadable")."""
    try:
        day = date.fromisoformat(words.replace("/", "-"))
    except ValueError:
        raise Refused("clocks.day_unreadable", field=field) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused("clocks.day_too_far", field=field, first=FIRST_YEAR, last=LAST_YEAR)
    return day


def set_day(session: Session, day: date, is_open: bool, note: str) -> bool:
    """Add the day to the transaction, or change it; return whether anything is new. Raises Refused."""
    refuse_all(problems({"note": note}))
    if len(note) > LONGEST_NOTE:
        raise Refused("incidents.too_long", field="note", most=LONGEST_NOTE)
    known = session.get(ContactDay, day)
    if known is not None and (known.open, known.note) == (is_open, note):
        return False
    session.merge(ContactDay(day=day, open=is_open, note=note))
    return True


@bp.post("/calendar/days")
@may("calendar.edit")
def add() -> Any:
    """Open or close one day."""
    try:
        day, is_open = posted_day(text("day")), text("open") == "1"
        set_day(db.session(), day, is_open, text("note"))
    except Refused as refused:
        return _refused(refused)
    _record("calendar.opened" if is_open else "calendar.closed", day=day.isoformat())
    db.session().commit()
    flash(t("clocks.saved"), "success")
    return redirect(url_for(".index", year=day.year), 303)


def _refused(refused: Refused) -> Response:
    db.close()
    return make_response(_page(wanted_year(), refused), refused.status)


def _record(action: str, **detail: Any) -> None:
    audit.record(db.session(), action, at=db.now(), by=current_user.id, object_type="calendar", **detail)


@bp.post("/calendar/days/<day>/removal")
@may("calendar.edit")
def remove(day: str) -> Any:
    """Let the rule decide again about a day."""
    try:
        found = db.session().get(ContactDay, date.fromisoformat(day))
    except ValueError:
        found = None
    if found is None:
        raise Refused("clocks.no_such_day", status=404)
    db.session().delete(found)
    _record("calendar.removed", day=found.day.isoformat(), open=found.open)
    db.session().commit()
    flash(t("clocks.removed"), "success")
    return redirect(url_for(".index", year=found.day.year), 303)


@bp.get("/calendar/days.csv")
@may("calendar.read")
def export() -> Response:
    """Give the ward's own days as CSV, as `import_` takes them."""
    rows = [(row.day.isoformat(), "open" if row.open else "closed", row.note) for row in _all()]
    response = Response(csv_bytes([COLUMNS, *rows]), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="contact-days.csv"'
    return response


def _all() -> list[ContactDay]:
    return contact_days.own_days(db.session())


@bp.post("/calendar/import")
@may("calendar.edit")
def import_() -> Any:
    """Take days from a CSV file, all of them or none."""
    try:
        file = request.files.get("file")
        found = list(_read(csv_rows(file.read() if file else b"")))
        changed = sum(set_day(db.session(), *row) for row in found)
    except Refused as refused:
        return _refused(refused)
    _record("calendar.imported", days=len(found), changed=changed)
    db.session().commit()
    flash(t("clocks.imported", n=len(found), changed=changed), "success")
    return redirect(url_for(".index"), 303)


def _read(rows: list[tuple[int, list[str]]]) -> Iterable[tuple[date, bool, str]]:
    if rows and [cell.lower() for cell in rows[0][1]][:2] == list(COLUMNS[:2]):
        rows = rows[1:]
    if not rows or len(rows) > MOST_ROWS:
        raise Refused("clocks.no_rows", field="file", most=MOST_ROWS)
    wrong = []
    for line, cells in rows:
        day, is_open, note = (*cells, "", "", "")[:3]
        try:
            if is_open.lower() not in OPEN_WORDS:
                raise Refused("clocks.row_unreadable", line=line)
            yield posted_day(day), OPEN_WORDS[is_open.lower()], note
        except Refused:
            wrong.append(Refused("clocks.row_unreadable", line=line, field="file"))
    refuse_all(wrong)
