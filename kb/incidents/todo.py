"""What waits for a person today: incidents, reports to the ward, actions, lessons not yet published.

Everybody gets what is theirs, engineers what is nobody's too, and ward officers what others are late with.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from kb.domain.access import WARD_OFFICERS, WRITERS, Reader, Scope
from kb.domain.actions import SOON
from kb.domain.guide_runs import OPEN
from kb.domain.periods import japan_date
from kb.incidents import asked, guides, overdue, reviews, upkeep
from kb.incidents.acting import LEFT, next_day
from kb.incidents.overdue import Awaited
from kb.incidents.waiting import Item, Section, Sort
from kb.store import accounts
from kb.store.models import Article, GuideRun, Incident, IncidentAction, IncidentArticle, IncidentEvent
from kb.store.visibility import visible

MOST = 20
"""Rows of a section that are shown; the rest are counted."""


def sections(session: Session, reader: Reader, scope: Scope, now: datetime) -> list[Section]:
    """Return what waits for the reader, what is most pressing first; a sort with nothing is left out."""
    late = _late(session, reader, now)
    found = [_updates(late)]
    for sort in _sorts(reader, scope, now, late):
        total = _count(session, sort)
        if total:
            rows = session.execute(sort.rows.limit(MOST)).unique().all()
            found.append(Section(sort.key, total, [sort.item(row) for row in rows]))
    return [section for section in found if section.total]


def count(session: Session, reader: Reader, scope: Scope, now: datetime) -> int:
    """Return how many things wait for the reader."""
    late = _late(session, reader, now)
    return len(late) + sum(_count(session, sort) for sort in _sorts(reader, scope, now, late))


def _count(session: Session, sort: Sort) -> int:
    rows = sort.rows.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return session.scalar(rows) or 0


def _late(session: Session, reader: Reader, now: datetime) -> Sequence[Awaited]:
    """Return the overdue status updates that the reader is in charge of."""
    if reader.role not in WRITERS:
        return []
    return overdue.of_reader(overdue.awaited(session, now), reader.id, reader.role)


def _updates(late: Sequence[Awaited]) -> Section:
    items = [
        Item(
            each.incident.symptom,
            "update",
            "incidents.show",
            number=each.incident.number,
            since=each.due,
            late=True,
            args={"incident_id": each.incident.id, "_anchor": "updates"},
        )
        for each in late[:MOST]
    ]
    return Section("updates", len(late), items)


def _sorts(reader: Reader, scope: Scope, now: datetime, late: Sequence[Awaited]) -> list[Sort]:
    if reader.role not in WRITERS:
        return [_walks(reader, scope), _reports(reader)]
    today = japan_date(now)
    return [
        *_incidents(reader, today, [each.incident.id for each in late]),
        _walks(reader, scope),
        *reviews.sorts(reader, scope),
        *asked.sorts(reader),
        _actions(reader, today),
        _checks(reader, today),
        _drafts(reader, scope),
        _misled(reader, scope),
        *guides.sorts(reader, scope, today),
        *upkeep.sorts(reader, scope, today),
        _reports(reader),
    ]


def _walks(reader: Reader, scope: Scope) -> Sort:
    """Return the walks through guides that the reader holds and that are open."""
    rows = select(GuideRun, Article).join(Article, Article.id == GuideRun.article_id)
    mine = rows.where(GuideRun.person_id == reader.id, GuideRun.state == OPEN, visible(scope))

    def item(row: Any) -> Item:
        run = row.GuideRun
        why = "walk" if run.step_at else "walk_rests"
        args = {"run_id": run.id}
        number = row.Article.number
        return Item(row.Article.title, why, "guides.walk", number=number, since=run.changed_at, args=args)

    return Sort("walks", mine.order_by(GuideRun.changed_at.desc(), GuideRun.id), item)


def _reports(reader: Reader) -> Sort:
    """Return the reader's own reports in the words they wrote, whatever was changed in the incident since."""
    first = (
        select(func.min(IncidentEvent.id))
        .where(IncidentEvent.incident_id == Incident.id, IncidentEvent.kind == "change")
        .correlate(Incident)
        .scalar_subquery()
    )
    own = and_(IncidentEvent.id == first, IncidentEvent.person_id == Incident.reported_by)
    over = or_(Incident.recovered_at.is_not(None), Incident.closed_at.is_not(None))
    rows = select(Incident, IncidentEvent.text).outerjoin(IncidentEvent, own)
    mine = rows.where(Incident.reported_by == reader.id, ~over)

    def item(row: Any) -> Item:
        incident, words = row
        why, since = f"report_{incident.state}", incident.created_at
        return Item(words or incident.number, why, "incidents.reports.index", since=since)

    return Sort("reports", mine.order_by(Incident.created_at, Incident.id), item)


