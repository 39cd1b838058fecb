"""The measuring command asks real pages of a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from kb.incidents.bench import PAGES, bench
from kb.store.models import Incident


def test_the_bench_asks_for_every_page_and_leaves_the_instance_alone(app, session):
    told = []
    with app.app_context():
        bench(app, 20, 200, 1, datetime.now(UTC), lambda *row: told.append(row))

    assert len(told) == len(PAGES)
    assert session.query(Incident).count() == 0
