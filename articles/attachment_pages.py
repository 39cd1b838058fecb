"""Bringing files into an article's form, and sending them to readers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, send_file
from flask_login import current_user

from articles import attachments, cleaning, files, service, word
from articles.attachments import File
from articles.forms import Form
from articles.intake.process import Accepted, accepted
from articles.intake.types import BY_MEDIA_TYPE
from articles.word import Draft
from kb.domain.articles import KINDS, Text, attachments_in
from kb.domain.errors import Refused, refuse_all
from kb.settings import Settings
from kb.store.models import Article, Attachment, Upload
from kb.web import db, rounds
from kb.web.access import can, may, scope
from kb.web.forms import text as posted
from kb.web.locale import label, refusals

bp = Blueprint("files", __name__)
bp.record_once(lambda state: rounds.add(state.app, _daily(state.app)))
FIELD = "files"
MOST_AT_ONCE = 20


def _settings_of(app: Any) -> Settings:
    settings: Settings = app.config["KB_SETTINGS"]
    return settings


def _daily(app: Any) -> rounds.Round:
    return rounds.in_a_transaction(cleaning.Daily(_settings_of(app).attachments))


def _settings() -> Settings:
    return _settings_of(current_app)


@bp.app_template_global()
def file_type(file: File | Attachment | Upload) -> str:
    """Return the short name of a file's type: PDF, Excel."""
    kind = BY_MEDIA_TYPE.get(file.media_type)
    return kind.label if kind else file.media_type


@bp.app_template_global()
def is_picture(file: File | Attachment | Upload) -> bool:
    """Return whether pages show the file."""
    return file.media_type in files.SHOWN


bp.add_app_template_global(attachments.markdown, "file_markdown")


@bp.post("/articles/uploads")
@may("article.write")
def upload() -> Any:
    """Keep posted files for the person: JSON with a row of the list for each, or the reasons against."""
    found, refused = _taken()
    rows = [
        {"markdown": attachments.markdown(row), "html": render_template("articles/file_row.html", file=row)}
        for row in found
    ]
    problems = [sentence for reason in refused for sentence in refusals(reason)]
    return {"files": rows, "problems": problems}, 422 if problems else 201


@bp.post("/articles/uploads/<int:upload_id>/removal")
@may("article.write")
def remove(upload_id: int) -> Any:
    """Forget a file that the person brought and has not saved."""
    attachments.remove(db.session(), upload_id, by=current_user.id, now=db.now())
    return "", 204


def _taken() -> tuple[list[Upload], list[Refused]]:
    """Keep what is posted; return the kept files and what was refused."""
    given = [file for file in request.files.getlist(FIELD) if file.filename][:MOST_AT_ONCE]
    kept: list[Upload] = []
    refused: list[Refused] = [] if given else [Refused("attachments.none", field=FIELD)]
    for file in given:
        try:
            with accepted(file.stream, file.filename or "", most_bytes=_settings().attachment_bytes) as found:
                kept.append(_keep(found))
        except Refused as reason:
            db.close()
            refused.append(reason)
    return kept, refused


def _keep(found: Accepted) -> Upload:
    if not posted("unread_checked"):
        pages = ", ".join(str(page) for page in found.unread[:10])
        unread = [Refused("attachments.unread_pages", pages=pages)] if found.unread else []
        refuse_all([*unread, *found.doubtful])
    folder, now = _settings().attachments, db.now()
    return attachments.upload(db.session(), found, by=current_user.id, folder=folder, now=now)


def attached(form: Form) -> tuple[Form, list[Refused]]:
    """Keep the files posted with an article's form, and return it with each named in the chosen section.

    For browsers without script; the reasons against files come beside it.
    """
    kept, refused = _taken()
    key = posted("attach_to")
    if kept and key in {section.key for section in KINDS[form.kind].all_sections}:
        named = [attachments.markdown(row) for row in kept]
        text = "\n\n".join(part for part in (form.sections.get(key, ""), *named) if part)
        form = replace(form, sections=form.sections | {key: text})
    return form, refused


def word_form(kind: str = "procedure", problems: Sequence[Refused] = ()) -> str:
    """Return the page that asks for a Word document."""
    kinds = [(key, label("kind", key)) for key in KINDS]
    return render_template("articles/word.html", kinds=kinds, kind=kind, problems=problems)


def read_word(kind: str) -> Draft:
    """Return what the posted document becomes; its pictures are the person's uploads. Raises Refused."""
    given = request.files.get(FIELD)
    if given is None or not given.filename:
        raise Refused("attachments.none", field=FIELD)
    draft = word.read(given.stream, given.filename, kind, most_bytes=_settings().attachment_bytes)
    service.check(Text(kind, draft.title, sections=draft.sections))
    for picture in draft.pictures:
        _keep(Accepted(picture.name, picture.type, io.BytesIO(picture.content)))
    return draft


def named_in(text: Text) -> tuple[File, ...]:
    """Return the files that a text names and the person of this request may open."""
    if not attachments_in(text.sections):
        return ()
    with db.reading() as session:
        return attachments.of_text(session, text.sections, scope(), history=can("article.history"))


def listed(form: Form, article: Article | None) -> dict[str, Any]:
    """Return what the form's list of files shows: the article's, the person's own, which of them are used."""
    with db.reading() as session:
        own = attachments.of_article(session, article, scope()) if article else []
        waiting = attachments.waiting(session, current_user.id)
    return {"of_article": own, "waiting": waiting, "used": attachments_in(form.sections)}


@bp.app_template_global()
def files_of(revision: Any) -> list[Attachment]:
    """Return the files that a revision names."""
    return attachments.of_revision(db.session(), revision)


def send(sha256: str) -> Response:
    """Send a file that the reader may open; only pictures are shown in the page."""
    found = attachments.openable(db.session(), sha256, scope(), history=can("article.history"))
    path = files.path_of(_settings().attachments, found.sha256)
    shown = found.media_type in files.SHOWN
    response = send_file(path, mimetype=found.media_type, as_attachment=not shown, download_name=found.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
