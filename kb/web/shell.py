"""What every page has: the choice of language, the time filters, the sign that the service lives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import text

from kb.domain.periods import age_in_days, era_year, in_japan, japan_date
from kb.web import db
from kb.web.access import may
from kb.web.locale import COOKIE, LANGUAGES, field_label, language, local_path, section_label, t

bp = Blueprint("web", __name__)
RECENT = {0: "base.today", 1: "base.yesterday"}
YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Register the pages and the filters."""
    app.register_blueprint(bp)
    app.jinja_env.filters.update(moment=moment, near_time=near_time, day=day, clock=clock)
    app.jinja_env.filters.update(age=age, gated=gated)
    app.jinja_env.globals.update(section_label=section_label, field_label=field_label)
    app.context_processor(lambda: {"now": db.now(), "today": japan_date(db.now())})


@bp.get("/healthz")
@may("open")
def health() -> Response:
    """Say that the database answers; for the operator's monitor."""
    db.session().execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")


@bp.post("/language")
@may("open")
def set_language() -> Any:
    """Keep the language in a cookie of its own, so that the choice survives the session."""
    chosen = request.form.get("language", "")
    response = redirect(local_path(request.form.get("next")) or url_for("articles.home"), 303)
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response


@bp.get("/favicon.ico")
@may("open")
def favicon() -> Any:
    """Browsers ask for it whatever the page says."""
    return redirect(url_for("static", filename="web/favicon.svg"), 301)


def gated(html: str) -> Markup:
    """Mark stored HTML safe: the only place that does, and only for what the gate let through."""
    return Markup(html)  # noqa: S704


def moment(value: datetime | None) -> Markup:
    """Show a moment in Japan time, the era behind the western year."""
    if value is None:
        return Markup("")
    local = in_japan(value)
    shown = f"{_date_words(local.date())} {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), shown)


def near_time(value: datetime | None) -> Markup:
    """Show a moment by its time alone if it is today in Japan, else with month and day before it."""
    if value is None:
        return Markup("")
    local = in_japan(value)
    shown = f"{local:%H:%M}"
    if local.date() != japan_date(db.now()):
        before = f"{local.month}月{local.day}日" if language() == "ja" else f"{local.day} {local:%b}"
        shown = f"{before} {shown}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), shown)


def clock(value: datetime) -> Markup:
    """Show the time of day in Japan, where the day stands above it."""
    local = in_japan(value)
    shown = f"{local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), shown)


def day(value: date | None) -> Markup:
    """Show a date, the era behind the western year."""
    if value is None:
        return Markup("")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), _date_words(value))


def _date_words(value: date) -> str:
    if language() == "ja":
        era = era_year(value)
        return f"{value.year}年{'（' + era + '）' if era else ''}{value.month}月{value.day}日"
    return f"{value.day} {value:%b} {value.year}"


def age(value: datetime | None) -> Markup:
    """Show how long ago something was: today, 3 days ago."""
    if value is None:
        return Markup("")
    days = age_in_days(value, db.now())
    words = t(RECENT[days]) if days in RECENT else t("base.days_ago", days=days)
    return Markup('<time datetime="{}">{}</time>').format(
        in_japan(value).isoformat(timespec="seconds"), escape(words)
    )
