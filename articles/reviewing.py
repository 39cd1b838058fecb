"""What a second person decides, and what an outage publishes before that: nothing is committed here.

Resources, not verbs: a submission is a row that waits and then says what became of it, who and when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from articles import causes, service
from articles.differences import lines_of
from kb.domain import personal_data, reviewing
from kb.domain.access import Reader
from kb.domain.articles import APPROVED
from kb.domain.errors import Refused, refuse_all
from kb.domain.reviewing import LONGEST_REMARK, UNAPPROVED
from kb.store import audit, submissions
from kb.store.contact_days import calendar
from kb.store.models import Article, Incident, Remark, Revision, Submission
from kb.store.notices import notify


def submit(
    session: Session, article: Article, *, base: int | None, by: int | None, now: datetime, words: str = ""
) -> Submission:
    """Put the newest revision before a second person. Raises Refused with every missing section (C-6).

    base: the revision that the person had before them. words: to whoever approves.
    """
    service.require_newest(article, base)
    service.require_in_use(article)
    if submissions.waiting(session, article.id) is not None:
        raise Refused("reviewing.waits_already", status=409)
    if article.head is None or article.published_id == article.head_id:
        raise Refused("articles.nothing_to_publish", status=409)
    refuse_all([*service.unpublishable(service.text_of(article.head), article.owner_id), *_unfit(words)])
    submission = _put(session, article, by=by, now=now, words=words)
    tell(session, "article.submitted", submission, by=by, now=now, revision=article.head_id)
    _notify(session, "submitted", submission, submissions.deciders(session, submission, now), by, now)
    return submission


def _put(session: Session, article: Article, *, by: int | None, now: datetime, words: str = "") -> Submission:
    submission = Submission(
        article_id=article.id,
        revision_id=article.head_id,
        base_id=article.published_id,
        base_confidence=article.confidence,
        submitted_by=by,
        submitted_at=now,
        words=words,
        state="waiting",
        urgent=False,
    )
    session.add(submission)
    session.flush()
    return submission


def approve(
    session: Session,
    article: Article,
    submission: Submission,
    *,
    base: int | None,
    confidence: str,
    by: int | None,
    now: datetime,
) -> None:
    """Let readers see what was submitted, as it was read.

    Raises Refused 403 for who wrote any of it, 409 for what was decided or has changed since it was read.
    """
    _require_waiting(submission)
    require_as_read(article, base)
    service.require_in_use(article)
    reviewing.require_second_person(by, submissions.writers(session, submission))
    concerned = submissions.concerned(session, submission)
    submissions.end(session, submission, "approved", article, by=by, now=now)
    session.flush()  # so that the publication finds nothing waiting
    service.release(session, article, confidence=confidence, by=by, now=now)
    tell(session, "article.approved", submission, by=by, now=now, revision=article.head_id)
    _notify(session, "approved", submission, concerned, by, now)


def send_back(
    session: Session,
    article: Article,
    submission: Submission,
    *,
    base: int | None,
    by: int | None,
    now: datetime,
    words: str = "",
) -> None:
    """Give the draft back to its author with what is to be mended; what stood urgently falls back at once.

    Raises Refused without a word and a remark: nobody can mend what nobody named.
    """
    _require_waiting(submission)
    require_as_read(article, base)
    if not words and not remark_count(session, submission):
        raise Refused("reviewing.say_why", field="decision")
    refuse_all(_unfit(words))
    submissions.end(session, submission, "returned", article, by=by, now=now, words=words)
    _end_urgent(session, article, submission, now)
    tell(session, "article.returned", submission, by=by, now=now, revision=article.head_id)
    _notify(session, "returned", submission, submissions.concerned(session, submission), by, now)


def withdraw(
    session: Session, article: Article, submission: Submission, *, by: Reader, now: datetime
) -> None:
    """Take back what was submitted; it stays a draft. What stood urgently falls back at once.

    Raises Refused 403 for who neither submitted it, nor owns the article, nor decides.
    """
    _require_waiting(submission)
    if not reviewing.may_withdraw(by, submission.submitted_by, article.owner_id):
        raise Refused("reviewing.not_theirs", status=403)
    submissions.end(session, submission, "withdrawn", article, by=by.id, now=now)
    _end_urgent(session, article, submission, now)
    tell(session, "article.withdrawn", submission, by=by.id, now=now)
    _notify(session, "withdrawn", submission, submissions.concerned(session, submission), by.id, now)


def publish_urgently(
    session: Session,
    article: Article,
    incident: Incident | None,
    *,
    base: int | None,
    by: int | None,
    now: datetime,
) -> Submission:
    """Let readers see the newest revision before anybody has approved it, because of an incident that lasts.

    It waits for a decision at the same time. Once it has fallen back, the same incident carries it no more.
    """
    service.require_newest(article, base)
    service.require_in_use(article)
    reviewing.require_outage(incident)
    if incident is None or article.head is None or article.published_id == article.head_id:
        raise Refused("articles.nothing_to_publish", status=409)
    reviewing.require_something(service.text_of(article.head))
    submission = submissions.waiting(session, article.id) or _put(session, article, by=by, now=now)
    _hurry(session, submission, incident, now)
    if article.head.incident_id is None:
        causes.record(session, incident, article, article.head, by=by, now=now)
    service.let_read(session, article, article.head, UNAPPROVED, now)
    told = {"revision": article.head_id, "incident": incident.number}
    tell(session, "article.published_urgently", submission, by=by, now=now, **told)
    deciders = submissions.deciders(session, submission, now)
    _notify(session, "published_urgently", submission, deciders, by, now)
    return submission


def _hurry(session: Session, submission: Submission, incident: Incident, now: datetime) -> None:
    """Let the submission stand urgently; another text because of the same incident gets no more time.

    Nor does one that was taken back and put forward anew, which nobody else has looked at.
    """
    first = submissions.withdrawn_due(session, submission, incident.id)
    over = submission.fell_back_at is not None and submission.incident_id == incident.id
    if (submission.urgent and over) or (first is not None and first <= now):
        raise Refused("reviewing.fell_back", status=409)
    if not submission.urgent or submission.fell_back_at is not None:
        submission.due_at = first or reviewing.approve_by(now, calendar(session)).astimezone(UTC)
    submission.urgent, submission.incident_id, submission.fell_back_at = True, incident.id, None


def lapse(session: Session, now: datetime) -> None:
    """Take back every urgent publication that nobody approved in time."""
    for submission in submissions.overdue(session, now):
        service.fall_back(session, submission.article, submission, now=now)
        _notify(session, "fell_back", submission, submissions.concerned(session, submission), None, now)


def _end_urgent(session: Session, article: Article, submission: Submission, now: datetime) -> None:
    if article.confidence == UNAPPROVED:
        service.fall_back(session, article, submission, now=now)


def remark(
    session: Session,
    article: Article,
    submission: Submission,
    place: tuple[str, int],
    words: str,
    *,
    base: int | None,
    by: int | None,
    now: datetime,
) -> Remark:
    """Say something of one line of what is read. place: (field as forms name it, line from 1)."""
    _require_waiting(submission)
    require_as_read(article, base)
    field, line = place
    text = service.text_of(article.head) if article.head else None
    lines = lines_of(service.shown_fields(text).get(field, "")) if text else []
    if not 1 <= line <= len(lines):
        raise Refused("reviewing.no_such_line", status=404)
    if not words:
        raise Refused("reviewing.remark_empty", field="remark")
    refuse_all(_unfit(words, "remark"))
    row = Remark(
        submission_id=submission.id,
        revision_id=article.head_id,
        field=field,
        line=line,
        quote=lines[line - 1],
        words=words,
        person_id=by,
        at=now,
    )
    session.add(row)
    session.flush()
    tell(session, "article.remarked", submission, by=by, now=now, fields=[field], line=line)
    return row


def withdraw_remark(
    session: Session, submission: Submission, remark_id: int, *, by: int | None, now: datetime
) -> None:
    """Take a remark of one's own back while the submission waits. Raises Refused 404 for another's."""
    _require_waiting(submission)
    row = session.get(Remark, remark_id)
    if row is None or row.submission_id != submission.id or row.person_id != by:
        raise Refused("articles.not_found", status=404)
    tell(session, "article.remark_withdrawn", submission, by=by, now=now, fields=[row.field], line=row.line)
    session.delete(row)


def remark_count(session: Session, submission: Submission) -> int:
    """Return how many remarks a submission has."""
    rows = select(func.count()).select_from(Remark).where(Remark.submission_id == submission.id)
    return session.scalar(rows) or 0


def remarks(session: Session, submission: Submission) -> Sequence[Remark]:
    """Return the remarks on a submission in the order of their lines."""
    rows = select(Remark).where(Remark.submission_id == submission.id)
    people = joinedload(Remark.person), joinedload(Remark.revision)
    return session.scalars(rows.order_by(Remark.field, Remark.line, Remark.id).options(*people)).all()


def require_as_read(article: Article, base: int | None) -> None:
    """Raise Refused 409 if the draft is no longer the revision that was read."""
    if base is None or base != article.head_id:
        raise Refused("reviewing.changed", status=409)


def require_confidence(confidence: str) -> None:
    """Raise Refused for a confidence that an approval cannot give."""
    if confidence not in APPROVED:
        raise Refused("reviewing.no_confidence", field="confidence")


def _require_waiting(submission: Submission) -> None:
    if submission.state != "waiting":
        raise Refused("reviewing.decided", status=409)


def _unfit(words: str, field: str = "decision") -> list[Refused]:
    found = personal_data.problems({field: words})
    if len(words) > LONGEST_REMARK:
        found.append(Refused("articles.too_long", field=field, most=LONGEST_REMARK))
    return found


def tell(
    session: Session, action: str, submission: Submission, *, by: int | None, now: datetime, **detail: Any
) -> None:
    """Write the audit row of what became of a submission."""
    about: dict[str, Any] = {"object_type": "article", "object_id": submission.article_id}
    audit.record(session, action, at=now, by=by, **about, submission=submission.id, **detail)


def _notify(
    session: Session, what: str, submission: Submission, people: Iterable[int], by: int | None, now: datetime
) -> None:
    notify(session, what, people, about=("article", submission.article_id), at=now, by=by)


def written_since(session: Session, submission: Submission) -> Sequence[Revision]:
    """Return the revisions that were saved after the draft was submitted, oldest first."""
    rows = select(Revision).where(
        Revision.article_id == submission.article_id, Revision.id > submission.revision_id
    )
    return session.scalars(rows.order_by(Revision.id).options(joinedload(Revision.author))).all()


def of_revisions(
    session: Session, article: Article, shown: Iterable[Revision]
) -> dict[int, dict[str, list[Submission]]]:
    """Return by revision which submissions began with it ("submitted") and approved it ("approved")."""
    ids = [revision.id for revision in shown]
    rows = select(Submission).where(
        Submission.article_id == article.id,
        or_(Submission.revision_id.in_(ids), Submission.decided_revision_id.in_(ids)),
    )
    found: dict[int, dict[str, list[Submission]]] = defaultdict(lambda: defaultdict(list))
    people = joinedload(Submission.submitter), joinedload(Submission.decider)
    for row in session.scalars(rows.order_by(Submission.id).options(*people)):
        found[row.revision_id]["submitted"].append(row)
        if row.state == "approved" and row.decided_revision_id is not None:
            found[row.decided_revision_id]["approved"].append(row)
    return found
