"""The post-mortem of an incident: its draft, ready to be saved as an article, and where it is (C-5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask_login import current_user
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.articles import KINDS, LONGEST, READABLE
from kb.domain.incidents import LINK_OUTCOMES, MADE, SEVERITIES
from kb.domain.people import ROLES
from kb.domain.periods import japan_date, to_minute
from kb.domain.updates import eta_error
from kb.incidents import acting, drafting
from kb.incidents.changing import stamps_of
from kb.incidents.clocks import clocks
from kb.incidents.drafting import Facts, Line, Planned, Span, Told, Used
from kb.incidents.nameless import Named, replacing_names
from kb.store import post_mortems
from kb.store.contact_days import calendar
from kb.store.models import Article, Incident, IncidentArticle, IncidentEvent, IncidentUpdate, Person
from kb.store.visibility import visible

NAMED_FOR = ("staff", "engineer")
"""Audiences whose articles a post-mortem, written for engineers, may name."""
PASSING = frozenset({"note", "step"})
Nameless = Callable[[str], str]


def panel(session: Session, incident: Incident, scope: Scope, now: datetime) -> dict[str, Any]:
    """Return the post-mortem that exists for the reader; else, after recovery, the fields of its draft."""
    present = post_mortems.of_incident(session, incident, scope)
    wanted = present is None and incident.recovered_at is not None
    draft = list(fields(facts(session, incident, scope, now), incident, now)) if wanted else []
    return {"post_mortem": present, "post_mortem_draft": draft}


def fields(facts: Facts, incident: Incident, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield name and value of each field that the form of a new article posts."""
    kind = KINDS[post_mortems.KIND]
    yield "kind", kind.key
    yield "title", drafting.title(facts)
    yield "symptom", facts.symptom[: LONGEST["symptom"]]
    yield "environment", "、".join(facts.places or facts.components)[: LONGEST["environment"]]
    yield "components", "\n".join(facts.components)
    yield "audience", "engineer"
    yield "review_due", (japan_date(now) + timedelta(days=kind.review_days)).isoformat()
    yield "owner_id", str(current_user.id or "")
    yield "incident", str(incident.id)
    yield "action", "save"
    for key, text in drafting.sections(facts).items():
        yield f"section.{key}", text


def facts(session: Session, incident: Incident, scope: Scope, now: datetime) -> Facts:
    """Return what is on record of an incident, people's names replaced by their roles."""
    events = _events(session, incident)
    actions = acting.of_incident(session, incident.id)
    said = [event.text for event in events] + [action.text for action in actions]
    own = ("symptom", "reporter", "cause", "cause_note", "knowledge_reason", "no_action_reason")
    texts = {name: getattr(incident, name) for name in own}
    places = [*incident.offices, *incident.counters]
    nameless = replacing_names(_people(session), "\n".join([*texts.values(), *places, *said]))
    articles = _articles(session, incident, scope)
    moments = {key: at for key, at in vars(stamps_of(incident)).items() if at is not None}
    return Facts(
        **{name: nameless(text) for name, text in texts.items()},
        number=incident.number,
        severity=incident.severity,
        urgent=incident.urgent,
        channel=incident.channel,
        places=[nameless(place) for place in places],
        components=[component.name for component in incident.components],
        moments=moments,
        cause_state=incident.cause_state,
        spans=_spans(session, incident, now),
        lines=list(_lines(events, dict(articles), nameless)),
        told=_told(session, incident),
        actions=[Planned(a.kind, nameless(a.text), a.due, _day(a.done_at)) for a in actions],
        articles=[used for _, used in articles],
    )


def _people(session: Session) -> Iterator[Named]:
    for name, role in session.execute(select(Person.name, Person.role).order_by(Person.id)):
        yield Named(name, ROLES[role].ja if role in ROLES else role)


def _day(moment: datetime | None) -> date | None:
    return japan_date(moment) if moment else None


def _spans(session: Session, incident: Incident, now: datetime) -> list[Span]:
    found = clocks(incident, calendar(session), now)
    return [Span(each.name, each.wall, each.contact) for each in found if not each.running]


