"""The pages of articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from sqlalchemy.orm import Session

from articles import (
    attachment_pages,
    autosave_pages,
    autosaving,
    causes,
    flag_pages,
    forms,
    guide_pages,
    guide_view,
    queries,
    retiring,
    retiring_pages,
    review_pages,
    reviewing,
    revision_pages,
    service,
    upkeep_pages,
)
from articles.differences import changes
from articles.forms import Form
from articles.merging import Merge, merge
from kb.domain.anchors import slug
from kb.domain.articles import AUDIENCES, KINDS, READABLE, size_problems
from kb.domain.errors import Reasons, Refused, refuse_all
from kb.domain.periods import japan_date
from kb.domain.plain import outline
from kb.store import accounts, article_guides, incident_links, post_mortems, submissions
from kb.store.article_guides import WITH_GUIDE
from kb.store.models import Article, Incident, Revision
from kb.web import db, kept
from kb.web.access import can, may, require, scope
from kb.web.forms import text as posted
from kb.web.locale import field_label, label, section_label, t

bp = Blueprint("articles", __name__)
for part in (
    upkeep_pages,
    flag_pages,
    retiring_pages,
    review_pages,
    attachment_pages,
    autosave_pages,
    revision_pages,
):
    bp.register_blueprint(part.bp)
SHOWS = frozenset({"preview", "form"})
"""What the form's buttons do without saving: show it as readers would see it, or the form itself."""
USES = 10
"""The newest incidents that an article's page names."""


@bp.get("/")
@may("article.list")
def home() -> str:
    """Show where a person starts: the search box, what waits for them, what is new."""
    found = queries.start_page(db.session(), scope(), japan_date(db.now()))
    return render_template("articles/home.html", **found, reviews=review_pages.waiting_reviews())


@bp.get("/articles/")
@may("article.list")
def index() -> str:
    """List the articles that exist for the reader."""
    filters = forms.wanted_filters()
    number = request.args.get("page", 1, type=int)
    found = queries.choices(db.session(), scope(), filters)
    choices = {
        name: [(key, key if name == "component" else label(name, key), count) for key, count in rows]
        for name, rows in found.items()
    }
    page = queries.listed(db.session(), scope(), filters, number)
    return render_template("articles/index.html", page=page, filters=filters, choices=choices)


@bp.get("/articles/KB-<int:article_id>")
@may("article.read")
def by_number(article_id: int) -> Response:
    """Lead from the number people quote to the article."""
    return redirect(url_for(".show", article_id=article_id), 301)  # type: ignore[return-value]


@bp.get("/articles/<int:article_id>")
@may("article.read")
def show(article_id: int) -> Any:
    """Show an article as its readers see it, a draft to those for whom it exists; a replaced one leads on."""
    successor = retiring.leads_to(db.session(), article_id, scope())
    if successor is not None:
        return redirect(url_for(".show", article_id=successor.id), 302)
    article = queries.article(db.session(), article_id, scope())
    revision = article.published or queries.revision(db.session(), article, article.head_id, scope())
    return render_template("articles/show.html", **_reading(article, revision))


def _reading(article: Article, revision: Revision) -> dict[str, Any]:
    kind = KINDS[revision.kind]
    edits = can("article.edit", article)
    newest = _newest(article) or revision
    guide = guide_view.read(db.session(), article, revision)
    present = [section for section in kind.all_sections if section.key in revision.html]
    anchors = {section.key: slug(section.label.ja) for section in present}
    contents = []
    for section in present:
        contents.append((2, anchors[section.key], section_label(kind.key, section.key)))
        contents += outline(revision.html[section.key])
        if guide and section.key == article_guides.SECTION:
            contents.append((3, article_guides.ANCHOR, t("guide_page.title")))
    return {
        "article": article,
        "revision": revision,
        "kind": kind,
        "anchors": anchors,
        "outline": contents,
        "guide": guide,
        "missing": service.unpublishable(service.text_of(newest), article.owner_id) if edits else [],
        "backlinks": queries.backlinks(
            db.session(), article, scope(), retiring.predecessors(db.session(), article.id)
        ),
        "incidents": post_mortems.of_article(db.session(), article) if can("incident.read") else (),
        "uses": incident_links.uses(db.session(), article.id, most=USES if can("incident.read") else 0),
        "draft_newer": edits and article.published_id not in (None, newest.id),
        **review_pages.of_article(article, edits=edits and newest.id == article.head_id),
        "is_draft": article.confidence not in READABLE,
    }


def _newest(article: Article) -> Revision | None:
    """Return the newest revision if it exists for the person, published or not."""
    head = article.head
    return head if head and head.audience in scope().texts(article.owner_id) else None