def _incidents(reader: Reader, today: date, shown: Sequence[int]) -> list[Sort]:
    """Return incidents that are not over, without those shown before, and those not yet closed."""
    mine: ColumnElement[bool] = or_(
        Incident.lead_id == reader.id, accounts.nobodys(Incident.lead_id, today)
    )
    rows = select(Incident).where(mine, Incident.closed_at.is_(None))
    going_on = rows.where(Incident.recovered_at.is_(None), Incident.id.not_in(shown))
    over = rows.where(Incident.recovered_at.is_not(None))

    def open_item(row: Any) -> Item:
        since = row.Incident.contacted_at or row.Incident.created_at
        why = "unassigned" if row.Incident.lead_id is None else row.Incident.state
        return _about(row.Incident, why, since)

    return [
        Sort("incidents", going_on.order_by(Incident.severity, Incident.created_at, Incident.id), open_item),
        Sort(
            "to_close",
            over.order_by(Incident.recovered_at, Incident.id),
            lambda row: _about(row.Incident, "to_close", row.Incident.recovered_at, "closing"),
        ),
    ]


def _about(incident: Incident, why: str, since: datetime | None, anchor: str | None = None) -> Item:
    args = {"incident_id": incident.id, "_anchor": anchor}
    return Item(incident.symptom, why, "incidents.show", number=incident.number, since=since, args=args)


def _mine_or_late(reader: Reader, today: date) -> ColumnElement[bool]:
    """Return the condition: the reader's own and nobody's, soon due; for ward officers whatever is late."""
    own = or_(IncidentAction.owner_id == reader.id, accounts.nobodys(IncidentAction.owner_id, today))
    soon = and_(own, next_day <= today + SOON)
    return or_(soon, next_day < today) if reader.role in WARD_OFFICERS else soon


def _actions(reader: Reader, today: date) -> Sort:
    return _of_actions("actions", IncidentAction.done_at.is_(None), reader, today)


def _checks(reader: Reader, today: date) -> Sort:
    return _of_actions("checks", IncidentAction.done_at.is_not(None), reader, today)


def _of_actions(key: str, which: ColumnElement[bool], reader: Reader, today: date) -> Sort:
    rows = select(IncidentAction).where(LEFT, which, _mine_or_late(reader, today))

    def item(row: Any) -> Item:
        action = row.IncidentAction
        due = action.due if action.done_at is None else action.check_due
        why = "reopened" if key == "actions" and action.reopened_by_id else key
        return Item(
            action.text,
            why,
            "incidents.actions.show",
            number=action.incident.number,
            due=due,
            late=due < today,
            args={"action_id": action.id},
        )

    with_incident = rows.options(joinedload(IncidentAction.incident))
    return Sort(key, with_incident.order_by(next_day, IncidentAction.id), item)


def _own_articles(reader: Reader, scope: Scope) -> ColumnElement[bool]:
    """Return the condition: the reader's own articles; for ward officers all that exist for them."""
    if reader.role in WARD_OFFICERS:
        return visible(scope)
    return and_(visible(scope), Article.owner_id == reader.id)


def _drafts(reader: Reader, scope: Scope) -> Sort:
    about = or_(Article.id == Incident.knowledge_article_id, Article.id == Incident.post_mortem_id)
    improved = and_(
        Article.id == Incident.knowledge_article_id, Incident.knowledge_revision_id > Article.published_id
    )
    rows = select(Incident, Article).join(Article, about)
    waiting = rows.where(
        Incident.closed_at.is_not(None),
        or_(Article.confidence == "work_in_progress", improved),
        _own_articles(reader, scope),
    )

    def item(row: Any) -> Item:
        return Item(
            row.Article.title,
            "draft" if row.Article.confidence == "work_in_progress" else "improved",
            "articles.show",
            number=row.Article.number,
            since=row.Incident.closed_at,
            args={"article_id": row.Article.id},
        )

    return Sort("drafts", waiting.order_by(Incident.closed_at, Incident.id, Article.id), item)


def _misled(reader: Reader, scope: Scope) -> Sort:
    newest = (
        select(func.max(IncidentArticle.id))
        .where(IncidentArticle.outcome == "misled")
        .group_by(IncidentArticle.article_id)
    )
    rows = select(IncidentArticle, Article).join(Article, Article.id == IncidentArticle.article_id)
    waiting = rows.where(
        IncidentArticle.id.in_(newest),
        Article.updated_at <= IncidentArticle.at,
        Article.confidence != "archived",
        _own_articles(reader, scope),
    )

    def item(row: Any) -> Item:
        return Item(
            row.Article.title,
            "misled",
            "articles.show",
            number=row.Article.number,
            since=row.IncidentArticle.at,
            args={"article_id": row.Article.id},
        )

    return Sort("misled", waiting.order_by(IncidentArticle.at, IncidentArticle.id), item)
