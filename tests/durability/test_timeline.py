"""Several processes write into one timeline at once; `make drill` does it with 300 lines each."""

from __future__ import annotations

from tests.durability.timeline import WRITERS, drill

EACH = 30


def test_nothing_is_lost_when_four_processes_write_into_one_timeline(tmp_path):
    result = drill(tmp_path, EACH)

    assert result.statuses == [303] * WRITERS * EACH
    assert sorted(result.first) == [(who, line) for who in range(WRITERS) for line in range(EACH)]
    assert result.in_order
