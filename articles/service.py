"""What changes an article: one transaction each, the index queue and the audit log inside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from articles import attachments, causes, upkeep
from articles.attachments import File
from articles.links import linked_articles
from kb.domain import personal_data
from kb.domain.articles import APPROVED, KINDS, Text, publication_problems, text_problems
from kb.domain.errors import Refused, refuse_all
from kb.domain.periods import japan_date
from kb.domain.reviewing import UNAPPROVED, require_second_person
from kb.store import article_guides, audit, components, guide_changes, submissions
from kb.store.accounts import can_act
from kb.store.models import Article, ArticleLink, Incident, Person, Revision, Submission
from kb.store.notices import notify
from kb.store.queue import to_index
from kb.web.markup import render


@dataclass(frozen=True)
class Prepared:
    """A text that may be stored, with its gated HTML: made before a transaction, so that nobody waits.

    files: what the text names and its author may open.
    """

    text: Text
    html: dict[str, str]
    files: tuple[File, ...] = ()


def prepare(text: Text) -> Prepared:
    """Return the text with its HTML. Raises every reason why it must not be stored."""
    check(text)
    return Prepared(text, html_of(text))


def add(
    session: Session,
    text: Text | Prepared,
    *,
    by: int | None,
    now: datetime,
    reason: str = "",
    incident: Incident | None = None,
    **row: Any,
) -> Article:
    """Add a draft to the transaction. Raises Refused with every reason.

    incident: because of which it is written. row: further columns.
    """
    prepared = text if isinstance(text, Prepared) else prepare(text)
    text = prepared.text
    article = Article(
        kind=text.kind,
        title=text.title,
        audience=text.audience,
        confidence="work_in_progress",
        created_at=now,
        updated_at=now,
        components=[],
        **row,
    )
    session.add(article)
    session.flush()
    _revise(session, article, prepared, by=by, now=now, reason=reason, incident=incident)
    about: dict[str, Any] = {"object_type": "article", "object_id": article.id} | _because(incident)
    audit.record(session, "article.created", at=now, by=by, **about)
    return article


def save(
    session: Session,
    article: Article,
    text: Text | Prepared,
    *,
    base: int,
    by: int | None,
    now: datetime,
    reason: str = "",
    incident: Incident | None = None,
) -> Revision:
    """Keep a new revision and commit; readers go on with the published one until it is published.

    base: the revision that the text was made from. Raises Refused("articles.stale", 409) if another
    came between, and Refused with every reason if the text cannot be stored.
    """
    require_newest(article, base)
    revision = revise(session, article, text, by=by, now=now, reason=reason, incident=incident)
    session.commit()
    return revision


def revise(
    session: Session,
    article: Article,
    text: Text | Prepared,
    *,
    by: int | None,
    now: datetime,
    reason: str = "",
    incident: Incident | None = None,
) -> Revision:
    """Add a new revision to the transaction. The kind of a published article stays what it is."""
    prepared = text if isinstance(text, Prepared) else prepare(text)
    if prepared.text.kind != article.kind and article.published_id is not None:
        raise Refused("articles.kind_fixed")
    revision = _revise(session, article, prepared, by=by, now=now, reason=reason, incident=incident)
    audit.record(
        session,
        "article.saved",
        at=now,
        by=by,
        object_type="article",
        object_id=article.id,
        revision=revision.id,
        **_because(incident),
    )
    return revision


def _because(incident: Incident | None) -> dict[str, str]:
    """Return what the audit log keeps of the incident behind a change."""
    return {"incident": incident.number} if incident else {}


def require_newest(article: Article, base: int | None) -> None:
    """Raise Refused 409 unless `base`, the revision that the person had before them, is the newest."""
    if base is None or base != article.head_id:
        raise Refused("articles.stale", status=409)


def require_in_use(article: Article) -> None:
    """Raise Refused 409 for an archived article: it is brought back first, and the audit log says so."""
    if article.confidence == "archived":
        raise Refused("articles.archived", status=409)


def confirm(session: Session, article: Article, *, base: int | None, by: int | None, now: datetime) -> None:
    """Say that what readers see holds in practice, and commit; a new text goes through a submission.

    base: the revision that the person read. Raises Refused 403 for who wrote it.
    """
    require_newest(article, base)
    require_in_use(article)
    if article.published is None or article.published_id != article.head_id:
        raise Refused("reviewing.needs_review", status=409)
    require_second_person(by, {article.published.author_id})
    release(session, article, confidence="validated", by=by, now=now)
    session.commit()


def release(
    session: Session,
    article: Article,
    *,
    confidence: str,
    by: int | None,
    now: datetime,
    complete: bool = True,
) -> None:
    """Publish the newest revision within the transaction; what waited for a decision waits no longer.

    complete: False for an imported article, which may wait for its sections (docs/decisions).
    """
    if confidence not in APPROVED or article.head is None:
        raise Refused("articles.nothing_to_publish")
    if complete:
        refuse_all(unpublishable(text_of(article.head), article.owner_id))
    if article.published_id == article.head_id and article.confidence == confidence:
        raise Refused("articles.nothing_to_publish", status=409)
    with session.no_autoflush:  # one row of the queue for all that this transaction changes
        waiting = submissions.waiting(session, article.id)
    if waiting is not None:
        submissions.end(session, waiting, "superseded", article, by=by, now=now)
    let_read(session, article, article.head, confidence, now)
    upkeep.published(session, article, by=by, now=now, imported=not complete)
    audit.record(
        session,
        "article.published",
        at=now,
        by=by,
        object_type="article",
        object_id=article.id,
        revision=article.head_id,
        confidence=confidence,
    )
    guide_changes.released(session, article, now)


def let_read(
    session: Session, article: Article, revision: Revision | None, confidence: str, now: datetime
) -> None:
    """Let readers see this revision, or none but a draft, within the transaction."""
    if article.published_id is not None:
        session.execute(delete(ArticleLink).where(ArticleLink.source_id == article.id))
    article.published_id = revision.id if revision else None
    article.published_at = now if revision else None
    set_committed_value(article, "published", revision)
    article.confidence = confidence
    shown = revision or article.head
    if shown is not None:
        _show(session, article, shown, now)
    if revision is not None:
        _link(session, article, revision)


def fall_back(session: Session, article: Article, submission: Submission, *, now: datetime) -> None:
    """Take an urgent publication back within the transaction: to what was approved before, or to a draft.

    The text stays the newest revision and may still be approved.
    """
    submission.fell_back_at = now
    let_read(session, article, submission.base, submission.base_confidence, now)
    upkeep.keep_later_review(session, article, submission.base)
    told = {"submission": submission.id, "revision": submission.base_id}
    about: dict[str, Any] = {"object_type": "article", "object_id": article.id}
    audit.record(session, "article.fell_back", at=now, by=None, **about, **told)


def archive(session: Session, article: Article, *, by: int | None, now: datetime) -> None:
    """Take an article out of readers' sight, and commit; its number and history stay."""
    if article.confidence == "archived":
        raise Refused("articles.already_archived", status=409)
    waiting = submissions.waiting(session, article.id)
    if waiting is not None:
        submissions.end(session, waiting, "withdrawn", article, by=by, now=now)
        if article.confidence == UNAPPROVED:
            fall_back(session, article, waiting, now=now)
    _set_confidence(session, article, "archived", by=by, now=now)


