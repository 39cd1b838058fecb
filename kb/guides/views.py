"""Walking a guide: one step a page."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from kb.domain.diagnosis.checking import MOST_MINUTES
from kb.domain.diagnosis.guide import DESTRUCTIVE
from kb.domain.diagnosis.walking import Answer, choices, named, outcomes, standing
from kb.domain.errors import Refused
from kb.domain.guide_runs import OPEN, STAFF
from kb.guides import queries, record, showing, walking
from kb.guides.queries import Walk
from kb.web import db, kept
from kb.web.access import may, scope
from kb.web.forms import text
from kb.web.locale import t

bp = Blueprint("guides", __name__)
bp.register_blueprint(record.bp)


@bp.app_template_filter()
def about_minutes(value: float) -> int:
    """Return minutes as they are promised: to the minute below ten, else up to the next five."""
    return max(1, round(value)) if value < 10 else -(-round(value) // 5) * 5


@bp.app_template_filter()
def minutes_or_span(value: int) -> str:
    """Return minutes as they are compared: in minutes up to two hours, then in hours and days."""
    words: str = current_app.jinja_env.filters["span"](value)
    return t("clocks.minutes", n=value).strip() if value <= 120 else words


@bp.get("/walks/")
@may("guide.walk")
def index() -> str:
    """List the open walks that the person holds."""
    return render_template("guides/index.html", runs=queries.open_of(db.session(), current_user.id, scope()))


@bp.post("/articles/<int:article_id>/walks")
@may("guide.walk")
def start(article_id: int) -> Any:
    """Begin to walk an article's guide, inside an incident if one is named."""
    incident = _number("incident")
    row = walking.start(db.session(), article_id, incident, by=current_user, scope=scope(), now=db.now())
    return _to(row.id)


@bp.get("/walks/<int:run_id>")
@may("guide.walk")
def walk(run_id: int) -> str:
    """Show the step to do now, or how the walk ended."""
    return _page(_walk(run_id))


def _page(found: Walk, **more: Any) -> str:
    template, values = showing.page(db.session(), found, db.now())
    return render_template(template, **({"refused": None} | values | more))


@bp.post("/walks/<int:run_id>/answers")
@may("guide.walk", keeps_text=True)
def answer(run_id: int) -> Any:
    """Keep what came of a step."""
    if kept.resuming():
        return _to(run_id)
    found = _walk(run_id, change=True)
    step, outcome = text("step"), text("outcome")
    if _stale(found):
        same = any((one.step, one.outcome) == (step, outcome) for one in found.answers)
        return _to(run_id) if same else _conflict(found, step, outcome)
    try:
        minutes = _minutes(_by_clock(found))
        new = Answer(step, outcome, minutes)
        walking.answer(db.session(), found, new, by=current_user.id, now=db.now())
    except Refused as refused:
        return _again(run_id, refused)
    return _to(run_id)


@bp.get("/walks/<int:run_id>/answers/<step_id>")
@may("guide.walk")
def answered(run_id: int, step_id: str) -> str:
    """Show an answer that was given, to be changed or taken back."""
    found = _walk(run_id)
    given = next((one for one in found.answers if one.step == step_id), None)
    if given is None:
        raise Refused("walks.not_answered", status=404)
    step = named(found.guide, step_id)
    values = showing.shared(db.session(), found, db.now())
    return render_template("guides/answer.html", step=step, given=given, outcomes=outcomes(step), **values)


@bp.post("/walks/<int:run_id>/answers/<step_id>")
@may("guide.walk", keeps_text=True)
def change(run_id: int, step_id: str) -> Any:
    """Change an answer, or take it back."""
    if kept.resuming():
        return _to(run_id)
    found = _walk(run_id, change=True)
    outcome = text("outcome")
    if _stale(found):
        return _conflict(found, step_id, outcome)
    session, now = db.session(), db.now()
    try:
        if not outcome:
            walking.take_back(session, found, step_id, by=current_user.id, now=now)
        else:
            new = Answer(step_id, outcome, _minutes(_minutes_of(found, step_id)))
            walking.change(session, found, new, by=current_user.id, now=now)
    except Refused as refused:
        return _again(run_id, refused)
    flash(t("walks.changed"), "success")
    return _to(run_id)


@bp.get("/walks/<int:run_id>/steps")
@may("guide.walk")
def steps(run_id: int) -> str:
    """List every step that is open: any of them may be done instead."""
    found = _walk(run_id)
    values = showing.shared(db.session(), found, db.now())
    proposed = standing(found.model, found.answers).proposal.step
    rows = choices(found.guide, found.model, found.answers)
    return render_template("guides/steps.html", choices=rows, proposed=proposed, **values)


