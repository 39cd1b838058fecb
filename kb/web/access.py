"""Who may do what, asked at every request: a route without a stated permission does not answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, redirect, request, url_for
from flask_login import AnonymousUserMixin, UserMixin, current_user

from kb.domain import access
from kb.domain.access import Guarded, Scope
from kb.domain.errors import Refused
from kb.web import kept

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """The person of this request, as they were when it began."""

    id: int
    login: str
    name: str
    role: str
    trained: bool
    must_change_password: bool
    token: str

    def get_id(self) -> str:
        """Flask-Login keeps the session's token in the cookie, never the person's number."""
        return self.token


class Visitor(AnonymousUserMixin):
    """Somebody who has not signed in."""

    id = None
    role = access.ANYONE
    trained = False
    must_change_password = False
    name = ""


def may(permission: str, *, keeps_text: bool = False, asks_by_itself: bool = False) -> Callable[[View], View]:
    """State who may use a view; every view has this right below its route.

    keeps_text: the view receives something a person wrote; if their session has ended,
    the text comes back after they sign in again.
    asks_by_itself: the view's page asks again without anybody there (?seen=...), which is no sign of use.
    """
    access.PERMISSIONS[permission]

    def state(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.keeps_text = keeps_text  # type: ignore[attr-defined]
        view.asks_by_itself = asks_by_itself  # type: ignore[attr-defined]
        return view

    return state


def init_app(app: Flask) -> None:
    """Ask before every request, and let templates ask."""
    app.view_functions["static"] = may("open")(app.view_functions["static"])
    app.before_request(_guard)
    app.jinja_env.globals["can"] = can


def pages_open() -> bool:
    """Return whether the ward lets visitors read published staff articles."""
    return bool(current_app.config["KB_SETTINGS"].open_staff_pages)


def can(permission: str, article: Guarded | None = None) -> bool:
    """Return whether the person of this request may do this, to this article if one is named."""
    return access.may(current_user, permission, article, pages_open=pages_open())


def scope() -> Scope:
    """Return the articles that exist for the person of this request."""
    return access.scope(current_user, pages_open=pages_open())


def require(permission: str, article: Guarded | None = None) -> None:
    """Raise the refusal that fits: 404 for what does not exist for the person, else 403."""
    if article is not None and not scope().sees(article):
        raise Refused("articles.not_found", status=404)
    if not can(permission, article):
        raise Refused("errors.not_allowed", status=403)


def _guard() -> Any:
    if request.endpoint is None:
        return None
    permission = getattr(current_app.view_functions[request.endpoint], "permission", None)
    if permission is None:
        current_app.logger.error("%s states no permission", request.endpoint)
        raise Refused("errors.not_allowed", status=403)
    if current_user.must_change_password and permission != "open" and request.endpoint != "people.password":
        return redirect(url_for("people.password"), 303)
    if can(permission):
        return None
    return _ask_to_sign_in() if current_user.is_anonymous else _refuse()


def _refuse() -> None:
    raise Refused("errors.not_allowed", status=403)


def _ask_to_sign_in() -> Response | str:
    if kept.wanted():
        return kept.sign_in_first()
    if "HX-Request" in request.headers:
        page = _path(request.headers.get("HX-Current-URL", ""))
        return Response(status=204, headers={"HX-Redirect": url_for("people.sign_in", next=page)})
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("people.sign_in", next=target), 303)


def _path(address: str) -> str | None:
    with suppress(ValueError):
        return urlsplit(address).path or None
    return None
