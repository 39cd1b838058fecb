"""What articles did for symptoms: written by readers' answers, and by incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from kb.domain.personal_data import masked
from kb.store.models import SymptomOutcome

SOLVED, NOT_SOLVED = "solved", "not_solved"


def record(
    session: Session,
    article_id: int,
    symptom: str,
    *,
    outcome: str,
    source: str,
    at: datetime,
    token: str | None = None,
    incident_id: int | None = None,
) -> None:
    """Add to the transaction what the article did for a symptom, told in people's words, masked here.

    outcome: SOLVED or NOT_SOLVED. source: "page" or "incident". token: of the search or the incident, so that
    what is said later replaces it; None: each counts.
    """
    session.add(
        SymptomOutcome(
            article_id=article_id,
            words=masked(symptom),
            outcome=outcome,
            source=source,
            token=token,
            incident_id=incident_id,
            at=at,
        )
    )