@bp.get("/articles/new")
@may("article.write")
def new() -> str:
    """Show the kinds, or the empty form of one."""
    kind = forms.wanted_kind()
    if kind is None:
        brought = forms.brought_new() | {"incident": request.args.getlist("incident")[:1]}
        kept_forms = autosaving.of_person(db.session(), current_user.id, db.now())
        return render_template("articles/choose_kind.html", kinds=KINDS, brought=brought, kept=kept_forms)
    form = forms.filled(forms.empty(kind, japan_date(db.now()), current_user.id))
    return _form(autosave_pages.with_kept(form, None))


@bp.post("/articles/new")
@may("article.write", keeps_text=True)
def create() -> Any:
    """Keep a new article as a draft, or submit it at once."""
    form = forms.posted()
    if form.kind not in KINDS:
        raise Refused("articles.unknown_kind", kind=form.kind)
    try:
        form, guide = guide_pages.taken_in(form)
        if guide:
            return guide_pages.page(form, guide)
        if kept.resuming() or posted("action") in SHOWS:
            return _form(form, preview=posted("action") == "preview")
        if posted("action") == "attach":
            form, problems = attachment_pages.attached(form)
            return _form(form, problems=problems)
        article = _create(form)
    except Refused as refused:
        return _refused_form(form, refused)
    flash(t("reviewing.submitted_now" if posted("action") == "submit" else "articles.saved"), "success")
    return redirect(url_for(".show", article_id=article.id), 303)


def _create(form: Form) -> Article:
    owner = form.owner_id if can("article.assign") else current_user.id
    prepared = _prepare(form, owner)
    session, now = db.session(), db.now()
    service.require_owner(session, owner, db.now())
    incident = _incident(session, form)
    if incident:
        causes.require_no_post_mortem(session, incident, form.kind, scope())
    written: dict[str, Any] = {"by": current_user.id, "now": now, "reason": form.reason, "incident": incident}
    article = service.add(session, prepared, owner_id=owner, **written)
    if posted("action") == "submit":
        reviewing.submit(session, article, base=article.head_id, by=current_user.id, now=now)
    autosaving.finish(session, form, None, by=current_user.id, now=now)
    session.commit()
    return article


def _incident(session: Session, form: Form) -> Incident | None:
    """Return the incident because of which the form is filled in, for those who write in incidents."""
    return causes.incident(session, form.incident_id) if can("incident.write") else None


def _prepare(form: Form, owner_id: int | None) -> service.Prepared:
    """Check and render before the transaction, so that a long text makes nobody wait.

    Nobody writes for an audience to which they do not belong: the text would be gone for themselves.
    """
    if form.audience in AUDIENCES and form.audience not in scope().texts(owner_id):
        raise Refused("articles.audience_not_yours", field="audience")
    prepared = service.prepare(forms.to_text(form))
    return replace(prepared, files=attachment_pages.named_in(prepared.text))


@bp.get("/articles/word")
@may("article.write")
def word() -> str:
    """Ask for a Word document and the kind of article that it becomes."""
    return attachment_pages.word_form()


@bp.post("/articles/word")
@may("article.write")
def read_word() -> Any:
    """Show the form of a new article with what the document says; its pictures are kept for the person."""
    kind = posted("kind")
    if kind not in KINDS:
        raise Refused("articles.unknown_kind", kind=kind)
    try:
        draft = attachment_pages.read_word(kind)
    except Refused as refused:
        db.close()
        reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
        return attachment_pages.word_form(kind, reasons), refused.status
    form = forms.empty(kind, japan_date(db.now()), current_user.id)
    form = replace(form, title=draft.title, sections=draft.sections)
    return _form(form, preview=True, from_word=draft.remarks())


@bp.get("/articles/<int:article_id>/edit")
@may("article.edit")
def edit(article_id: int) -> Any:
    """Show the form with the newest revision, or (?part=guide) the page of its guide."""
    article = queries.article(db.session(), article_id, scope())
    head = queries.revision(db.session(), article, article.head_id, scope())
    form = upkeep_pages.with_review(forms.of_revision(head, article.owner_id), article)
    if request.args.get("part") == guide_pages.ACTION and form.kind in WITH_GUIDE:
        try:
            return guide_pages.page(form, guide_pages.opened(form), article)
        except Refused as refused:
            return _refused_form(form, refused, article)
    form = forms.because(forms.with_synonyms(form, t("articles.words_added")))
    return _form(autosave_pages.with_kept(form, article.id), article)


