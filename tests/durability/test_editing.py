"""Several people edit one article at once; `make drill` does it with 300 saves each."""

from __future__ import annotations

from tests.durability.editing import WRITERS, drill

EACH = 15


def test_what_is_accepted_is_there_and_what_is_refused_shows_both_texts(tmp_path):
    result = drill(tmp_path, EACH)

    assert len(result.saves) == WRITERS * EACH
    assert {save.status for save in result.saves} <= {303, 409}
    assert len(result.with_status(303)) > WRITERS
    assert result.lost == result.stored_though_refused == result.refused_without_both == []
    assert result.overwritten == []
