"""Both clocks on the page of an incident (C-2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kb.domain.incidents import Stamps
from kb.domain.worktime import Calendar
from kb.incidents import clocks

NIGHT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # Friday, 21:00 in Japan


def shown(as_role, incident):
    return as_role("engineer").get(f"/incidents/{incident.id}").text


def test_a_contact_after_hours_starts_at_the_next_opening_and_says_so(as_role, make_incident):
    page = shown(as_role, make_incident(stamps=Stamps(contacted=NIGHT), at=NIGHT))

    assert "受付時間外の連絡です" in page
    assert "2026-11-24T08:30:00+09:00" in page, "Monday the 23rd is a holiday"


def test_an_urgent_contact_after_hours_does_not_wait(as_role, make_incident):
    assert "受付時間外" not in shown(
        as_role, make_incident(urgent=True, stamps=Stamps(contacted=NIGHT), at=NIGHT)
    )


def test_every_duration_has_both_clocks(as_role, make_incident):
    page = shown(
        as_role,
        make_incident(
            stamps=Stamps(
                contacted=datetime(2026, 11, 19, 8, 0, tzinfo=UTC),  # Thursday 17:00
                started=datetime(2026, 11, 19, 9, 0, tzinfo=UTC),
                recovered=datetime(2026, 11, 20, 0, 0, tzinfo=UTC),
            )
        ),
    )

    assert "<strong>1時間</strong>" in page and "<strong>15分</strong>" in page, "contact to start"
    assert "<strong>16時間</strong>" in page and "<strong>45分</strong>" in page, "contact to recovery"


def test_what_still_runs_counts_until_now_and_ends_with_the_moment(make_incident):
    waiting = make_incident(stamps=Stamps(contacted=NIGHT), at=NIGHT)
    later = NIGHT + timedelta(hours=2, minutes=5)

    (running,) = [each for each in clocks.clocks(waiting, Calendar(), later) if each.name == "to_start"]
    assert (running.wall, running.contact, running.running) == (125, 0, True)
    assert clocks.clock(waiting, "to_start", Calendar(), None) is None
