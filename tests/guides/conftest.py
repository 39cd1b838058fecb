"""A guide in an article, and somebody who walks it."""

from __future__ import annotations

import re

import pytest

from kb.domain.diagnosis.guide import (
    CHECK,
    DESTRUCTIVE,
    PREPARATION,
    REPAIR,
    Cause,
    Guide,
    Step,
)
from kb.store.models import GuideRun
from tests.guides.learning_cases import with_guide

RUN = re.compile(r"/walks/(\d+)$")


def reader_walk(**changes):
    """Return a guide of a card reader: a telling check, two repairs, one of them after a backup."""
    causes = (Cause("cable", "ケーブルの緩み", 8.0), Cause("disk", "設定の破損", 4.0))
    steps = (
        Step(
            "lamp",
            CHECK,
            "ランプを見る",
            1.0,
            answers=("点灯", "消灯"),
            likely={"cable": {"消灯": 0.98}, "disk": {"点灯": 0.98}},
        ),
        Step("plug", REPAIR, "ケーブルを差し直す", 2.0, fixes={"cable": 0.98}),
        Step("backup", PREPARATION, "設定を控える", 3.0),
        Step("reset", REPAIR, "設定を初期化する", 5.0, ("backup",), DESTRUCTIVE, fixes={"disk": 0.98}),
    )
    return Guide(causes, changes.pop("steps", steps), 60.0, **changes)


@pytest.fixture
def make_guide(make_article):
    """A function that publishes an article with a guide. Fields as in `Text`; guide: another one."""

    def make(guide=None, **fields):
        sections = with_guide(guide or reader_walk()) | fields.pop("sections", {})
        article = {"kind": "fault_isolation", "audience": "engineer", "title": "カード読取機が反応しない"}
        return make_article(**article | fields, sections=sections)

    return make


@pytest.fixture
def start(as_role):
    """A function: begin to walk an article's guide; returns the id of the run."""

    def start(article, login="engineer", **fields):
        answer = as_role(login).post(f"/articles/{article.id}/walks", data=fields)
        assert answer.status_code == 303, answer.text
        return int(RUN.search(answer.location)[1])

    return start


@pytest.fixture
def row(session):
    """A function: a run as it is on record now."""

    def row(run_id):
        session.rollback()  # a reader keeps to what it saw first
        return session.get(GuideRun, run_id, populate_existing=True)

    return row


@pytest.fixture
def post(as_role, row):
    """A function: post to a place of a walk, with the version on record unless another is given."""

    def post(run_id, place, login="engineer", **fields):
        data = {"version": row(run_id).version} | fields
        return as_role(login).post(f"/walks/{run_id}/{place}", data=data)

    return post


@pytest.fixture
def answer(post):
    """A function: answer a step of a walk, and see that it was taken."""

    def answer(run_id, step, outcome, **fields):
        answer = post(run_id, "answers", step=step, outcome=outcome, **fields)
        assert answer.status_code == 303, answer.text

    return answer
