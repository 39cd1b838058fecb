"""The numbers of a month or a fiscal year, as tables: the page, its charts and its files show the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.actions import cause_key
from kb.domain.articles import article_number
from kb.domain.incidents import EFFECT_DAYS, SEVERITIES
from kb.domain.periods import JAPAN, japan_date
from kb.domain.worktime import Calendar
from kb.incidents import eta
from kb.incidents.clocks import Clock, clock
from kb.store.models import (
    Article,
    AuditRow,
    Component,
    Incident,
    IncidentAction,
    IncidentArticle,
    incident_components,
)
from kb.store.visibility import visible

began_at: ColumnElement[datetime] = func.coalesce(
    Incident.contacted_at, Incident.detected_at, Incident.created_at, type_=Incident.created_at.type
)
"""When the ward met an incident: `recurrence.began` as SQL."""
SPANS = ("to_start", "in_all")
"""The durations that are counted, of `clocks.DURATIONS`."""
CLOCK_KINDS = {"wall": "minutes", "contact": "contact"}
NO_COMPONENT = 0
COUNTED = ("id", "severity", "contacted_at", "started_at", "recovered_at")
LEARNT = ("id", "created_at", "closed_at", "knowledge_outcome", "knowledge_article_id", "post_mortem_id")
IN_USE = ("solved", "partly", "not_helped", "misled")


@dataclass(frozen=True)
class Period:
    """A month, or a fiscal year from April. first, last: days in Japan, both inside."""

    first: date
    last: date
    yearly: bool

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=JAPAN)

    @property
    def end(self) -> datetime:
        """The moment after the last."""
        after = self.last + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=JAPAN)


def month(year: int, number: int) -> Period:
    """Return a month."""
    following = date(year + number // 12, number % 12 + 1, 1)
    return Period(date(year, number, 1), following - timedelta(days=1), False)


def fiscal_year(year: int) -> Period:
    """Return the fiscal year that begins in April of this year."""
    return Period(date(year, 4, 1), date(year + 1, 3, 31), True)


def fiscal_year_of(day: date) -> int:
    """Return the year in which the fiscal year of this day began."""
    return day.year - (day.month < 4)


@dataclass(frozen=True)
class Table:
    """Some of the numbers. columns: (key of words, kind of value); rows: a value for each column.

    kinds: text, severity, measure, count, minutes, contact, rate (0 to 100), decimal, article.
    A value of None is one that nobody knows.
    chart: the place of the column that the chart draws, or None.
    """

    key: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Any]]
    chart: int | None = None


@dataclass(frozen=True)
class Asked:
    """What the numbers are asked for. now: what still runs is left out, what is overdue is not."""

    session: Session
    scope: Scope
    calendar: Calendar
    period: Period
    now: datetime

    @cached_property
    def incidents(self) -> Sequence[Row[Any]]:
        """The incidents that began in the period: what COUNTED names, since a year has many."""
        columns = (getattr(Incident, name) for name in COUNTED)
        rows = select(*columns).where(_within(began_at, self.period)).order_by(began_at, Incident.id)
        return self.session.execute(rows).all()

    @cached_property
    def spans(self) -> dict[tuple[int, str], Clock]:
        """(incident, name of SPANS) -> how long it took; without what still runs."""
        found = {
            (one.id, name): clock(one, name, self.calendar, None) for one in self.incidents for name in SPANS
        }
        return {key: span for key, span in found.items() if span is not None}


def tables(asked: Asked) -> list[Table]:
    """Return every table of the period, in the page's order."""
    return [make(asked) for make in TABLES]


def _within(column: Any, period: Period) -> ColumnElement[bool]:
    return and_(column >= period.start, column < period.end)


def by_severity(asked: Asked) -> Table:
    """How many, and how long by both clocks (medians)."""
    columns = [("severity", "severity"), ("count", "count"), ("recovered", "count")]
    columns += [(f"{name}_{which}", CLOCK_KINDS[which]) for name in SPANS for which in CLOCK_KINDS]
    found = asked.incidents
    groups = [(severity, [one for one in found if one.severity == severity]) for severity in SEVERITIES]
    rows = [[severity, *_clocked(asked, rows)] for severity, rows in [*groups, ("", list(found))]]
    return Table("severity", columns, rows, 1)


