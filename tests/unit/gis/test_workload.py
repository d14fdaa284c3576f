import numpy as np
import pytest

from gis.workload import contiguous_pieces, loads, share_out


def chessboard(columns, rows):
    """Edges of fields that lie side by side, and the fields' positions."""
    field = np.arange(columns * rows).reshape(rows, columns)
    beside = [
        np.column_stack([a.ravel(), b.ravel()]) for a, b in ((field[:, :-1], field[:, 1:]), (field[:-1], field[1:]))
    ]
    return np.concatenate(beside), np.argwhere(field >= 0).astype(float) * 1_000


def worst_deviation(owner, households, share):
    total = loads(owner, households, len(share))
    return np.abs(total / (np.sum(households) * share / np.sum(share)) - 1).max()


def test_a_stations_beats_are_contiguous_and_near_equal():
    edges, _ = chessboard(15, 10)
    households = np.random.default_rng(0).integers(100, 300, 150)
    owner = share_out(households, edges, 15)
    assert contiguous_pieces(owner, edges, 15).tolist() == [1] * 15
    assert worst_deviation(owner, households, np.ones(15)) < 0.08


def test_capacities_are_respected():
    edges, _ = chessboard(12, 10)
    capacity = np.array([1.0, 0.5, 1, 0.5])
    owner = share_out(np.full(120, 100), edges, 4, capacity=capacity)
    assert worst_deviation(owner, np.full(120, 100), capacity) < 0.05
    assert contiguous_pieces(owner, edges, 4).max() == 1


def test_islands_join_the_beats_that_are_near():
    edges, position = chessboard(10, 10)
    position = np.concatenate([position, [[0.0, 10_000], [9_000, 10_000]]])
    owner = share_out(np.full(102, 100), edges, 4, position=position)
    assert owner[100] == owner[9]
    assert owner[101] == owner[99]


def test_parts_without_positions_are_shared_out_too():
    owner = share_out(np.full(8, 100), np.array([[0, 1], [1, 2], [2, 3], [4, 5], [5, 6], [6, 7]]), 2)
    assert loads(owner, np.full(8, 100), 2).tolist() == [400, 400]


def test_more_managers_than_cells():
    owner = share_out([5, 9], np.array([[0, 1]]), 4, capacity=[1, 3, 2, 1])
    assert owner.tolist() == [2, 1]


def test_one_manager_has_everything():
    assert share_out([1, 2, 3], np.array([[0, 1], [1, 2]]), 1).tolist() == [0, 0, 0]


def test_no_cells():
    assert not len(share_out([], np.empty((0, 2), dtype=int), 3))


def test_cells_without_households_belong_to_someone():
    edges, _ = chessboard(6, 6)
    owner = share_out(np.zeros(36), edges, 3)
    assert set(owner) == {0, 1, 2}


def test_every_manager_has_a_cell_when_there_are_barely_enough():
    edges, _ = chessboard(5, 4)
    assert set(share_out(np.full(20, 100), edges, 17)) == set(range(17))


def test_the_same_seed_gives_the_same_beats():
    edges, _ = chessboard(10, 10)
    households = np.random.default_rng(1).integers(0, 400, 100)
    assert np.array_equal(share_out(households, edges, 7, seed=3), share_out(households, edges, 7, seed=3))


@pytest.mark.parametrize(("k", "capacity"), [(0, None), (2, [1, 0]), (2, [1, 1, 1])])
def test_nonsense_is_refused(k, capacity):
    with pytest.raises(ValueError, match="capacity"):
        share_out([1, 2, 3], np.array([[0, 1]]), k, capacity=capacity)
