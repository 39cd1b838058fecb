"""The draft of a post-mortem as Markdown, from what is on record of an incident (C-5, C-6).

Articles are in Japanese, so the draft is, too, whatever language its page is shown in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from kb.domain.articles import Label
from kb.domain.incidents import (
    ACTION_KINDS,
    CHANNELS,
    ETA_CONFIDENCES,
    EVENT_KINDS,
    LINK_OUTCOMES,
    SEVERITIES,
    STAMPS,
)
from kb.domain.periods import in_japan, japan_date, to_minute
from kb.web.locale import words_in

LINES, CHARACTERS, ENTRY = 400, 60_000, 500
"""At most so many lines and characters of a section, and characters of one text in it."""
_MARKS = re.compile(r"[\\`*\[\]]|(?<!\w)_|_(?!\w)")
_ENTITY = re.compile(r"&(?=#?\w+;)")


@dataclass(frozen=True)
class Line:
    """One line of the timeline. kind: a key of EVENT_KINDS or STAMPS, or "severity", "reopened".

    lasting: whether it stays in a draft that has no room for every note.
    """

    at: datetime
    kind: str
    text: str = ""
    lasting: bool = True


@dataclass(frozen=True)
class Told:
    """An expected recovery as it was told; off: minutes after recovery it was late (below 0 early)."""

    at: datetime
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    confidence: str = ""
    off: int | None = None


@dataclass(frozen=True)
class Span:
    """A duration: a key of clocks.toml, minutes by the wall and in contact hours."""

    name: str
    wall: int
    contact: int


@dataclass(frozen=True)
class Used:
    """An article, as its later readers may see it named, and what it was: a key of LINK_OUTCOMES."""

    number: str
    title: str
    outcome: str
    draft: bool = False


@dataclass(frozen=True)
class Planned:
    """An action: a key of ACTION_KINDS, what, until when, when it was done."""

    kind: str
    text: str
    due: date
    done: date | None = None


@dataclass(frozen=True)
class Facts:
    """What is on record of an incident, without anybody's name. Texts are as people wrote them."""

    number: str
    symptom: str
    severity: str
    channel: str
    urgent: bool = False
    reporter: str = ""
    places: Sequence[str] = ()
    components: Sequence[str] = ()
    moments: dict[str, datetime] = field(default_factory=dict)
    cause_state: str = ""
    cause: str = ""
    cause_note: str = ""
    knowledge_reason: str = ""
    no_action_reason: str = ""
    spans: Sequence[Span] = ()
    lines: Sequence[Line] = ()
    told: Sequence[Told] = ()
    actions: Sequence[Planned] = ()
    articles: Sequence[Used] = ()


def title(facts: Facts) -> str:
    """Return the article's title."""
    return _say("title", symptom=_cut(facts.symptom, 80), number=facts.number)


def sections(facts: Facts) -> dict[str, str]:
    """Return section key -> Markdown; what the record says nothing about is left for the author."""
    found = {
        "summary": _list([_say("what", symptom=_text(facts.symptom, 200), severity=_severity(facts)),
                          _how_long(facts), _why(facts)]),
        "impact": _impact(facts),
        "timeline": _timeline(facts),
        "detection": _list(_detection(facts)),
        "contributing_factors": _list(_factors(facts)),
        "measures": _list(_measures(facts)),
        "eta": _etas(facts),
        "actions": _list(_actions(facts)),
        "articles_changed": _list(_articles(facts)),
    }  # fmt: skip
    return {key: text for key, text in found.items() if text}


def _say(key: str, **values: Any) -> str:
    return words_in("ja", f"post_mortem.draft.{key}", **values)


def _ja(table: dict[str, Label], key: str) -> str:
    return table[key].ja if key in table else key