def _clocked(asked: Asked, rows: Sequence[Row[Any]]) -> list[Any]:
    numbers: list[Any] = [len(rows), sum(one.recovered_at is not None for one in rows)]
    for name in SPANS:
        found = [asked.spans[one.id, name] for one in rows if (one.id, name) in asked.spans]
        numbers += [_minutes(each.wall for each in found), _minutes(each.contact for each in found)]
    return numbers


def _minutes(values: Iterable[int]) -> int | None:
    middle = _median(values)
    return None if middle is None else round(middle)


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return median(known) if known else None


def by_month(asked: Asked) -> Table:
    """The months of the fiscal year, so that one month is seen among the others."""
    year = fiscal_year(fiscal_year_of(asked.period.first))
    rows = asked.session.execute(select(began_at, Incident.severity).where(_within(began_at, year)))
    counted = Counter((japan_date(at).replace(day=1), severity) for at, severity in rows)
    months = [date(year.first.year + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(12)]
    shown = []
    for first in months:
        each = [counted[first, severity] for severity in SEVERITIES]
        shown.append([f"{first:%Y-%m}", sum(each), *each])
    columns = [("month", "text"), ("count", "count"), *((severity, "count") for severity in SEVERITIES)]
    return Table("months", columns, shown, 1)


def by_component(asked: Asked) -> Table:
    """The systems and devices, the most affected first; an incident of two counts for both."""
    groups: dict[str, list[int]] = defaultdict(list)
    named = select(Component.name, Incident.id).join(Incident.components)
    for name, number in asked.session.execute(named.where(_within(began_at, asked.period))):
        groups[name].append(number)
    rows = []
    for name, found in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        spans = [asked.spans[number, "in_all"] for number in found if (number, "in_all") in asked.spans]
        total = sum(each.wall for each in spans), sum(each.contact for each in spans)
        rows.append([name, len(found), *(total if spans else (None, None))])
    columns = [("component", "text"), ("count", "count"), ("sum_wall", "minutes"), ("sum_contact", "contact")]
    return Table("components", columns, rows, 1)


def eta_accuracy(asked: Asked) -> Table:
    """How far expected times were off, by class (C-4)."""
    errors = eta.eta_errors(asked.session, asked.incidents)
    names = ("count", "within", "early", "late")
    columns = [("severity", "severity"), *((f"eta_{name}", "count") for name in names)]
    columns += [("eta_median", "minutes"), ("eta_worst", "late_minutes")]
    rows = [
        [row.severity, *(getattr(row, name) for name in names), round(row.median_minutes), row.worst_minutes]
        for row in eta.by_class(errors)
    ]
    return Table("eta", columns, rows)


def learning(asked: Asked) -> Table:
    """What the incidents closed in the period gave back, and whether they came back."""
    columns = (getattr(Incident, name) for name in LEARNT)
    closed = asked.session.execute(
        select(*columns).where(_within(Incident.closed_at, asked.period)).order_by(Incident.id)
    ).all()
    linked = _linked(asked, [one.id for one in closed])
    outcomes = Counter(one.knowledge_outcome for one in closed)
    known = outcomes["reused"] + outcomes["improved"]
    rows: list[list[Any]] = [
        ["closed", len(closed), "count"],
        ["linked", linked, "count"],
        ["link_rate", _rate(linked, len(closed)), "rate"],
        ["new", outcomes["new"], "count"],
        ["known", known, "count"],
        ["new_to_known", round(outcomes["new"] / known, 2) if known else None, "decimal"],
        ["publish_days", _days_to_lesson(asked, closed), "decimal"],
    ]
    return Table("learning", MEASURES, [*rows, *_actions(asked), *_recurrence(asked)])


MEASURES = [("measure", "measure"), ("value", "measured")]


def _rate(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _linked(asked: Asked, ids: Sequence[int]) -> int:
    rows = (
        select(func.count(func.distinct(IncidentArticle.incident_id)))
        .join(Article, Article.id == IncidentArticle.article_id)
        .where(IncidentArticle.incident_id.in_(ids), visible(asked.scope))
    )
    return asked.session.scalar(rows) or 0


def _days_to_lesson(asked: Asked, closed: Sequence[Row[Any]]) -> float | None:
    """Return the median days from closing to the first publication of what was learnt after it began."""
    made = [(one, _lessons(one)) for one in closed]
    ids = {number for _, lessons in made for number in lessons}
    rows = (
        select(AuditRow.object_id, AuditRow.at)
        .join(Article, Article.id == AuditRow.object_id)
        .where(AuditRow.action == "article.published", AuditRow.object_id.in_(ids), visible(asked.scope))
    )
    published: dict[int, list[datetime]] = defaultdict(list)
    for number, at in asked.session.execute(rows):
        published[number].append(at)
    days = []
    for one, lessons in made:
        after = [at for number in lessons for at in published[number] if at >= one.created_at]
        if after and one.closed_at:
            days.append(max(0.0, (min(after) - one.closed_at) / timedelta(days=1)))
    middle = _median(days)
    return None if middle is None else round(middle, 1)


def _lessons(incident: Row[Any]) -> set[int]:
    made = {incident.post_mortem_id}
    if incident.knowledge_outcome in ("new", "improved"):
        made.add(incident.knowledge_article_id)
    return {number for number in made if number is not None}


def _actions(asked: Asked) -> list[list[Any]]:
    """Return the actions that were due in the period, and how many of them were done in time (C-5)."""
    last = min(asked.period.last, japan_date(asked.now))
    rows = select(IncidentAction.due, IncidentAction.done_at).where(
        IncidentAction.due.between(asked.period.first, last)
    )
    due = asked.session.execute(rows).all()
    done = sum(at is not None and japan_date(at) <= day for day, at in due)
    return [
        ["actions_due", len(due), "count"],
        ["actions_done", done, "count"],
        ["actions_rate", _rate(done, len(due)), "rate"],
    ]


def _recurrence(asked: Asked) -> list[list[Any]]:
    """Return how many incidents of the period had a cause that was there in the 90 days before.

    The same cause is that of `actions.same_cause`: the same label, and a component in common or none at all.
    """
    window = timedelta(days=EFFECT_DAYS)
    confirmed = again = 0
    for group in _causes(asked, asked.period.start - window):
        last: dict[int, datetime] = {}
        for at, parts in group:
            places = parts or {NO_COMPONENT}
            if at >= asked.period.start:
                confirmed += 1
                again += any(place in last and at - last[place] <= window for place in places)
            last |= dict.fromkeys(places, at)
    return [
        ["confirmed", confirmed, "count"],
        ["recurred", again, "count"],
        ["recurrence_rate", _rate(again, confirmed), "rate"],
    ]


def _causes(asked: Asked, since: datetime) -> Iterable[list[tuple[datetime, set[int]]]]:
    """Return, for each confirmed cause, its incidents until the period's end: (began, components)."""
    rows = select(Incident.id, Incident.cause, began_at.label("began")).where(
        Incident.cause_state == "confirmed", began_at >= since, began_at < asked.period.end
    )
    found = asked.session.execute(rows.order_by(began_at, Incident.id)).all()
    links = incident_components.c
    parts: dict[int, set[int]] = defaultdict(set)
    wanted = rows.with_only_columns(Incident.id).scalar_subquery()
    linked = select(links.incident_id, links.component_id).where(links.incident_id.in_(wanted))
    for number, component in asked.session.execute(linked):
        parts[number].add(component)
    groups: dict[str | int, list[tuple[datetime, set[int]]]] = defaultdict(list)
    for number, cause, at in found:
        groups[cause_key(cause) or number].append((at, parts[number]))  # a label of signs alone is no other's
    return groups.values()


def reuse(asked: Asked) -> Table:
    """Which articles were used in incidents, and how often they solved them; of those the reader may see."""
    used = func.count()
    solved = func.sum(case((IncidentArticle.outcome == "solved", 1), else_=0))
    rows = (
        select(Article.id, Article.title, used, solved, func.max(IncidentArticle.at))
        .join(IncidentArticle, IncidentArticle.article_id == Article.id)
        .where(IncidentArticle.outcome.in_(IN_USE), _within(IncidentArticle.at, asked.period))
        .where(visible(asked.scope))
        .group_by(Article.id, Article.title)
        .order_by(used.desc(), Article.id)
    )
    shown = [
        [article_number(number), title, count, good, _rate(good, count), japan_date(last).isoformat()]
        for number, title, count, good, last in asked.session.execute(rows)
    ]
    columns = [("article", "article"), ("title", "text"), ("used", "count"), ("solved", "count")]
    return Table("reuse", [*columns, ("solved_rate", "rate"), ("last_used", "text")], shown)


TABLES: tuple[Callable[[Asked], Table], ...] = (
    by_severity,
    by_month,
    by_component,
    eta_accuracy,
    learning,
    reuse,
)