def unarchive(session: Session, article: Article, *, by: int | None, now: datetime) -> None:
    """Bring an archived article back as unvalidated, or as the draft that it was, and commit."""
    if article.confidence != "archived":
        raise Refused("articles.not_archived", status=409)
    back = "not_validated" if article.published_id else "work_in_progress"
    _set_confidence(session, article, back, by=by, now=now)


def relink(session: Session, article: Article, text: Text, *, by: int | None, now: datetime) -> None:
    """Let the links of the newest revision lead, within the transaction; its words stay as they were."""
    if article.head is None:
        return
    audit.record(session, "article.relinked", at=now, by=by, object_type="article", object_id=article.id)
    article.head.sections, article.head.html = dict(text.sections), html_of(text)
    if article.published_id == article.head_id:
        session.execute(delete(ArticleLink).where(ArticleLink.source_id == article.id))
        _link(session, article, article.head)


def assign(
    session: Session, article: Article, owner_id: int | None, *, by: int | None, now: datetime
) -> None:
    """Give the article to another owner within the transaction. Raises Refused for one who cannot own it."""
    if owner_id != article.owner_id:
        require_owner(session, owner_id, now)
        audit.record(
            session,
            "article.assigned",
            at=now,
            by=by,
            object_type="article",
            object_id=article.id,
            owner=owner_id,
            before=article.owner_id,
        )
        article.owner_id = owner_id
        to_index(session, article.id, at=now)
        notify(session, "assigned", [owner_id], about=("article", article.id), at=now, by=by)


def require_owner(session: Session, owner_id: int | None, now: datetime) -> None:
    """Raise Refused unless this is nobody, or an active person who may write."""
    known = select(Person.id).where(Person.id == owner_id, can_act(japan_date(now)))
    if owner_id is not None and session.scalar(known) is None:
        raise Refused("articles.owner_unknown", field="owner")


def restore(
    session: Session,
    article: Article,
    revision: Revision,
    *,
    base: int,
    by: int | None,
    now: datetime,
    reason: str,
) -> None:
    """Make an old revision's text the newest revision, and commit; nothing in between is lost."""
    save(session, article, text_of(revision), base=base, by=by, now=now, reason=reason)


