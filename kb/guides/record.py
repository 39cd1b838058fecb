"""The record of a guide: what its runs taught it, and who governs that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from kb.domain.diagnosis.guide import OTHER
from kb.domain.diagnosis.learning import LEARNT_FROM
from kb.domain.errors import Refused
from kb.domain.periods import japan_date
from kb.guides import governing, recorded
from kb.guides.recorded import Record
from kb.store import guide_runs
from kb.store.guide_runs import Closed
from kb.store.models import GuideChange
from kb.store.paging import Page
from kb.web import charts, db
from kb.web.access import may, scope
from kb.web.forms import text
from kb.web.locale import t

bp = Blueprint("record", __name__)
PER_PAGE = 10
ROOM = 15
LINES = 5
"""Causes that the chart draws: the likeliest, now or at the start."""


@bp.get("/articles/<int:article_id>/guide/record")
@may("guide.record")
def show(article_id: int) -> str:
    """Show what an article's guide learnt, and from which runs."""
    return _page(article_id)


@bp.post("/articles/<int:article_id>/guide/acknowledgement")
@may("guide.govern")
def acknowledge(article_id: int) -> Any:
    """Say that the changes on the page were seen."""
    article, _ = recorded.with_guide(db.session(), article_id, scope())
    governing.acknowledge(db.session(), article, _number("last"), by=current_user, now=db.now())
    flash(t("guide_record.acknowledged"), "success")
    return _back(article_id)


@bp.post("/articles/<int:article_id>/guide/freeze")
@may("guide.govern")
def freeze(article_id: int) -> Any:
    """Let the guide's numbers stand still."""
    article, _ = recorded.with_guide(db.session(), article_id, scope())
    governing.freeze(db.session(), article, by=current_user, now=db.now())
    flash(t("guide_record.frozen_now"), "success")
    return _back(article_id)


@bp.post("/articles/<int:article_id>/guide/freeze/end")
@may("guide.govern")
def unfreeze(article_id: int) -> Any:
    """Let the guide learn again."""
    article, _ = recorded.with_guide(db.session(), article_id, scope())
    governing.unfreeze(db.session(), article, by=current_user, now=db.now())
    flash(t("guide_record.unfrozen_now"), "success")
    return _back(article_id)


@bp.post("/articles/<int:article_id>/guide/runs/<int:run_id>/cause")
@may("incident.write")
def correct(article_id: int, run_id: int) -> Any:
    """Correct what was behind a run; ask back once if the answers speak against it."""
    article, guide = recorded.with_guide(db.session(), article_id, scope())
    run, cause = recorded.run_of(db.session(), article, run_id), text("cause")
    try:
        sure = bool(cause) and text("sure") == cause
        governing.correct(db.session(), run, guide, cause, sure=sure, by=current_user, now=db.now())
    except Refused as refused:
        if refused.status != 409:
            raise
        db.close()
        return _page(article_id, asked=(run_id, cause)), 409
    flash(t("guide_record.corrected"), "success")
    return redirect(url_for(".show", article_id=article_id, _anchor=f"run-{run_id}"), 303)


def _back(article_id: int) -> Any:
    return redirect(url_for(".show", article_id=article_id), 303)


def _number(name: str) -> int:
    value = text(name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def _page(article_id: int, asked: tuple[int, str] | None = None) -> str:
    session = db.session()
    found = recorded.record(session, *recorded.with_guide(session, article_id, scope()), scope())
    page = _paged(found.runs, asked)
    return render_template(
        "guides/record.html",
        record=found,
        article=found.article,
        page=page,
        asked=asked,
        least=LEARNT_FROM,
        in_charge=governing.in_charge(current_user, found.article),
        minutes_of=guide_runs.minutes_of,
        day_of=japan_date,
        cause_words=lambda key: _cause_words(found, key),
        reasons=lambda change: reasons(found, change),
        minutes=_minutes_chart(found),
        shares=_shares_chart(found),
    )


def _paged(runs: Sequence[Closed], asked: tuple[int, str] | None) -> Page:
    """Return the page of runs that the address names, or the one with the run that is asked about."""
    number = request.args.get("page", 1, type=int)
    if asked:
        number = 1 + next(n for n, one in enumerate(runs) if one.row.id == asked[0]) // PER_PAGE
    number = min(max(1, number), max(1, -(-len(runs) // PER_PAGE)))
    return Page(runs[(number - 1) * PER_PAGE : number * PER_PAGE], number, len(runs), PER_PAGE)


def _cause_words(record: Record, key: str | None) -> str:
    if key is None:
        return t("guide_record.cause_unknown")
    return t("guide_record.other") if key == OTHER else record.cause_titles.get(key, key)


def reasons(record: Record, change: GuideChange) -> list[str]:
    """Return in words what learning changed: the first step and why, and the shares that moved most."""
    told = change.told
    shares = {move[0]: move for move in told["shares"]}
    found = []
    if told["first"]:
        before, after = (_step_words(record, step) for step in told["first"])
        found.append(t("guide_record.first_changed", before=before, after=after))
        if told["largest"] and told["largest"][0] not in shares:
            found.append(_moved(record, "moved", *told["largest"]))
    return [*found, *(_moved(record, "doubled" if m[2] > m[1] else "halved", *m) for m in shares.values())]


def _moved(record: Record, how: str, cause: str, before: float, after: float) -> str:
    shares = {"before": _percent(before), "after": _percent(after)}
    return t(f"guide_record.{how}", cause=_cause_words(record, cause), **shares)


def _step_words(record: Record, step: str | None) -> str:
    return t("guide_record.escalating") if step is None else record.step_titles.get(step, step)


def _short(words: str) -> str:
    """Return as much of a name as has room at the end of a line; the table has it whole."""
    return words if len(words) <= ROOM else f"{words[: ROOM - 1]}…"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.0995 else f"{100 * share:.1f}"


def _minutes_chart(record: Record) -> dict[str, Any] | None:
    """Return the chart of expected and actual minutes with the runs that it draws, oldest first."""
    rows = [one for one in record.runs[::-1] if guide_runs.minutes_of(one) is not None]
    rows = rows[charts.newest(rows) :]
    if not rows:
        return None
    marks = []
    for one in rows:
        low, high = one.row.expected[1:] or (None, None)
        marks.append((low, high, guide_runs.minutes_of(one) or 0.0))
    return {"chart": charts.marks(marks, t("guide_record.unit")), "rows": rows}


def _shares_chart(record: Record) -> dict[str, Any] | None:
    """Return the chart of the causes' shares with the lessons that it draws, oldest first."""
    course = record.course
    if not course.lessons:
        return None
    first = charts.newest(course.shares)
    shares = course.shares[first:]
    most = {cause: max(share[cause] for share in shares) for cause in shares[0]}
    drawn = sorted(most, key=lambda cause: -most[cause])[:LINES]
    names = {key: _short(_cause_words(record, key)) for key in drawn}
    lines = [(names[key], [100 * share[key] for share in shares]) for key in drawn]
    lessons = [None, *course.lessons][first:]
    releases = [place for place, lesson in enumerate(lessons) if lesson and lesson.release_id]
    return {
        "chart": charts.lines(lines, "%", breaks=releases),
        "causes": drawn,
        "rows": list(zip(lessons, shares, strict=True)),
    }
