"""What stands in a form is kept by itself, for its writer alone, until it is saved or thrown away.

Only the writer's own form reads it: it is no revision, in no list and no search, and nothing publishes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from articles import forms
from articles.forms import Form
from kb.domain import personal_data
from kb.domain.articles import KINDS, size_problems
from kb.domain.errors import Refused, refuse_all
from kb.domain.reviewing import AUTOSAVE_KEPT
from kb.store.models import Autosave


def place_of(form: Form, article_id: int | None) -> str:
    """Return which form this is: of an article, or of a new one of its kind (because of an incident)."""
    if article_id is not None:
        return f"article-{article_id}"
    because = f"-{form.incident_id}" if form.incident_id else ""
    return f"new-{form.kind}{because}"


def new_key() -> str:
    """Return what names one form that was opened."""
    return secrets.token_hex(8)


def require_fit(form: Form) -> None:
    """Raise Refused with every reason why the form's text must not be stored, not even as this (C-11)."""
    text = forms.to_text(replace(form, review_due=""))
    written = forms.fields(form) | {"reason": form.reason}
    refuse_all([*size_problems(text), *personal_data.problems(written, of=form.kind)])


def keep(session: Session, form: Form, article_id: int | None, *, by: int, now: datetime) -> None:
    """Keep the form within the transaction.

    Raises Refused 409 once this form was saved or thrown away, and where another form's text waits.
    """
    row = _row(session, by, place_of(form, article_id))
    if row is not None and row.key == form.key and row.done:
        raise Refused("autosave.over", status=409)
    if row is not None and row.key != form.key and not row.done:
        raise Refused("autosave.another", status=409)
    if row is None:
        row = Autosave(person_id=by, place=place_of(form, article_id), article_id=article_id)
        session.add(row)
    row.key, row.done, row.fields, row.saved_at = form.key, False, asdict(form), now


def finish(session: Session, form: Form, article_id: int | None, *, by: int, now: datetime) -> None:
    """Forget what was kept of this form, within the transaction that saves it; what is still coming too."""
    row = _row(session, by, place_of(form, article_id))
    if row is None:
        row = Autosave(person_id=by, place=place_of(form, article_id), article_id=article_id, key=form.key)
        session.add(row)
    if row.key == form.key or row.done:
        row.key, row.done, row.fields, row.saved_at = form.key, True, {}, now


def throw_away(session: Session, place: str, *, by: int, now: datetime) -> None:
    """Forget what was kept at a place, within the transaction."""
    row = _row(session, by, place)
    if row is not None:
        row.done, row.fields, row.saved_at = True, {}, now


def offered(
    session: Session, form: Form, article_id: int | None, *, by: int, now: datetime
) -> Autosave | None:
    """Return what was kept at this form's place, unless it says the same as the form."""
    row = _row(session, by, place_of(form, article_id))
    if row is None or row.done or row.saved_at < now - AUTOSAVE_KEPT:
        return None
    kept = form_of(row)
    return row if kept is not None and _words(kept) != _words(form) else None


def of_person(session: Session, person_id: int, now: datetime) -> Sequence[Autosave]:
    """Return what was kept of a person's new articles, the newest first."""
    rows = select(Autosave).where(
        Autosave.person_id == person_id,
        Autosave.article_id.is_(None),
        Autosave.done.is_(False),
        Autosave.saved_at >= now - AUTOSAVE_KEPT,
    )
    return session.scalars(rows.order_by(Autosave.saved_at.desc())).all()


def forget_old(session: Session, now: datetime) -> None:
    """Delete what nobody came back for."""
    session.execute(delete(Autosave).where(Autosave.saved_at < now - AUTOSAVE_KEPT))


def form_of(row: Autosave) -> Form | None:
    """Return the form as it was kept, or None if its kind is no more."""
    known = {field.name for field in fields(Form)}
    values = {name: value for name, value in row.fields.items() if name in known}
    return Form(**values) if values.get("kind") in KINDS else None


def _words(form: Form) -> dict[str, str]:
    """Return what a person sees in the form."""
    return {name: words.strip() for name, words in forms.fields(form).items() if words.strip()}


def _row(session: Session, person_id: int, place: str) -> Autosave | None:
    mine = Autosave.person_id == person_id, Autosave.place == place
    return session.scalar(select(Autosave).where(*mine))
