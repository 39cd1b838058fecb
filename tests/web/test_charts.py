"""The geometry of charts."""

from __future__ import annotations

from itertools import pairwise

from kb.web import charts


def test_names_at_the_ends_of_lines_do_not_cover_each_other_and_stay_in_the_picture():
    chart = charts.lines([(str(n), [0.0, 1.0 + n / 1000]) for n in range(5)] + [("low", [1.0, 0.0])])

    places = sorted(line.words_y for line in chart.lines)
    assert all(after - before >= 15 for before, after in pairwise(places))
    assert places[-1] <= charts.HEIGHT


def test_a_mark_stands_higher_the_more_it_is_and_has_no_range_if_none_was_told():
    chart = charts.marks([(5.0, 20.0, 10.0), (None, None, 40.0)])

    first, second = chart.marks
    assert first.top < first.dot < first.bottom and second.top is None
    assert second.dot < first.dot and first.x < second.x
    assert [tick.words for tick in chart.ticks] == ["0", "20", "40"]


def test_nothing_to_count_is_no_chart():
    assert charts.bars([("a", 0)]) == []
    assert charts.bars([("a", 2), ("b", 1)])[0].length == 2 * charts.bars([("a", 2), ("b", 1)])[1].length
