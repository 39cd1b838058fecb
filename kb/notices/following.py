"""「見守り」: what a person watches, and the feeds of what was published."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from kb.domain import access
from kb.domain.access import Scope
from kb.domain.articles import KINDS
from kb.domain.errors import Refused
from kb.notices import feeds, watching
from kb.store.models import Component, FeedToken, Watch
from kb.web import db, rounds
from kb.web.access import can, may, scope
from kb.web.forms import text
from kb.web.headers import REVALIDATED
from kb.web.locale import label, local_path, t

bp = Blueprint("following", __name__)
bp.record_once(lambda state: rounds.add(state.app, watching.match))


@bp.get("/watches/")
@may("watch.use")
def index() -> str:
    """List what the person watches, and where their feeds are."""
    return _page()


def _page(token: str = "") -> str:
    session = db.session()
    return render_template(
        "notices/watches.html",
        watches=watching.listed(session, scope(), current_user.id),
        has_token=session.get(FeedToken, current_user.id) is not None,
        address=url_for(".secret_feed", token=token, _external=True) if token else "",
    )


@bp.post("/watches/")
@may("watch.use")
def add() -> Any:
    """Watch an article, a component or a search."""
    session = db.session()
    wanted = text("kind"), request.form.get("value", "").strip()
    watching.watch(session, scope(), *wanted, by=current_user.id, now=db.now())
    session.commit()
    flash(t("watches.added"), "success")
    return redirect(local_path(text("next")) or url_for(".index"), 303)


@bp.post("/watches/<int:watch_id>/end")
@may("watch.use")
def end(watch_id: int) -> Any:
    """Watch something no longer."""
    session = db.session()
    watching.end(session, watch_id, by=current_user.id)
    session.commit()
    flash(t("watches.ended"), "success")
    return redirect(local_path(text("next")) or url_for(".index"), 303)


@bp.app_template_global()
def watch_id(kind: str, value: str) -> int | None:
    """Return the id of the watch that the person of this request has on this, or None."""
    session = db.session()
    if kind == "component":
        value = str(session.scalar(select(Component.id).where(Component.name == value)) or "")
    key = watching.key_of(kind, " ".join(value.split()))
    return session.scalar(select(Watch.id).where(Watch.person_id == current_user.id, Watch.key == key))


@bp.get("/feeds/articles.atom")
@may("feed.read")
def feed() -> Response:
    """Send what the person of this request sees, a visitor what a visitor sees."""
    return _feed(scope())


@bp.get("/feeds/<token>/articles.atom")
@may("open")
def secret_feed(token: str) -> Response:
    """Send what the person of a secret address may see now; 404 for one that is nobody's any more."""
    reader = feeds.reader_of(db.session(), token, db.now())
    if reader is None:
        raise Refused("watches.feed_gone", status=404)
    return _feed(access.scope(reader))


def _feed(seen: Scope) -> Response:
    kind, component = request.args.get("kind", ""), request.args.get("component", "")
    kind = kind if kind in KINDS else ""
    articles = feeds.entries(db.session(), seen, kind=kind, component=component)
    of = " ".join(filter(None, (label("kind", kind) if kind else "", component))) or t("watches.feed_all")
    body = feeds.atom(
        articles,
        title=f"{t('base.product')}: {of}",
        name=f"{kind}:{component}",
        address=request.url,
        page=lambda article: url_for("articles.show", article_id=article.id, _external=True),
        made=db.now().replace(hour=0, minute=0, second=0, microsecond=0),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.headers["Cache-Control"] = REVALIDATED
    response.add_etag()
    response.last_modified = max(map(feeds.when, articles), default=None)
    return response.make_conditional(request)


@bp.post("/feeds/token")
@may("watch.use")
def make_token() -> Any:
    """Make the person's secret address and show it once; the one before it stops working."""
    session = db.session()
    token = feeds.make_token(session, current_user.id, db.now())
    session.commit()
    return _page(token)


@bp.post("/feeds/token/revocation")
@may("watch.use")
def revoke_token() -> Any:
    """Let the person's secret address stop working."""
    session = db.session()
    feeds.revoke(session, current_user.id, db.now())
    session.commit()
    flash(t("watches.feed_revoked"), "success")
    return redirect(url_for(".index"), 303)


@bp.app_template_global()
def may_watch() -> bool:
    """Return whether the person of this request may watch something."""
    return can("watch.use")
