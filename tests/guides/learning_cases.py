"""A guide in an article, and closed runs of it, for the tests of what guides learn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kb.domain.diagnosis.guide import CHECK, REPAIR, Cause, Guide, Step
from kb.store.db import writing
from kb.store.guide_blocks import written
from kb.store.models import GuideRun, GuideRunCause

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
"""After tests/conftest.py has published its articles."""


def reader_guide(**changes):
    """Return a guide of a card reader: the card is likely, the driver is not."""
    causes = (Cause("card", "カードの汚れ", 16.0), Cause("driver", "ドライバーの停止", 2.0))
    check = Step(
        "lamp",
        CHECK,
        "ランプを見る",
        1.0,
        answers=("点灯", "消灯"),
        likely={"card": {"点灯": 0.85}, "driver": {"点灯": 0.5}},
    )
    wipe = Step("wipe", REPAIR, "カードを拭く", 4.0, fixes={"card": 0.85})
    restart = Step("restart", REPAIR, "サービスを再起動する", 5.0, fixes={"driver": 0.98})
    return Guide(causes, changes.pop("steps", (check, wipe, restart)), changes.pop("escalation", 60.0))


def with_guide(guide):
    """Return the sections of an article that carry this guide."""
    return {"steps": f"順に確かめる。\n\n```guide\n{written(guide)}```\n"}


def add_run(
    app, article, results, *, cause=None, state="repaired", at=START, known=None, expected=(), **columns
):
    """Add a closed run that ended at this moment; known: when it was written, if that was later."""
    with writing(app.extensions["kb.engine"]) as session:
        run = GuideRun(
            article_id=article.id,
            revision_id=columns.pop("revision_id", article.published_id),
            state=state,
            results=[list(row) for row in results],
            expected=list(expected),
            started_at=at - timedelta(minutes=30),
            changed_at=known or at,
            ended_at=at,
            **columns,
        )
        session.add(run)
        session.flush()
        if cause is not None:
            session.add(GuideRunCause(run_id=run.id, cause=cause, at=known or at))
        return run.id


DRIVER = [("lamp", "点灯", 1.0), ("wipe", "not_fixed", 6.0), ("restart", "fixed", 3.0)]
"""A run that the driver was behind."""