@bp.post("/articles/<int:article_id>/edit")
@may("article.edit", keeps_text=True)
def save(article_id: int) -> Any:
    """Keep a new revision. A stale save answers 409 with both texts; a wrong one 422 with every reason."""
    form = forms.posted()
    if form.kind not in KINDS:
        raise Refused("articles.unknown_kind", kind=form.kind)
    try:
        with db.reading() as reading:
            article = queries.article(reading, article_id, scope())
            queries.revision(reading, article, article.head_id, scope())
        form, guide = guide_pages.taken_in(form)
        if guide:
            return guide_pages.page(form, guide, article)
        if kept.resuming() or posted("action") in SHOWS:
            return _form(form, article, preview=posted("action") == "preview")
        if posted("action") == "attach":
            form, problems = attachment_pages.attached(form)
            return _form(form, article, problems=problems)
        return _save(form, _prepare(form, article.owner_id), article_id)
    except Refused as refused:
        return _refused_save(form, refused, article_id)


def _save(form: Form, prepared: service.Prepared, article_id: int, *, taken: Sequence[str] = ()) -> Any:
    """Keep the form. taken: the fields that it took from what somebody else saved meanwhile."""
    session, by, now = db.session(), current_user.id, db.now()
    article = queries.article(session, article_id, scope())
    head = queries.revision(session, article, article.head_id, scope())
    if form.base != str(head.id):
        return _meet(form, article, head)
    if can("article.assign"):
        service.assign(session, article, form.owner_id, by=by, now=now)
    incident = _incident(session, form)
    service.require_newest(article, head.id)
    service.revise(session, article, prepared, by=by, now=now, reason=form.reason, incident=incident)
    told = _hand_on(session, article, form)
    autosaving.finish(session, form, article.id, by=by, now=now)
    session.commit()
    flash(t(told), "success")
    if taken:
        names = t("articles.join").join(field_label(name, form.kind) for name in taken)
        flash(t("articles.merged", fields=names), "info")
    return redirect(url_for(".show", article_id=article_id), 303)


def _hand_on(session: Session, article: Article, form: Form) -> str:
    """Put the new revision forward, or give it back to its author; return the key of what to say."""
    waiting = submissions.waiting(session, article.id)
    written: dict[str, Any] = {"base": article.head_id, "by": current_user.id, "now": db.now()}
    if posted("action") == "return" and waiting is not None:
        require("article.publish", article)
        words = form.reason or t("reviewing.edited")
        reviewing.send_back(session, article, waiting, words=words, **written)
        return "reviewing.returned_now"
    if posted("action") == "submit" and waiting is None:
        reviewing.submit(session, article, **written)
        return "reviewing.submitted_now"
    return "articles.saved"


def _refused_save(form: Form, refused: Refused, article_id: int) -> Any:
    """Show the form with the reasons; from an article that is gone for the writer, their own text."""
    db.close()
    if refused.status == 404:
        return kept.gone(url_for(".create"))
    with db.reading() as reading:
        return _refused_form(form, refused, queries.article(reading, article_id, scope()))


def _form(
    form: Form,
    article: Article | None = None,
    *,
    problems: Any = (),
    conflict: Any = None,
    preview: bool = False,
    from_word: Any = None,
) -> str:
    with db.reading() as session:
        owners = accounts.choices(session, db.now(), article.owner_id if article else None)
        names = [name for name, _ in queries.component_counts(session, scope())]
        incident = _incident(session, form)
        review = review_pages.of_edit(session, article, form)
    return render_template(
        "articles/edit.html",
        **review,
        **autosave_pages.of_form(form, article.id if article else None),
        kind=KINDS[form.kind],
        article=article,
        problems=problems,
        from_word=from_word,
        missing=_missing(form, article),
        conflict=conflict,
        owners=owners if can("article.assign") else [],
        component_names=names,
        incident=incident,
        files=attachment_pages.listed(form, article),
        **(_preview(form) if preview else {"html": None}),
        brought=bool(forms.brought(*forms.BROUGHT)),
    )


def _missing(form: Form, article: Article | None) -> list[Refused]:
    theirs = article.owner_id if article else current_user.id
    owner = form.owner_id if can("article.assign") else theirs
    try:
        return service.unpublishable(forms.to_text(form), owner)
    except Refused as refused:
        return [refused]


def _preview(form: Form) -> dict[str, Any]:
    text = forms.to_text(replace(form, review_due=""))
    refuse_all(size_problems(text))
    return {"html": service.html_of(text), "guide": guide_view.carried(text)}


def _refused_form(form: Form, refused: Refused, article: Article | None = None) -> tuple[str, int]:
    db.close()
    if refused.status in (403, 404):
        raise refused
    reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
    return _form(form, article, problems=reasons), refused.status


