"""「解決した」「解決しなかった」: what a reader says of an article, kept in the log and among the outcomes.

Nobody is named; the reader's own session knows what they said, so that they can say otherwise.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain.articles import READABLE
from kb.domain.errors import Refused
from kb.settings import Settings
from kb.store import outcomes
from kb.store.db import reading
from kb.store.models import Article, Search, SymptomOutcome
from kb.store.visibility import visible
from kb.web import db
from kb.web.access import may, scope
from kb.web.forms import text as posted
from kb.web.locale import t
from search import visit
from search.finding import Found
from search.gaps import open_gaps
from search.log import Opened, SearchLog, Typed, loggable, loggable_words, unanswered
from search.paste import gist
from search.solved import Solution, Solved

bp = Blueprint("feedback", __name__)
OUTCOMES = {"yes": outcomes.SOLVED, "no": outcomes.NOT_SOLVED}
OFTEN = parse("60 per 10 minutes")
"""Answers of one person, or of the visitors behind one address."""
MOST_SEARCHES = parse("300 per 10 minutes")
"""Searches of theirs that are logged; keystrokes of one count once. Others are answered all the same."""


def init_app(app: Flask) -> None:
    """Give the application its log; note what is opened; let templates ask what the reader said."""
    settings: Settings = app.config["KB_SETTINGS"]
    app.extensions["search.log"] = SearchLog(app.extensions["kb.engine"], settings.search_log_days)
    app.extensions["search.solved"] = Solved()
    app.extensions["search.feedback.limit"] = MovingWindowRateLimiter(MemoryStorage())
    app.after_request(_note_opening)
    app.jinja_env.globals.update(
        feedback_answer=lambda article_id: visit.answer_for(article_id, db.now()),
        feedback_words=lambda article_id: visit.words_for(article_id, db.now()),
    )


def start(app: Flask) -> None:
    """Write the log in the background from now on, and read what was solved and what was not found."""
    log: SearchLog = app.extensions["search.log"]
    log.start()
    threading.Thread(target=_learn, args=[app], name="search-solved", daemon=True).start()


def _learn(app: Flask) -> None:
    engine = app.extensions["kb.engine"]
    known: Solved = app.extensions["search.solved"]
    known.warm(lambda: reading(engine))
    with reading(engine) as session:
        open_gaps(session)  # takes their words apart, which the first author need not wait for


def solved(text: str) -> list[Solution]:
    """Return the articles that exist for the reader and solved this symptom before."""
    known: Solved = current_app.extensions["search.solved"]
    return known.find(db.session(), scope(), text)


def note_search(text: str, found: Found) -> None:
    """Log a search as it stands now, unless it cannot be masked or the index did not answer it.

    An author who tries the words of the queue is not somebody who looks for an answer.
    """
    words = loggable(text)
    from_the_queue = visit.came_from(request.referrer).path == url_for("search.gaps.index")
    if not words or from_the_queue:
        return
    token = visit.typed(words, db.now(), lambda: _within(MOST_SEARCHES))
    if token and not found.degraded:
        missing = loggable_words(found.missing, words)
        _log().note(Typed(token, words, found.page.total, missing, current_user.role, db.now()))


def _note_opening(response: Response) -> Response:
    """Take from the address somebody came from that an article was opened from results: needs no script."""
    if request.endpoint == "articles.show" and response.status_code == 200 and request.method == "GET":
        article_id = (request.view_args or {})["article_id"]
        token = visit.opened(
            article_id, request.referrer or "", lambda typed: loggable(gist(typed)), db.now()
        )
        if token:
            _log().note(Opened(token, article_id, db.now()))
    return response


@bp.post("/articles/<int:article_id>/feedback")
@may("article.rate")
def give(article_id: int) -> Any:
    """Keep whether the article helped; a second answer replaces the first."""
    answer = posted("answer")
    if answer not in OUTCOMES:
        raise Refused("feedback.unknown_answer")
    partial = "HX-Request" in request.headers
    if not _within(OFTEN):
        if partial:
            return render_template(
                "search/feedback.html", article_id=article_id, refused="feedback.too_often"
            )
        raise Refused("feedback.too_often", status=429)
    _log().flush()  # before this request's transaction: the search must be there to be answered
    session = db.session()
    _require_article(session, article_id)
    search = visit.answered(article_id, answer, db.now())
    keep(session, article_id, answer, token=search["token"], words=search["words"], at=db.now())
    session.commit()
    if partial:
        return render_template("search/feedback.html", article_id=article_id, said=True)
    flash(t(f"feedback.said_{answer}"), "success")
    return redirect(url_for("articles.show", article_id=article_id, _anchor="feedback"), 303)


def keep(session: Session, article_id: int, answer: str, *, token: str, words: str, at: datetime) -> None:
    """Add a reader's answer to the transaction: to the outcomes if it is new, and to the row of the search.

    words: what the reader's session knows of the search, which may be only its beginning.
    """
    row = session.scalar(select(Search).where(Search.token == token))
    told = _told(session, token)
    if told.get(article_id) != OUTCOMES[answer]:
        told[article_id] = outcome = OUTCOMES[answer]
        full = row.words if row else words
        outcomes.record(session, article_id, full, outcome=outcome, source="page", at=at, token=token)
    if row is not None:
        row.helped = "yes" if outcomes.SOLVED in told.values() else "no"
        row.unanswered = unanswered(row.words, row.results, row.helped)
        row.last_at = at
        if article_id not in row.opened:
            row.opened = [*row.opened, article_id]


def _told(session: Session, token: str) -> dict[int, str]:
    """Return the newest outcome of each article that was answered for in this search."""
    rows = select(SymptomOutcome.article_id, SymptomOutcome.outcome).where(SymptomOutcome.token == token)
    found = session.execute(rows.order_by(SymptomOutcome.id))
    return {row.article_id: row.outcome for row in found}


def _require_article(session: Session, article_id: int) -> None:
    known = select(Article.id).where(visible(scope()), Article.confidence.in_(READABLE))
    if article_id >= 2**63 or session.scalar(known.where(Article.id == article_id)) is None:
        raise Refused("articles.not_found", status=404)


def _within(most: RateLimitItem) -> bool:
    """Count once more for this person or this address; return whether that is within the limit."""
    who = f"person:{current_user.id}" if current_user.is_authenticated else f"address:{request.remote_addr}"
    limiter: MovingWindowRateLimiter = current_app.extensions["search.feedback.limit"]
    return limiter.hit(most, "feedback", who)


def _log() -> SearchLog:
    log: SearchLog = current_app.extensions["search.log"]
    return log