@bp.post("/walks/<int:run_id>/step")
@may("guide.walk")
def choose(run_id: int) -> Any:
    """Show another step than the proposed one, or agree to one that cannot be undone."""
    found = _walk(run_id, change=True)
    if _stale(found):
        return _conflict(found)
    agreed = bool(text("confirmed")) and named(found.guide, text("step")).risk == DESTRUCTIVE
    walking.choose(db.session(), found, text("step"), confirmed=agreed, by=current_user.id, now=db.now())
    return _to(run_id)


@bp.post("/walks/<int:run_id>/rest")
@may("guide.walk")
def rest(run_id: int) -> Any:
    """Stop, or go on later."""
    found, going_on = _walk(run_id, change=True), bool(text("going_on"))
    if going_on:
        walking.go_on(db.session(), found, by=current_user.id, now=db.now())
        return _to(run_id)
    walking.rest(db.session(), found, by=current_user.id, now=db.now())
    flash(t("walks.rests"), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/walks/<int:run_id>/holder")
@may("guide.hand_over")
def hand_over(run_id: int) -> Any:
    """Give the walk to a colleague."""
    found = _walk(run_id, change=True)
    if _stale(found):
        return _conflict(found)
    person, now = _number("person") or 0, db.now()
    names = dict(queries.colleagues(db.session(), found.row, now))
    try:
        walking.hand_over(db.session(), found, person, by=current_user.id, now=now)
    except Refused as refused:
        return _again(run_id, refused)
    flash(t("walks.handed_over", name=names[person]), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/walks/<int:run_id>/end")
@may("guide.walk")
def end(run_id: int) -> Any:
    """Close the walk: repaired, escalated or given up."""
    found = _walk(run_id, change=True)
    if found.row.state != OPEN and found.row.state == text("state"):
        return _to(run_id)  # pressed twice
    if _stale(found):
        return _conflict(found)
    walking.end(db.session(), found, text("state"), by=current_user.id, now=db.now())
    return _to(run_id)


@bp.post("/walks/<int:run_id>/cause")
@may("guide.hand_over")
def cause(run_id: int) -> Any:
    """Keep what was behind it; where the answers speak against it, ask back once."""
    found = _walk(run_id, change=True)
    sure = text("sure") == text("cause")
    try:
        walking.confirm_cause(db.session(), found, text("cause"), sure=sure, by=current_user.id, now=db.now())
    except Refused as refused:
        return _again(run_id, refused, asked=text("cause"))
    flash(t("walks.cause_kept"), "success")
    return _to(run_id)


def _walk(run_id: int, *, change: bool = False) -> Walk:
    session = db.session()
    row = queries.run(session, run_id, current_user, scope(), change=change)
    return queries.walk(session, row, db.now())


def _stale(found: Walk) -> bool:
    """Tell whether somebody changed the walk since the person's page was made."""
    return text("version") != str(found.row.version)


def _conflict(found: Walk, step_id: str = "", outcome: str = "") -> Response:
    """Answer 409 with what the other answered and what the person did; nothing of either is lost."""
    mine = next((step for step in found.guide.steps if step.id == step_id), None)
    possible = mine is not None and outcome in outcomes(mine)
    values = showing.shared(db.session(), found, db.now()) | {
        "mine": mine if possible else None,
        "mine_words": showing.outcome_words(mine, outcome) if mine and possible else "",
        "outcome": outcome,
        "theirs": next((one for one in showing.done(found) if one.step.id == step_id), None),
    }
    return make_response(render_template("guides/conflict.html", **values), 409)


def _again(run_id: int, refused: Refused, **more: Any) -> Response:
    """Answer a post that was refused with the page as it stands now and the reason."""
    if refused.status in (403, 404):
        raise refused
    db.close()
    return make_response(_page(_walk(run_id), refused=refused, **more), refused.status)


def _to(run_id: int) -> Any:
    return redirect(url_for("guides.walk", run_id=run_id), 303)


def _by_clock(found: Walk) -> float:
    """Return the minutes since the step was shown; ward staff, who are asked for none, always have some."""
    minutes = queries.minutes_so_far(found.row, db.now())
    return min(minutes, MOST_MINUTES) if found.row.origin == STAFF else minutes


def _minutes(missing: float) -> float:
    """Return the posted minutes, or those of the clock if none were."""
    posted = unicodedata.normalize("NFKC", text("minutes")).replace(",", ".")
    if not posted:
        return missing
    try:
        found = float(posted)
    except ValueError:
        raise Refused("walks.not_minutes", field="minutes") from None
    if found != found:  # not a number at all
        raise Refused("walks.not_minutes", field="minutes")
    return found


def _minutes_of(found: Walk, step_id: str) -> float:
    return next((one.minutes for one in found.answers if one.step == step_id), 0.0)


def _number(name: str) -> int | None:
    """Return a posted id; another text names nothing that exists."""
    value = request.form.get(name, "").strip()
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