def _events(session: Session, incident: Incident) -> Sequence[Row[Any]]:
    rows = select(
        IncidentEvent.id,
        IncidentEvent.at,
        IncidentEvent.kind,
        IncidentEvent.text,
        IncidentEvent.about_id,
        IncidentEvent.data,
    ).where(IncidentEvent.incident_id == incident.id, IncidentEvent.kind.not_in(("stamp", "action")))
    return session.execute(rows.order_by(IncidentEvent.at, IncidentEvent.id)).all()


def _lines(events: Sequence[Row[Any]], articles: dict[int, Used], nameless: Nameless) -> Iterator[Line]:
    """Yield a line for each event, a correction in the place of what it corrects.

    Of a visit only that it was: who came, and with whom it was agreed, are people.
    """
    corrections = sorted((event for event in events if event.kind == "correction"), key=lambda row: row.id)
    words = {event.about_id: event.text for event in corrections}
    for event in events:
        text = nameless(words.get(event.id, event.text))
        if event.kind == "change":
            yield from _changes(event, text)
        elif event.kind == "article":
            yield from _uses(event, articles)
        elif event.kind == "update":
            expected = _expected(event)
            yield Line(event.at, "update", f"{text}（{expected}）" if expected else text)
        elif event.kind != "correction":
            yield Line(event.at, event.kind, text, lasting=event.kind not in PASSING)


def _changes(event: Row[Any], reason: str) -> Iterator[Line]:
    """Yield what a change means for how it went on: another severity, or that it began again."""
    changed = event.data.get("fields", {}).get("severity", ())
    if len(changed) == 2:
        before, after = (SEVERITIES[key].ja if key in SEVERITIES else str(key) for key in changed)
        yield Line(event.at, "severity", f"{before} → {after}")
    if event.data.get("reopened"):
        yield Line(event.at, "reopened", reason)


def _uses(event: Row[Any], articles: dict[int, Used]) -> Iterator[Line]:
    used, outcome = articles.get(event.data.get("article_id", 0)), event.data.get("outcome")
    if used and outcome in LINK_OUTCOMES and outcome not in MADE:
        words = f"{used.number}「{used.title}」" if not used.draft else used.number
        yield Line(event.at, "article", f"{words} — {LINK_OUTCOMES[outcome].ja}")


def _expected(event: Row[Any]) -> str:
    first, last = (event.data.get(name) for name in ("eta_from", "eta_to"))
    told = Told(event.at, *(datetime.fromisoformat(at) if at else None for at in (first, last)))
    return drafting.expectation(told)


def _told(session: Session, incident: Incident) -> list[Told]:
    rows = select(IncidentUpdate).where(IncidentUpdate.incident_id == incident.id)
    updates = session.scalars(rows.order_by(IncidentUpdate.at, IncidentUpdate.id))
    return [
        Told(each.at, each.eta_from, each.eta_to, each.confidence, _off(each, incident.recovered_at))
        for each in updates
        if incident.recovered_at is None or to_minute(each.at) <= incident.recovered_at
    ]


def _off(update: IncidentUpdate, recovered: datetime | None) -> int | None:
    if update.eta_to is None or recovered is None:
        return None
    return eta_error(update.eta_from or update.eta_to, update.eta_to, recovered)


def _articles(session: Session, incident: Incident, scope: Scope) -> list[tuple[int, Used]]:
    """Return the linked articles that a post-mortem may name: none that its readers may not know of.

    Of a draft only the number: its title is nobody else's yet.
    """
    rows = (
        select(Article, IncidentArticle.outcome)
        .join(IncidentArticle, IncidentArticle.article_id == Article.id)
        .where(
            IncidentArticle.incident_id == incident.id,
            Article.audience.in_(NAMED_FOR),
            Article.confidence != "archived",
            visible(scope),
        )
    )
    return [
        (article.id, Used(article.number, article.title, outcome, article.confidence not in READABLE))
        for article, outcome in session.execute(rows.order_by(IncidentArticle.at, IncidentArticle.id))
    ]
