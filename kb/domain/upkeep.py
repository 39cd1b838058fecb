"""Keeping articles true: verifying, flagging, and which kinds a release puts in question.

Sources: contract C-6 (know-how that holds), C-8 and C-9 (what a release changes is looked at again).
"""

from __future__ import annotations

from datetime import date, timedelta

from kb.domain.articles import KINDS, Label
from kb.domain.errors import Refused

LONGEST_AGAINST = 200
LONGEST_MESSAGE = 2_000
FURTHEST = timedelta(days=2 * 366)
"""Nothing is called true for longer than this without being looked at."""

TELLS_THE_PAST = frozenset({"post_mortem", "release_note"})
"""Kinds that say what was: no later release makes them untrue, so none is marked."""

FLAG_KINDS: dict[str, Label] = {
    "not_fixed": Label("直らなかった", "It did not fix it"),
    "outdated": Label("古い", "Out of date"),
    "wrong": Label("間違い", "Wrong"),
    "unclear": Label("分かりにくい", "Hard to understand"),
}
MARK_ENDS: dict[str, Label] = {
    "verified": Label("確認した", "Verified"),
    "revised": Label("直した", "Revised"),
    "not_affected": Label("当たらない", "Not affected"),
}


def is_marked_by_releases(kind: str) -> bool:
    """Return whether a release that names its component puts an article of this kind in question."""
    return kind not in TELLS_THE_PAST


def next_review(kind: str, today: date) -> date:
    """Return when an article of this kind that is true today is to be looked at again."""
    return today + timedelta(days=KINDS[kind].review_days)


def verification_problems(against: str, review_due: date | None, today: date) -> list[Refused]:
    """Return every reason why a verification cannot be kept.

    against: the version of the product or environment that was checked. review_due: a date after today.
    """
    found = []
    if not against.strip():
        found.append(Refused("upkeep.against_missing", field="against"))
    if len(against) > LONGEST_AGAINST:
        found.append(Refused("articles.too_long", field="against", most=LONGEST_AGAINST))
    if review_due is None or not today < review_due <= today + FURTHEST:
        found.append(Refused("upkeep.due_wrong", field="review_due", last=today + FURTHEST))
    return found