def _meet(form: Form, article: Article, head: Revision) -> Any:
    """Put the form together with what was saved since; where both touched the same, show both (409)."""
    theirs = forms.of_revision(head, article.owner_id)
    found = _merged(form, article, theirs)
    who = head.author.name if head.author else ""
    db.close()  # comparing and rendering may take a moment, and nobody has to wait for it
    if found is not None and not found.touching:
        put_together = forms.based_on(found.form, head.id)
        return _save(put_together, _prepare(put_together, article.owner_id), article.id, taken=found.taken)
    shown = found.form if found else form
    conflict = {
        "theirs": theirs,
        "who": who,
        "when": head.created_at,
        "taken": found.taken if found else (),
        "changes": changes(forms.fields(theirs), forms.fields(shown)),
    }
    stale = (Refused("articles.stale", status=409),)
    return _form(forms.based_on(shown, head.id), article, problems=stale, conflict=conflict), 409


def _merged(form: Form, article: Article, theirs: Form) -> Merge | None:
    """Return both put together, or None where nobody knows any more what the form was made from."""
    try:
        base = queries.revision(db.session(), article, int(form.base), scope())
    except (Refused, ValueError):
        return None
    return merge(forms.of_revision(base, article.owner_id), form, theirs)


@bp.post("/articles/preview")
@may("article.write")
def preview() -> str:
    """Return the posted text as readers would see it; nothing is stored."""
    form = forms.posted()
    if form.kind not in KINDS:
        raise Refused("articles.unknown_kind", kind=form.kind)
    return render_template("articles/preview.html", form=form, kind=KINDS[form.kind], **_preview(form))


@bp.post("/articles/<int:article_id>/publication")
@may("article.publish")
def publish(article_id: int) -> Any:
    """Say that what readers see holds in practice; a new text is published by its approval."""
    article = queries.article(db.session(), article_id, scope())
    queries.revision(db.session(), article, article.head_id, scope())
    service.confirm(db.session(), article, base=forms.number("base"), by=current_user.id, now=db.now())
    flash(t("articles.confirmed_now"), "success")
    return redirect(url_for(".show", article_id=article_id), 303)


@bp.post("/articles/<int:article_id>/archival")
@may("article.archive")
def archive(article_id: int) -> Any:
    """Take the article out of readers' sight."""
    article = queries.article(db.session(), article_id, scope())
    service.archive(db.session(), article, by=current_user.id, now=db.now())
    flash(t("articles.archived_now"), "success")
    return redirect(url_for(".show", article_id=article_id), 303)


@bp.post("/articles/<int:article_id>/archival/end")
@may("article.archive")
def unarchive(article_id: int) -> Any:
    """Bring an archived article back."""
    article = queries.article(db.session(), article_id, scope())
    retiring.bring_back(db.session(), article)
    service.unarchive(db.session(), article, by=current_user.id, now=db.now())
    flash(t("articles.unarchived_now"), "success")
    return redirect(url_for(".show", article_id=article_id), 303)


@bp.get("/articles/<int:article_id>/history")
@may("article.history")
def history(article_id: int) -> str:
    """List the article's revisions."""
    article = queries.article(db.session(), article_id, scope())
    page = queries.history(db.session(), article, request.args.get("page", 1, type=int), scope())
    incidents = causes.of_revisions(db.session(), page.rows) if can("incident.read") else {}
    decisions = reviewing.of_revisions(db.session(), article, page.rows)
    return render_template(
        "articles/history.html", article=article, page=page, incidents=incidents, decisions=decisions
    )


@bp.get("/articles/<int:article_id>/revisions/<int:revision_id>")
@may("article.history")
def revision(article_id: int, revision_id: int) -> str:
    """Show one revision as it was."""
    article = queries.article(db.session(), article_id, scope())
    found = queries.revision(db.session(), article, revision_id, scope())
    return render_template("articles/revision.html", **_reading(article, found))


@bp.post("/articles/<int:article_id>/revisions/<int:revision_id>/restoration")
@may("article.edit")
def restore(article_id: int, revision_id: int) -> Any:
    """Make an old revision the newest draft."""
    article = queries.article(db.session(), article_id, scope())
    found = queries.revision(db.session(), article, revision_id, scope())
    head = queries.revision(db.session(), article, article.head_id, scope())
    if forms.number("base") != head.id:
        raise Refused("articles.stale", status=409)
    reason, now = t("articles.restored_from", revision=found.id), db.now()
    service.restore(db.session(), article, found, base=head.id, by=current_user.id, now=now, reason=reason)
    flash(t("articles.restored_now"), "success")
    return redirect(url_for(".show", article_id=article_id), 303)


@bp.get("/attachments/<sha256>")
@may("article.read")
def attachment(sha256: str) -> Response:
    """Send a file of an article, or one that the person brought."""
    return attachment_pages.send(sha256)
