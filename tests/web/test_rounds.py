"""Rounds: what is looked at every few minutes while nobody asks."""

from __future__ import annotations

from kb.web import rounds


def test_every_round_of_the_application_does_its_work(app, caplog):
    rounds.make(app)

    assert app.extensions["kb.rounds"]
    assert [record.getMessage() for record in caplog.records if record.name == "kiriwake.rounds"] == []
