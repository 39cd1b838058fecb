"""Incidents: their states and stamps, and what must be there before one closes.

Sources: contract C-1 to C-6; ITIL 4 (incident, workaround), KCS v6 (linking: reuse, improve, create).
Everything that people choose from is a table here: forms, pages, import, export and tests read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from kb.domain.articles import Label
from kb.domain.errors import Refused
from kb.domain.periods import EARLIEST

SEVERITIES: dict[str, Label] = {
    "P1": Label("P1 窓口が止まっている", "P1 counters stopped"),
    "P2": Label("P2 支障が出ている", "P2 degraded"),
    "P3": Label("P3 機器1台の不具合", "P3 one device"),
    "P4": Label("P4 問い合わせ", "P4 question"),
}
STATES: dict[str, Label] = {
    "waiting": Label("着手前", "Not started"),
    "recovering": Label("復旧作業中", "Recovering"),
    "recovered": Label("復旧済み・振り返り待ち", "Recovered, not closed"),
    "closed": Label("完了", "Closed"),
}
CHANNELS: dict[str, Label] = {
    "phone": Label("電話", "Telephone"),
    "counter": Label("窓口で口頭", "At the counter"),
    "mail": Label("メール", "E-mail"),
    "page": Label("この画面から", "This site"),
    "monitor": Label("監視", "Monitoring"),
}
STAMPS: dict[str, Label] = {
    "detected": Label("検知", "Detected"),
    "contacted": Label("連絡受付", "Contact received"),
    "started": Label("復旧着手", "Recovery started"),
    "recovered": Label("復旧", "Recovered"),
    "closed": Label("完了", "Closed"),
}
"""In the order in which they must lie; the column is `<key>_at`."""

EVENT_KINDS: dict[str, Label] = {
    "note": Label("メモ", "Note"),
    "stamp": Label("時刻", "Time"),
    "change": Label("変更", "Change"),
    "update": Label("状況報告", "Status update"),
    "visit": Label("訪問", "Visit"),
    "visit_end": Label("退去", "Left"),
    "step": Label("試した手順", "Step tried"),
    "article": Label("記事", "Article"),
    "called_in": Label("応援要請", "Called in"),
    "action": Label("処置", "Action"),
    "correction": Label("訂正", "Correction"),
}
WRITTEN_KINDS = ("note", "step", "called_in")
"""The kinds that a person chooses when sending a line; the others come from what they do."""

LINK_OUTCOMES: dict[str, Label] = {
    "solved": Label("解決した", "Solved"),
    "partly": Label("一部役立った", "Partly"),
    "not_helped": Label("試したが直らなかった", "Tried, did not help"),
    "misled": Label("誤った方向に導いた", "Misled"),
    "created": Label("この障害から作成", "Created from this"),
    "updated": Label("この障害から更新", "Updated from this"),
}
MADE = frozenset({"created", "updated"})
"""The outcomes of a link of part "made"; the others are of part "use"."""

ETA_CONFIDENCES: dict[str, Label] = {
    "high": Label("ほぼ確実", "Almost certain"),
    "medium": Label("おそらく", "Likely"),
    "low": Label("変わることがある", "May change"),
}
KNOWLEDGE_OUTCOMES: dict[str, Label] = {
    "reused": Label("既存の記事をそのまま使った", "Reused unchanged"),
    "improved": Label("記事を改善した", "Improved an article"),
    "new": Label("新しい記事を書いた", "Wrote a new article"),
    "none": Label("なし（理由が必要）", "None (say why)"),
}
CAUSE_STATES: dict[str, Label] = {
    "confirmed": Label("原因を確認した", "Confirmed"),
    "not_found": Label("特定できなかった（理由が必要）", "Not found (say why)"),
}
ACTION_KINDS: dict[str, Label] = {
    "corrective": Label("是正処置", "Corrective"),
    "preventive": Label("予防処置", "Preventive"),
    "detection": Label("検知の改善", "Detection"),
    "procedure": Label("手順の改善", "Procedure"),
}
EFFECTS: dict[str, Label] = {
    "effective": Label("効果あり", "Effective"),
    "not_effective": Label("効果なし", "Not effective"),
    "unknown": Label("判断できない", "Unknown"),
}
ACTION_DAYS = {"P1": 15, "P2": 30, "P3": 60, "P4": 60}
"""Days until an action is due, by the incident's severity."""
EFFECT_DAYS = 90
"""Days after an action is done until its effect is checked; the window of recurrence, too."""
LONGEST = {"symptom": 2_000, "text": 4_000, "entry": 200, "entries": 50}
"""Characters at most (entries: how many offices, counters or components)."""
FUTURE_ALLOWED = timedelta(minutes=5)
"""Clocks differ; what lies further ahead has not happened."""


