"""What the search box asks besides results: suggestions, a short address for a paste, its description."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for

from kb.domain import articles
from kb.store.db import reading
from kb.web import db
from kb.web.access import may, scope
from search.analysis import QUERY_CHARS
from search.paste import ADDRESS_BYTES, gist
from search.scoring import FACETS
from search.suggest import LONGEST, Suggestion, Suggestions

bp = Blueprint("box", __name__)
_LONGEST_FILTER = articles.LONGEST["entry"]
"""Characters of a component's name; nothing longer need be carried by an address."""
_DESCRIPTION = "application/opensearchdescription+xml"


def init_app(app: Flask) -> None:
    """Give the application what it suggests from; nothing is read before it is needed."""
    app.extensions["search.suggestions"] = Suggestions()
    app.jinja_env.globals["search_limits"] = {"bytes": ADDRESS_BYTES, "characters": QUERY_CHARS}


def warm(app: Flask) -> None:
    """Read what is suggested from, so that the first person who types does not wait for it."""
    with reading(app.extensions["kb.engine"]) as session:
        app.extensions["search.suggestions"].refresh(session)


@bp.get("/search/suggest")
@may("search.use")
def suggest() -> Any:
    """Return what may be meant by what has been typed so far."""
    suggestions: Suggestions = current_app.extensions["search.suggestions"]
    found = suggestions.find(db.session(), scope(), request.args.get("q", "")[: LONGEST + 1])
    return current_app.json.response([_row(one) for one in found])


def _row(suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion as the box shows it. url: where choosing it leads."""
    if suggestion.article_id is None:
        url = url_for("search.index", q=suggestion.text)
    else:
        url = url_for("articles.show", article_id=suggestion.article_id)
    return {"kind": suggestion.kind, "text": suggestion.text, "url": url}


@bp.post("/search")
@may("search.use")
def shorten() -> Any:
    """Lead from a paste too long for an address to the search with its gist; nothing is stored."""
    text = request.form.get("q", "").replace("\r\n", "\n").strip()
    given = {name: request.form.get(name, "") for name in FACETS}
    filters: dict[str, Any] = {
        name: value for name, value in given.items() if 0 < len(value) <= _LONGEST_FILTER
    }
    short = gist(text)
    return redirect(url_for("search.index", q=short, **filters, cut=short != text or None), 303)


@bp.get("/opensearch.xml")
@may("open")
def description() -> Response:
    """Describe the search to browsers (OpenSearch 1.1). It says no more than the sign-in page does."""
    address = url_for("search.index", _external=True) + "?q={searchTerms}"
    return Response(render_template("search/opensearch.xml", address=address), mimetype=_DESCRIPTION)
