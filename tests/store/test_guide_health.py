"""When a guide misleads, by its runs."""

from __future__ import annotations

import pytest

from kb.domain.diagnosis.learning import Run
from kb.store.guide_health import reasons
from kb.store.guide_runs import Closed, minutes_of
from kb.store.models import GuideRun

EXPECTED = [20.0, 10.0, 30.0]


def closed(state="repaired", cause=None, minutes=20.0):
    """Return a closed run that took so long."""
    results = (("wipe", "fixed" if state == "repaired" else "not_fixed", minutes),)
    return Closed(GuideRun(state=state, expected=EXPECTED), Run(results, cause))


@pytest.mark.parametrize(("origin", "minutes"), [("walk", 12.0), ("staff", 12.0), ("import", None)])
def test_an_answer_given_at_once_took_no_time_but_an_old_ticket_was_not_measured(origin, minutes):
    run = Run((("lamp", "点灯", 0.0), ("wipe", "fixed", 12.0)))

    assert minutes_of(Closed(GuideRun(state="repaired", origin=origin), run)) == minutes


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([closed()] * 20, []),
        ([closed("abandoned")] * 4, []),
        ([closed("abandoned")] * 2 + [closed()] * 4, [("abandoned", 2, 6)]),
        ([closed("abandoned")] * 2 + [closed()] * 5, []),
        ([closed(cause="_other")] * 2 + [closed(cause="card")] * 3, [("unknown_cause", 2, 5)]),
        ([closed(cause="_other")] * 2 + [closed(cause="card")] * 2 + [closed()] * 9, []),
        ([closed(minutes=40.0)] * 10, [("slow", 10, 10)]),
        ([closed(minutes=39.0)] * 10, []),
        ([closed(minutes=10.0)] * 5 + [closed(minutes=9.0)] * 5, [("quick", 5, 10)]),
        ([closed(minutes=40.0)] * 9, []),
    ],
)
def test_a_third_or_twice_is_too_much(runs, found):
    assert reasons(runs) == found