def _severity(facts: Facts) -> str:
    return _ja(SEVERITIES, facts.severity)


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _cut(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _text(text: str, most: int = ENTRY) -> str:
    """Return what somebody wrote as one line that Markdown shows as it is.

    A bracket without its partner becomes a wide one: a section may not hold too many of them.
    """
    words = _cut(text, most)
    for opening, closing, wide in (("(", ")", "（"), ("[", "]", "［")):
        if words.count(opening) > words.count(closing):
            words = words.replace(opening, wide)
    marked = _MARKS.sub(lambda match: "\\" + match[0], _ENTITY.sub("＆", words))
    return marked.replace("<", "&lt;")


def _moment(at: datetime) -> str:
    local = in_japan(at)
    return _say("moment", month=local.month, day=local.day, clock=f"{local:%H:%M}")


def _day(day: date) -> str:
    return _say("day", year=day.year, month=day.month, day=day.day)


def _minutes(minutes: int) -> str:
    """Return minutes in words; hours are not made days, for a contact day has nine of them."""
    hours, rest = divmod(minutes, 60)
    told = words_in("ja", "clocks.hours", n=hours) if hours else ""
    return told + (words_in("ja", "clocks.minutes", n=rest) if rest or not hours else "")


def _both(span: Span) -> str:
    return _say("both", wall=_minutes(span.wall), contact=_minutes(span.contact))


def _how_long(facts: Facts) -> str:
    whole = next((span for span in facts.spans if span.name == "in_all"), None)
    return _say("how_long", time=_both(whole) if whole else _say("unknown_time"))


def _cause(facts: Facts) -> str:
    if facts.cause_state == "not_found":
        return _say("cause_not_found", note=_text(facts.cause_note))
    confirmed = facts.cause_state == "confirmed" and facts.cause
    return _text(facts.cause) if confirmed else _say("cause_open")


def _why(facts: Facts) -> str:
    solved = next((used for used in facts.articles if used.outcome == "solved"), None)
    if solved is None:
        return _say("why", cause=_cause(facts))
    return _say("why_solved", cause=_cause(facts), article=_article(solved))


def _impact(facts: Facts) -> str:
    lines = [
        _say(key, names=_text("、".join(names)))
        for key, names in (("where", facts.places), ("components", facts.components))
        if names
    ]
    lines.append(_say("urgent" if facts.urgent else "severity", severity=_severity(facts)))
    lines += [
        _say("span", name=words_in("ja", f"clocks.{span.name}"), time=_both(span)) for span in facts.spans
    ]
    return _list([*lines, _say("cases")])


def _detection(facts: Facts) -> list[str]:
    lines = []
    if "detected" in facts.moments:
        lines.append(_say("detected", at=_moment(facts.moments["detected"])))
    if "contacted" in facts.moments:
        told = {"at": _moment(facts.moments["contacted"]), "channel": _ja(CHANNELS, facts.channel)}
        reporter = {"reporter": _text(facts.reporter)} if facts.reporter else {}
        lines.append(_say("contacted_by" if reporter else "contacted", **told, **reporter))
    return lines


def _factors(facts: Facts) -> list[str]:
    if not facts.cause_state:
        return []
    noted = facts.cause_note if facts.cause_state == "confirmed" else ""
    return [_say("why", cause=_cause(facts)), *([_text(noted)] if noted else [])]


def _timeline(facts: Facts) -> str:
    """Return the moments and events by day; where there is no room, the notes in the middle are left out."""
    stamped = [Line(at, key) for key, at in facts.moments.items()]
    lines = sorted([*stamped, *facts.lines], key=_place)
    kept = _fitting(lines)
    days = [
        f"**{_day(day)}**\n\n" + _list([_line(line) for line in of_day])
        for day, of_day in groupby(kept, key=lambda line: japan_date(line.at))
    ]
    if len(kept) < len(lines):
        days.append(_say("others", n=len(lines) - len(kept), number=facts.number))
    return "\n\n".join(days)


def _place(line: Line) -> tuple[datetime, int, datetime]:
    """Return where a line stands: moments are whole minutes, and what ends comes after what led to it."""
    rank = 2 if line.kind in ("recovered", "closed") else 0 if line.kind in STAMPS else 1
    return to_minute(line.at), rank, line.at


def _fitting(lines: Sequence[Line]) -> list[Line]:
    lasting = [place for place, line in enumerate(lines) if line.lasting]
    passing = [place for place, line in enumerate(lines) if not line.lasting]
    ends = [place for pair in zip(passing, reversed(passing), strict=True) for place in pair]
    kept: set[int] = set()
    room = CHARACTERS
    for place in dict.fromkeys([*lasting, *ends]):
        room -= len(_line(lines[place])) + 3
        if room < 0 or len(kept) >= LINES:
            break
        kept.add(place)
    return [lines[place] for place in sorted(kept)]


def _line(line: Line) -> str:
    told = {"at": f"{in_japan(line.at):%H:%M}", "kind": _kind(line.kind)}
    return _say("line", **told, text=_text(line.text)) if line.text else _say("bare", **told)


def _kind(kind: str) -> str:
    if kind in ("severity", "reopened"):
        return _say({"severity": "severity_name"}.get(kind, kind))
    return _ja(STAMPS if kind in STAMPS else EVENT_KINDS, kind)


def _etas(facts: Facts) -> str:
    lines = [_eta(told) for told in facts.told[:LINES]] or [_say("eta_none")]
    if len(facts.told) > LINES:
        lines.append(_say("eta_others", n=len(facts.told) - LINES))
    if "recovered" in facts.moments:
        lines.append(_say("recovered", at=_moment(facts.moments["recovered"])))
    return _list(lines)


def _eta(told: Told) -> str:
    if told.eta_to is None:
        return _say("eta_unknown", at=_moment(told.at))
    said = {
        "at": _moment(told.at),
        "eta": expected(told),
        "confidence": _ja(ETA_CONFIDENCES, told.confidence or "medium"),
    }
    return _say("eta_said", **said) if told.off is None else _say("eta_off", **said, off=_off(told.off))


def expected(told: Told) -> str:
    """Return the expected recovery in words, "" while it was unknown."""
    if told.eta_to is None:
        return ""
    if told.eta_from is None or told.eta_from == told.eta_to:
        return _say("eta_at", at=_moment(told.eta_to))
    return _say("eta_between", first=_moment(told.eta_from), last=_moment(told.eta_to))


def expectation(told: Told) -> str:
    """Return the expected recovery as a line of the timeline tells it, "" while it was unknown."""
    words = expected(told)
    return _say("expected", eta=words) if words else ""


def _off(minutes: int) -> str:
    if minutes == 0:
        return _say("within")
    return _say("late" if minutes > 0 else "early", n=abs(minutes))


def _measures(facts: Facts) -> list[str]:
    helped = [used for used in facts.articles if used.outcome in ("solved", "partly")]
    temporary = [_say("temporary", article=_article(used), outcome=_outcome(used)) for used in helped]
    return (
        temporary
        + [
            _say("permanent", text=_text(action.text, 120))
            for action in facts.actions
            if action.kind == "corrective"
        ][:LINES]
    )


def _actions(facts: Facts) -> list[str]:
    lines = []
    for action in facts.actions[:LINES]:
        told = {"kind": _ja(ACTION_KINDS, action.kind), "text": _text(action.text, 120)}
        done = {"done": _day(action.done)} if action.done else {"due": _day(action.due)}
        lines.append(_say("action_done" if action.done else "action", **told, **done))
    if not lines and facts.no_action_reason:
        lines.append(_say("no_action", reason=_text(facts.no_action_reason)))
    return lines


def _articles(facts: Facts) -> list[str]:
    made = [used for used in facts.articles if used.outcome in ("created", "updated")]
    others = [used for used in facts.articles if used not in made]
    lines = [_say("made", article=_article(used), outcome=_outcome(used)) for used in made]
    if not made:
        lines.append(_say("nothing_changed"))
        lines += [_text(facts.knowledge_reason)] if facts.knowledge_reason else []
    return lines + [_say("used", article=_article(used), outcome=_outcome(used)) for used in others][:LINES]


def _article(used: Used) -> str:
    if used.draft:
        return _say("article_draft", number=used.number)
    return _say("article", number=used.number, title=_text(used.title, 200))


def _outcome(used: Used) -> str:
    return _ja(LINK_OUTCOMES, used.outcome)
