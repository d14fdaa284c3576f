import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gis.walk import hilbert_index, near_points, walk

PLACES = arrays(float, st.tuples(st.integers(0, 40), st.just(2)), elements=st.integers(-500, 500).map(float))


def length(x: np.ndarray, y: np.ndarray, order: np.ndarray) -> float:
    return float(np.hypot(np.diff(x[order]), np.diff(y[order])).sum())


def nearest_neighbour(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    order, left = [0], np.ones(len(x), dtype=bool)
    while len(order) < len(x):
        left[order[-1]] = False
        order.append(int(np.where(left, np.hypot(x - x[order[-1]], y - y[order[-1]]), np.inf).argmin()))
    return np.array(order)


@settings(max_examples=60, deadline=None)
@given(PLACES)
def test_every_point_is_visited_once(points: np.ndarray) -> None:
    order = walk(points[:, 0], points[:, 1])
    assert sorted(order.tolist()) == list(range(len(points)))


@settings(max_examples=30, deadline=None)
@given(PLACES)
def test_points_in_one_place_follow_each_other(points: np.ndarray) -> None:
    visited = [tuple(place) for place in points[walk(points[:, 0], points[:, 1])]]
    changes = sum(a != b for a, b in itertools.pairwise(visited))
    assert changes == max(len(set(visited)) - 1, 0)


def test_a_street_is_walked_from_end_to_end() -> None:
    x = np.random.default_rng(3).permutation(200).astype(float)
    assert length(x, np.zeros(200), walk(x, np.zeros(200))) == 199


def test_the_way_is_an_eighth_shorter_than_going_to_the_nearest() -> None:
    rng = np.random.default_rng(5)
    sets = rng.random((30, 2, 60))
    ours = sum(length(x, y, walk(x, y)) for x, y in sets)
    theirs = sum(length(x, y, nearest_neighbour(x, y)) for x, y in sets)
    assert ours < 0.875 * theirs


def test_the_same_points_give_the_same_order() -> None:
    x, y = np.random.default_rng(7).random((2, 300))
    assert np.array_equal(walk(x, y), walk(x, y))


def test_near_points_are_nearly_always_the_nearest() -> None:
    places = np.random.default_rng(9).random((800, 2))
    distance = np.hypot(*(places[:, None, :] - places).transpose(2, 0, 1))
    np.fill_diagonal(distance, np.inf)
    assert (near_points(places)[:, 0] == distance.argmin(axis=1)).mean() > 0.97


def test_a_hilbert_curve_goes_from_neighbour_to_neighbour() -> None:
    columns, rows = np.meshgrid(np.arange(16.0), np.arange(16.0))
    places = np.column_stack([columns.ravel(), rows.ravel()])
    steps = np.diff(places[np.argsort(hilbert_index(places, 0.0))], axis=0)
    assert np.abs(steps).sum(axis=1).max() == 1


def test_a_point_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        walk([0.0, np.nan], [0.0, 0.0])
