"""Personal data in what is posted: one place for every form there is and will be (C-11).

Before a view sees a post, its fields and file names are read. What must never be stored, and what is
stored only masked, is answered with a page: the texts with the places marked, one button that takes
the masked texts, and a way to ask a second person to let a value pass. Nothing of it has been stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict

from kb.domain.errors import Refused, refuse_all
from kb.domain.personal_data import EVERYTHING, KINDS, PERSONAL, REFUSE, find, knowing, masked, plain
from kb.store import keeping
from kb.store.db import writing
from kb.store.refusing import texts
from kb.web import db, kept
from kb.web.access import can
from kb.web.locale import refusals

MASKED, KEEP, REASON = "_masked", "_keep", "_keep_reason"
OURS = frozenset({"csrf_token", kept.RESUME, MASKED, KEEP, REASON})
STORES_NOTHING = {
    "people.sign_in",
    "people.password",
    "search.box.shorten",
    "articles.preview",
    "web.set_language",
}
"""Endpoints whose posts are stored nowhere, or only as a hash."""
NAMES_PEOPLE = {
    "people.new": {"name", "email", "login"},
    "people.edit": {"name", "email", "login"},
    "privacy.ask_export": {"readers", "in_charge"},
}
"""Endpoint -> fields that hold a person's name or address by their purpose; numbers are refused there too."""
LONGEST_REASON = 500
MOST_ASKED = 20
"""Values that are asked for at once, each with a slow hash: the others are marked again at the next save."""
SHOWN = 100
"""Places that the page shows; the others are counted, and masked like these."""
_AROUND = 40


class Place(NamedTuple):
    """A finding in a posted field, with the text around it for its writer's eyes."""

    field: str
    kind: str
    line: int
    before: str
    value: str
    after: str

    @property
    def refused(self) -> bool:
        return KINDS[self.kind] == REFUSE


def init_app(app: Flask) -> None:
    """Read every post before its view does; let the ward's own numbers and kept values pass."""
    app.before_request(_know)
    app.before_request(_screen)
    app.teardown_request(_forget)


def _know() -> None:
    g.knowing = knowing(known)
    g.knowing.__enter__()


def _forget(_error: BaseException | None) -> None:
    if "knowing" in g:
        g.pop("knowing").__exit__(None, None, None)


def known(kind: str, value: str) -> bool:
    """Return whether a value is the ward's own or was let pass; the database is asked once a request."""
    settings = current_app.config["KB_SETTINGS"]
    if any(value == public for public in map(plain, settings.public_contacts)):
        return True
    if "kept_values" not in g:
        with db.reading() as session:
            g.kept_values = keeping.allowed(session, str(current_app.secret_key))
    return bool(g.kept_values(kind, value))


def _screen() -> Response | None:
    if request.method in db.SAFE or request.endpoint is None or request.endpoint in STORES_NOTHING:
        return None
    if _only_shown():
        return None
    for file in request.files.values():
        wrong = _of_name(file.filename or "")
        if wrong and _wants_json():
            return make_response(jsonify(files=[], problems=[s for one in wrong for s in refusals(one)]), 422)
        refuse_all(wrong)
    fields = dict(_fields())
    places = [place for name, text in fields.items() for place in _places(name, text)]
    if not places:
        return None
    if request.form.get(MASKED) and not request.is_json:
        request.__dict__["form"] = ImmutableMultiDict(
            (name, masked(text, _policies(name))) for name, text in request.form.items(multi=True)
        )
        return None
    return _answer(places)


def _wants_json() -> bool:
    return bool(request.is_json or request.accept_mimetypes.best == "application/json")


def _only_shown() -> bool:
    """Return whether the view will only show its form again: kept text, or a preview."""
    if kept.resuming() and kept.wanted():
        return True
    return (
        request.endpoint in {"articles.create", "articles.save"} and request.form.get("action") == "preview"
    )


def _fields() -> Iterator[tuple[str, str]]:
    """Yield the posted texts by name; of several with one name, and of JSON, one joined by lines."""
    for name, values in request.form.lists():
        if name not in OURS - {REASON}:
            yield name, "\n".join(values)
    if request.is_json:
        posted = request.get_json(silent=True)
        rows: Mapping[str, Any] = posted if isinstance(posted, dict) else {"": posted}
        for name, value in rows.items():
            yield str(name), "\n".join(texts(value))


def _policies(field: str) -> frozenset[str]:
    named = NAMES_PEOPLE.get(request.endpoint or "", set())
    return frozenset({REFUSE}) if field in named else PERSONAL


def _places(field: str, text: str) -> Iterator[Place]:
    line, counted = 1, 0
    for found in find(text, _policies(field)):
        line, counted = line + text.count("\n", counted, found.start), found.start
        start, end = max(0, found.start - _AROUND), found.end + _AROUND
        before, after = text[start : found.start].split("\n")[-1], text[found.end : end].split("\n")[0]
        yield Place(field, found.kind, line, before, text[found.start : found.end], after)


def _of_name(name: str) -> list[Refused]:
    return [Refused("personal_data.file_name", kind=found.kind) for found in find(name)]


def _answer(places: list[Place]) -> Response:
    db.close()
    if _wants_json():
        found = [{"field": p.field, "line": p.line, "kind": p.kind} for p in places]
        return make_response(jsonify(personal_data=found), 422)
    asked = bool(request.form.get(KEEP)) and current_user.is_authenticated and _ask(places)
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in OURS]
    page = render_template(
        "web/personal_data.html",
        places=places[:SHOWN],
        total=len(places),
        kind=request.form.get("kind"),
        marked={place.field for place in places},
        fields=fields,
        masked=[_masked_around(place) for place in places[:SHOWN]],
        asked=asked,
        reason=request.form.get(REASON, ""),
        resumes=kept.wanted(),
        action=request.full_path.rstrip("?"),
    )
    response = make_response(page, 422)
    if "HX-Request" in request.headers:  # the part that the script wanted gives way to the whole page
        response.headers.update({"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"})
    return response


def _masked_around(place: Place) -> str:
    return masked(place.before, EVERYTHING) + "■" * len(place.value) + masked(place.after, EVERYTHING)


def _ask(places: list[Place]) -> bool:
    """Keep the requests to let these values pass; return whether there was a reason."""
    reason = masked(request.form.get(REASON, "").strip(), EVERYTHING)[:LONGEST_REASON]
    if not reason or not can("privacy.ask"):
        return False
    distinct: dict[tuple[str, str], Place] = {}
    for place in places:
        distinct.setdefault((place.kind, plain(place.value)), place)
    first = list(distinct.items())[:MOST_ASKED]
    digests = [keeping.digest(value, str(current_app.secret_key)) for (_, value), _ in first]
    with writing(db.engine()) as session:
        for (_, place), kept_as in zip(first, digests, strict=True):
            keeping.ask(
                session,
                place.kind,
                kept_as,
                field=place.field,
                context=_masked_around(place),
                reason=reason,
                by=current_user.id,
                now=db.now(),
            )
    return True
