"""The numbers that a guide is walked with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.domain.diagnosis.belief import Model, authored
from kb.domain.diagnosis.guide import Guide


def in_force(session: Session, article_id: int, guide: Guide) -> Model:
    """Return the numbers in force of an article's guide: the author's.

    What its closed runs taught belongs here (`learning.learnt` over `guide_runs.teaching`, releases and
    edits), and nowhere else: every page that walks, shows or explains a guide asks this.
    guide: of the revision that is walked.
    """
    return authored(guide)


def learnt_from(session: Session, article_id: int) -> int:
    """Return how many closed runs the numbers in force rest on; below LEARNT_FROM they are 未学習."""
    return 0
