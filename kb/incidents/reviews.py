"""What waits between a draft and its readers: what somebody may decide, and what came back to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from kb.domain.access import WARD_OFFICERS, Reader, Scope
from kb.domain.periods import japan_date
from kb.incidents.waiting import Item, Sort
from kb.store import submissions
from kb.store.models import Article, Revision, Submission
from kb.store.visibility import visible


def sorts(reader: Reader, scope: Scope) -> list[Sort]:
    """Return what waits for the reader's decision, urgent ones first, and what they got back."""
    deciding = [_waiting(reader, scope)] if reader.role in WARD_OFFICERS else []
    return [*deciding, _returned(reader, scope)]


def _waiting(reader: Reader, scope: Scope) -> Sort:
    """Return what waits for a decision and holds none of the reader's own words."""
    head = Revision.id == Article.head_id
    rows = select(Submission, Article).join(Article, Article.id == Submission.article_id).join(Revision, head)
    mine = ~submissions.written_by(reader.id), Revision.audience.in_(scope.drafts), visible(scope)
    waiting = rows.where(submissions.WAITS, *mine)
    order = Submission.urgent.desc(), Submission.due_at, Submission.submitted_at, Submission.id
    return Sort("submitted", waiting.order_by(*order), lambda row: _item(row, "submitted", "submitted_at"))


def _returned(reader: Reader, scope: Scope) -> Sort:
    """Return what the reader submitted and got back, as long as nobody submitted it again."""
    newer = aliased(Submission)
    again = select(newer.id).where(newer.article_id == Submission.article_id, newer.id > Submission.id)
    rows = select(Submission, Article).join(Article, Article.id == Submission.article_id)
    back = rows.where(Submission.state == "returned", Submission.submitted_by == reader.id, ~again.exists())
    mine = back.where(visible(scope), Article.confidence != "archived")
    order = Submission.decided_at, Submission.id
    return Sort("returned", mine.order_by(*order), lambda row: _item(row, "returned", "decided_at"))


def _item(row: Any, why: str, since: str) -> Item:
    submission, article = row.Submission, row.Article
    urgent = submission.urgent and why == "submitted"
    return Item(
        article.title,
        "submitted_urgently" if urgent else why,
        "articles.reviews.show",
        number=article.number,
        since=getattr(submission, since),
        due=japan_date(submission.due_at) if urgent else None,
        late=urgent and submission.fell_back_at is not None,
        args={"article_id": article.id, "submission_id": submission.id},
    )
