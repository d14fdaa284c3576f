import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.demo.groups import compact_groups


@given(arrays(float, st.tuples(st.integers(1, 40), st.just(2)), elements=st.floats(-1e3, 1e3)), st.integers(1, 10))
def test_every_point_is_in_one_of_at_most_so_many_groups(xy: np.ndarray, parts: int) -> None:
    label = compact_groups(xy, np.ones(len(xy)), parts)
    assert set(label) == set(range(label.max() + 1))
    assert label.max() < parts


def test_groups_have_about_the_same_weight() -> None:
    rng = np.random.default_rng(3)
    label = compact_groups(rng.random((5_000, 2)), np.ones(5_000), 25)
    assert np.bincount(label).min() > 120
    assert np.bincount(label).max() < 280


def test_a_cut_falls_into_the_gap_between_two_villages() -> None:
    xy = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [50, 0], [51, 0], [52, 0]])
    assert compact_groups(xy, np.ones(7), 2).tolist() == [0, 0, 0, 0, 1, 1, 1]
