"""「答えのなかった検索」: the pages where authors deal with what was not found."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from kb.domain.errors import Refused
from kb.store.models import Article
from kb.store.paging import Page
from kb.web import db
from kb.web.access import may, require, scope
from kb.web.forms import text as posted
from kb.web.locale import t
from search import gaps
from search.finding import Finder
from search.gaps import Gap

bp = Blueprint("gaps", __name__)
PER_PAGE = 20
MOST_WORDINGS = 8
TITLE_BYTES, TEXT_BYTES = 500, 1_200
"""Of what is carried into a form. An address has to carry it, and common proxies take headers of 4 KB."""
_CANDIDATES = 8
_COUNTED_FOR = 60.0
"""Seconds for which the number beside the link may be old."""


class OpenCount:
    """How many gaps are open, for the link that stands on every page; one for each process."""

    def __init__(self) -> None:
        self._until = 0.0
        self._count = 0

    def __call__(self) -> int:
        now = time.monotonic()
        if now >= self._until:
            with db.reading() as session:  # the answer to a post need not wait for who is writing
                self._count, self._until = len(gaps.open_gaps(session)), now + _COUNTED_FOR
        return self._count

    def forget(self) -> None:
        """Count anew the next time."""
        self._until = 0.0


def init_app(app: Flask) -> None:
    """Let templates ask how many gaps are open."""
    app.extensions["search.gaps.count"] = app.jinja_env.globals["open_gaps"] = OpenCount()


@bp.get("/search/gaps")
@may("gaps.handle")
def index() -> str:
    """List what waits for an author, or what was dealt with."""
    state = "done" if request.args.get("state") == "done" else "open"
    waiting = gaps.open_gaps(db.session())
    rows: list[Any] = gaps.done(db.session()) if state == "done" else list(waiting)
    return render_template(
        "search/gaps.html",
        page=_page(rows),
        state=state,
        waiting=len(waiting),
        most=MOST_WORDINGS,
        log_days=current_app.config["KB_SETTINGS"].search_log_days,
    )


def _page(rows: list[Any]) -> Page:
    wanted = request.args.get("page", 1, type=int)
    number = min(max(1, wanted), max(1, -(-len(rows) // PER_PAGE)))
    return Page(rows[(number - 1) * PER_PAGE : number * PER_PAGE], number, len(rows), PER_PAGE)


@bp.post("/search/gaps/<int:search_id>/article")
@may("gaps.handle")
def write(search_id: int) -> Any:
    """Lead to the form of a new article, filled with the words."""
    gap = _handle(search_id, "writing")
    title, symptom = _cut(gap.words, TITLE_BYTES), _cut(gap.words, TEXT_BYTES)
    others = _fitting(wording.words for wording in gap.wordings[1:])
    return redirect(url_for("articles.new", title=title, symptom=symptom, synonyms=others), 303)


@bp.get("/search/gaps/<int:search_id>/words")
@may("gaps.handle")
def choose(search_id: int) -> str:
    """Look for the article to which the words belong."""
    gap = gaps.gap(db.session(), search_id)
    text = request.args.get("q", gap.words).strip()
    finder: Finder = current_app.extensions["search.finder"]
    found = finder.find(db.session(), scope(), text, {}, 1) if text else None
    return render_template(
        "search/gap_words.html",
        gap=gap,
        q=text,
        opened=gaps.opened(db.session(), gap, scope()),
        found=[result.article for result in found.page.rows[:_CANDIDATES]] if found else [],
        wordings=_fitting(wording.words for wording in gap.wordings),
    )


@bp.post("/search/gaps/<int:search_id>/words")
@may("gaps.handle")
def add(search_id: int) -> Any:
    """Lead to the form of the article, the chosen words added to its other wordings."""
    article = _article()
    words = _fitting(request.form.getlist("wording"))
    if not words:
        raise Refused("gaps.no_wording")
    _handle(search_id, "added", article.id)
    return redirect(url_for("articles.edit", article_id=article.id, add_synonyms=words), 303)


@bp.post("/search/gaps/<int:search_id>/dismissal")
@may("gaps.handle")
def dismiss(search_id: int) -> Any:
    """Set aside what is not this wiki's to answer."""
    _handle(search_id, "not_ours")
    flash(t("gaps.dismissed"), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/search/gaps/handled/<int:handled_id>/reopening")
@may("gaps.handle")
def reopen(handled_id: int) -> Any:
    """Put back what was dealt with."""
    gaps.reopen(db.session(), handled_id, by=current_user.id, at=db.now())
    db.session().commit()
    _count_anew()
    flash(t("gaps.reopened"), "success")
    return redirect(url_for(".index"), 303)


def _handle(search_id: int, state: str, article_id: int | None = None) -> Gap:
    session = db.session()
    gap = gaps.gap(session, search_id)
    gaps.handle(session, gap, state, by=current_user.id, at=db.now(), article_id=article_id)
    session.commit()
    _count_anew()
    return gap


def _count_anew() -> None:
    current_app.extensions["search.gaps.count"].forget()


def _article() -> Article:
    """Return the posted article if the person may edit it, or raise Refused."""
    number = posted("article")
    known = number.isascii() and number.isdigit() and len(number) < 16
    found = db.session().get(Article, int(number)) if known else None
    if found is None:
        raise Refused("articles.not_found", status=404)
    require("article.edit", found)
    return found


def _fitting(wordings: Iterable[str]) -> list[str]:
    """Return the first wordings that an address can carry together; the very first one in any case, cut."""
    kept: list[str] = []
    room = TEXT_BYTES
    for words in islice(wordings, MOST_WORDINGS):
        words = words if kept else _cut(words, room)
        room -= _bytes(words)
        if room < 0:
            break
        kept.append(words)
    return kept


def _cut(words: str, most: int) -> str:
    """Return the beginning of a text that takes at most so many bytes in an address."""
    while _bytes(words) > most:
        words = words[: min(len(words) - 1, len(words) * most // _bytes(words))]
    return words


def _bytes(words: str) -> int:
    return len(quote(words, errors="replace"))