def check(text: Text) -> None:
    """Raise every reason why this text must not be stored: shape, and personal data (C-11)."""
    refuse_all([*text_problems(text), *personal_data.problems(fields_of(text), of=text.kind)])


def unpublishable(text: Text, owner_id: int | None) -> list[Refused]:
    """Return every reason why this text cannot be published, those of its guide last."""
    return [*publication_problems(text, owner_id), *article_guides.guide_problems(text)]


def fields_of(text: Text) -> dict[str, str]:
    """Return every place of the text where a person can write, by the name of its field."""
    rows = asdict(text)
    named = {name: rows[name] for name in ("title", "symptom", "environment")}
    named |= {name: "\n".join(rows[name]) for name in ("error_codes", "synonyms", "components")}
    return named | {f"section.{key}": value for key, value in text.sections.items()}


def shown_fields(text: Text) -> dict[str, str]:
    """Return every field of the text as lines, by the name that forms give it, in the order of the page."""
    named = fields_of(text)
    order = ("title", "symptom", "environment", "error_codes", "components")
    sections = [f"section.{section.key}" for section in KINDS[text.kind].all_sections]
    due = text.review_due.isoformat() if text.review_due else ""
    last = {"synonyms": named["synonyms"], "audience": text.audience, "review_due": due}
    return {name: named.get(name, "") for name in (*order, *sections)} | last


def masked(text: Text, policies: Collection[str]) -> Text:
    """Return the text with what falls under the policies in black squares (C-11)."""
    names = ("title", "symptom", "environment", "error_codes", "synonyms", "components", "sections")
    return replace(
        text, **{name: personal_data.masked_within(getattr(text, name), policies) for name in names}
    )


def text_of(revision: Revision) -> Text:
    """Return what the author wrote in this revision."""
    return Text(
        kind=revision.kind,
        title=revision.title,
        symptom=revision.symptom,
        error_codes=tuple(revision.error_codes),
        environment=revision.environment,
        synonyms=tuple(revision.synonyms),
        audience=revision.audience,
        components=tuple(revision.components),
        review_due=revision.review_due,
        sections=revision.sections,
    )


def html_of(text: Text) -> dict[str, str]:
    """Return the gated HTML of the text's sections, in the order of its kind; its guide left out."""
    kind, prose = KINDS[text.kind], article_guides.prose(text.kind, text.sections)
    ordered = {s.key: prose[s.key] for s in kind.all_sections if s.key in prose}
    return render(ordered, {s.key: s.label.ja for s in kind.all_sections})


def _revise(
    session: Session,
    article: Article,
    prepared: Prepared,
    *,
    by: int | None,
    now: datetime,
    reason: str,
    incident: Incident | None,
) -> Revision:
    text = prepared.text
    refuse_all(personal_data.problems({"reason": reason}))
    revision = Revision(
        article_id=article.id,
        parent_id=article.head_id,
        author_id=by,
        created_at=now,
        reason=reason,
        kind=text.kind,
        title=text.title,
        symptom=text.symptom,
        error_codes=list(text.error_codes),
        environment=text.environment,
        synonyms=list(text.synonyms),
        audience=text.audience,
        components=list(text.components),
        review_due=text.review_due,
        sections=dict(text.sections),
        html=prepared.html,
    )
    session.add(revision)
    session.flush()
    article.head_id = revision.id
    set_committed_value(article, "head", revision)
    attachments.attach(session, article, prepared.files, by=by, now=now)
    if incident is not None:
        causes.record(session, incident, article, revision, by=by, now=now)
    if article.published_id is None:
        _show(session, article, revision, now)
    else:
        article.updated_at = now
    return revision


def _show(session: Session, article: Article, revision: Revision, now: datetime) -> None:
    """Let the article's own columns repeat the revision that its readers see."""
    article.kind = revision.kind
    article.title = revision.title
    article.audience = revision.audience
    article.review_due = revision.review_due
    published = revision.id == article.published_id
    article.has_guide = published and article_guides.guide_of(revision) is not None
    article.updated_at = now
    if [component.name for component in article.components] != sorted(revision.components):
        article.components = components.named(session, revision.components)
    to_index(session, article.id, at=now)


def _link(session: Session, article: Article, revision: Revision) -> None:
    targets = linked_articles(revision.html) - {article.id}
    if not targets:
        return
    present = session.scalars(select(Article.id).where(Article.id.in_(targets)))
    session.add_all(ArticleLink(source_id=article.id, target_id=target) for target in present)


def _set_confidence(
    session: Session, article: Article, confidence: str, *, by: int | None, now: datetime
) -> None:
    article.confidence = confidence
    article.updated_at = now
    to_index(session, article.id, at=now)
    action = "article.archived" if confidence == "archived" else "article.unarchived"
    audit.record(session, action, at=now, by=by, object_type="article", object_id=article.id)
    session.commit()
