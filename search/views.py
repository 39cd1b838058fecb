"""The search page."""

from __future__ import annotations

import threading

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request

from kb.domain.articles import AUDIENCES, KINDS
from kb.domain.personal_data import masked
from kb.settings import Settings
from kb.store.db import reading
from kb.web import db, finding, indexing, rounds
from kb.web.access import can, may, scope
from kb.web.locale import label
from search import box, feedback, gap_pages, memory
from search.finding import Finder, Found
from search.incidents import Told
from search.index import Index
from search.paste import gist
from search.queue import Queue
from search.scoring import FACETS
from search.seeking import Seeking
from search.solved import incidents_of
from search.vocabulary import views as thesaurus
from search.vocabulary.current import Current

bp = Blueprint("search", __name__)
bp.register_blueprint(box.bp)
bp.register_blueprint(thesaurus.bp)
bp.register_blueprint(feedback.bp)
bp.register_blueprint(gap_pages.bp)
Choice = tuple[str, list[tuple[str, str, int]], int]
"""A filter: its facet, its values as (value, words, count), and how many of them to show at once."""
_MOST_COMPONENTS = 8
_ORDERS = {"kind": list(KINDS), "audience": list(AUDIENCES)}


def init_app(app: Flask) -> None:
    """Give the application its index; nothing is opened or made before it is needed."""
    settings: Settings = app.config["KB_SETTINGS"]
    index = Index(settings.index)
    queue = Queue(app.extensions["kb.engine"], index)
    app.extensions["search.queue"] = queue
    app.extensions["search.thesaurus"] = thesaurus_now = Current()
    app.extensions["search.finder"] = Finder(index, queue, thesaurus_now)
    indexing.set_drainer(app, queue)
    app.extensions["search.told"] = told = Told()
    finding.set_seeker(app, Seeking(app.extensions["search.finder"], told))
    box.init_app(app)
    feedback.init_app(app)
    gap_pages.init_app(app)
    app.after_request(_wake_after_change)


def start(app: Flask) -> None:
    """Keep the index up to date in the background, for as long as the process serves."""
    queue: Queue = app.extensions["search.queue"]
    queue.start()
    feedback.start(app)
    rounds.add(app, lambda *_: memory.let_go())
    threading.Thread(target=_warm, args=[app], name="search-warm", daemon=True).start()


def _warm(app: Flask) -> None:
    finder: Finder = app.extensions["search.finder"]
    finder.warm()
    box.warm(app)
    told: Told = app.extensions["search.told"]
    told.warm(lambda: reading(app.extensions["kb.engine"]))
    memory.let_go()


def _wake_after_change(response: Response) -> Response:
    if request.method not in db.SAFE:
        indexing.wake()
    return response


@bp.get("/search")
@may("search.use")
def index() -> Response:
    """Search, and show what was found; htmx asks for the results alone while a person types."""
    typed = request.args.get("q", "").replace("\r\n", "\n").strip()
    text = gist(typed)
    filters = _filters()
    finder: Finder = current_app.extensions["search.finder"]
    found, solved = None, []
    if text:
        number = request.args.get("page", 1, type=int)
        found = finder.find(db.session(), scope(), text, filters, number)
        solved = feedback.solved(text)
        if number == 1 and not filters:
            feedback.note_search(text, found)
    partial = "HX-Request" in request.headers
    template = "search/results.html" if partial else "search/index.html"
    response = make_response(
        render_template(
            template,
            q=text,
            asked=masked(text),
            shortened=text != typed or "cut" in request.args,
            filters=filters,
            found=found,
            solved=solved,
            solved_in=incidents_of(db.session(), solved) if can("incident.read") else {},
            choices=choices(found, filters),
            partial=partial,
        )
    )
    response.vary.add("HX-Request")
    return response


def _filters() -> dict[str, str]:
    """Return the filters that the address names; a kind or audience that does not exist is no filter."""
    given = {facet: request.args.get(facet, "") for facet in FACETS}
    return {facet: value for facet, value in given.items() if value and value in _ORDERS.get(facet, [value])}


def choices(found: Found | None, filters: dict[str, str]) -> list[Choice]:
    """Return the filters that results can be narrowed by.

    Kinds and audiences come in the order of their tables, components by count. A value that is chosen
    is listed though nothing has it.
    """
    if found is None:
        return []
    listed = []
    for facet in FACETS:
        counts = {filters[facet]: 0} if facet in filters else {}
        counts |= found.facets.get(facet, {})
        order = [v for v in _ORDERS[facet] if v in counts] if facet in _ORDERS else list(counts)
        rows = [(value, _words(facet, value), counts[value]) for value in order]
        listed.append((facet, rows, _MOST_COMPONENTS if facet == "component" else len(rows)))
    return listed


def _words(facet: str, value: str) -> str:
    return value if facet == "component" else label(facet, value)
