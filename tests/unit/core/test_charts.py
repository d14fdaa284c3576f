"""Where the marks of charts lie."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.charts import LEFT, PLOT, SPAN, bars, histogram, histograms, line, parts, scale


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_a_scale_reaches_the_top_in_few_steps(top: float) -> None:
    marks = scale(top)
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-8)
    assert 2 <= len(marks) <= 6


def test_bars_and_targets_share_a_scale() -> None:
    chart = bars([("Lin", 2000, 2000, None), ("Chen", 1000, 2000, "/managers/CHEN")])
    lin, chen = chart.rows
    assert lin.width == pytest.approx(2 * chen.width)
    assert lin.end == pytest.approx(lin.target_at)
    assert [row.state for row in chart.rows] == ["right", "under"]
    assert chart.ticks[-1].at == LEFT + SPAN


def test_no_bars_are_an_empty_chart() -> None:
    assert bars([]).height == 0


def test_parts_fill_the_whole() -> None:
    inside, outside = parts([("inside", 75, None), ("outside", 25, "/worklist")], wrong=["outside"])
    assert (inside.x, inside.width, inside.shade) == (0, 75, "1")
    assert (outside.x, outside.width, outside.shade) == (75, 25, "wrong")


def test_parts_of_nothing_have_no_width() -> None:
    assert [part.width for part in parts([("inside", 0, None)])] == [0]


def test_a_line_keeps_the_distance_of_days() -> None:
    chart = line([(date(2026, 1, 1), 0), (date(2026, 1, 2), 50), (date(2026, 1, 11), 100)])
    first, second, last = chart.points
    assert (second.x - first.x) * 10 == pytest.approx(last.x - first.x)
    assert (first.y, last.y) == (PLOT, 0)
    assert len(chart.segments) == 2


def test_a_line_of_one_day_is_a_point() -> None:
    chart = line([(date(2026, 1, 1), 5)])
    assert (len(chart.points), chart.segments) == (1, ())


@given(st.lists(st.floats(min_value=-10, max_value=10)))
def test_a_histogram_loses_no_value(values: list[float]) -> None:
    assert sum(column.count for column in histogram(values, [0, 1, 2]).columns) == len(values)


def test_a_bound_belongs_to_the_interval_that_it_begins() -> None:
    assert [column.count for column in histogram([0, 1, 1.5], [0, 1, 2]).columns] == [1, 2]


def test_histograms_beside_each_other_share_a_scale_of_whole_numbers() -> None:
    few, many = histograms([[0.5], [0.5, 0.5, 0.5]], [0, 1, 2])
    assert few.up == many.up
    assert [tick.value for tick in few.up] == [0, 1, 2, 3]