def incident_number(year: int, serial: int) -> str:
    """Return the number people quote on the telephone: INC-2027-0001."""
    return f"INC-{year:04d}-{serial:04d}"


@dataclass(frozen=True)
class Stamps:
    """The moments of an incident, aware; None for what has not happened or was not noticed."""

    detected: datetime | None = None
    contacted: datetime | None = None
    started: datetime | None = None
    recovered: datetime | None = None
    closed: datetime | None = None


def stamp_problems(stamps: Stamps, now: datetime) -> list[Refused]:
    """Return a refusal for each moment that cannot be and each two neighbours in the wrong order."""
    known = [(key, moment) for key in STAMPS if (moment := getattr(stamps, key)) is not None]
    found = [
        Refused("incidents.stamp_in_future", stamp=key, field=f"{key}_at")
        for key, moment in known
        if moment > now + FUTURE_ALLOWED
    ]
    found += [
        Refused("incidents.stamp_too_early", stamp=key, year=EARLIEST.year, field=f"{key}_at")
        for key, moment in known
        if moment < EARLIEST
    ]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            found.append(
                Refused("incidents.stamp_order", stamp=later, stamp_before=earlier, field=f"{later}_at")
            )
    return found


def action_due(severity: str, recovered: date) -> date:
    """Return the day until which an action is to be done, unless somebody names another (C-5)."""
    return recovered + timedelta(days=ACTION_DAYS[severity])


@dataclass(frozen=True)
class Closing:
    """What the close gate looks at.

    knowledge_article, knowledge_revision: whether one is named. actions: how many there are.
    """

    cause_state: str = ""
    cause: str = ""
    cause_note: str = ""
    recovered: bool = False
    knowledge_outcome: str = ""
    knowledge_article: bool = False
    knowledge_revision: bool = False
    knowledge_reason: str = ""
    actions: int = 0
    no_action_reason: str = ""


def closing_problems(closing: Closing) -> list[Refused]:
    """Return everything that is missing before the incident can close, in the page's order (C-5, C-6)."""
    missing = []
    if not closing.recovered:
        missing.append("recovered_at")
    missing += _cause_missing(closing) + _knowledge_missing(closing)
    if not closing.actions and not closing.no_action_reason.strip():
        missing.append("actions")
    return [Refused(f"incidents.closing.{field}", field=field) for field in missing]


def _cause_missing(closing: Closing) -> list[str]:
    if closing.cause_state == "confirmed":
        return [] if closing.cause.strip() else ["cause"]
    if closing.cause_state == "not_found":
        return [] if closing.cause_note.strip() else ["cause_note"]
    return ["cause_state"]


def _knowledge_missing(closing: Closing) -> list[str]:
    outcome = closing.knowledge_outcome
    if outcome == "none":
        return [] if closing.knowledge_reason.strip() else ["knowledge_reason"]
    if outcome not in KNOWLEDGE_OUTCOMES:
        return ["knowledge_outcome"]
    if not closing.knowledge_article:
        return ["knowledge_article"]
    return ["knowledge_revision"] if outcome == "improved" and not closing.knowledge_revision else []
