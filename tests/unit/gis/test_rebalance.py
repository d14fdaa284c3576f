from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.rebalance import Reason, balance, effect_of, suggest
from gis.rebalance.flow import least_flow
from gis.rebalance.state import problem

STEPS = 3000


def grid_edges(width: int, height: int) -> np.ndarray:
    cells = np.arange(width * height).reshape(height, width)
    across = np.column_stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()])
    return np.concatenate([across, np.column_stack([cells[:-1].ravel(), cells[1:].ravel()])])


def pieces_of_beat(cells: set[int], edges: np.ndarray) -> int:
    near: dict[int, list[int]] = {cell: [] for cell in cells}
    for a, b in edges.tolist():
        if a in cells and b in cells:
            near[a].append(b)
            near[b].append(a)
    count, left = 0, set(cells)
    while left:
        count, frontier = count + 1, [left.pop()]
        while frontier:
            for other in near[frontier.pop()]:
                if other in left:
                    left.discard(other)
                    frontier.append(other)
    return count


def pieces(owner: np.ndarray, edges: np.ndarray, managers: int) -> list[int]:
    return [pieces_of_beat(set(np.flatnonzero(owner == manager).tolist()), edges) for manager in range(managers)]


@dataclass
class Case:
    households: np.ndarray
    edges: np.ndarray
    managers: int
    owner: np.ndarray | None
    group: np.ndarray
    manager_group: np.ndarray
    locked: np.ndarray
    border: np.ndarray

    def balanced(self, seed: int = 0):
        return balance(
            self.households, self.edges, self.managers, self.border, self.owner, self.group, self.manager_group,
            self.locked, seed=seed, steps=STEPS, seconds=60,
        )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A grid with any weights, groups (also torn ones), owners (also torn beats) and locks."""
    width, height, groups = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, edges = width * height, grid_edges(width, height)
    group = chance.integers(groups, size=n) if draw(st.booleans()) else np.arange(n) % width * groups // width
    manager_group = np.concatenate([np.arange(groups), chance.integers(groups, size=draw(st.integers(0, 4)))])
    owner, locked = None, np.zeros(n, dtype=bool)
    if draw(st.booleans()):
        owner = np.array([chance.choice(np.flatnonzero(manager_group == g)) for g in group])
        owner[chance.random(n) < draw(st.sampled_from([0, 0.2]))] = -1
        locked = (owner >= 0) & (chance.random(n) < draw(st.sampled_from([0, 0.2])))
    households, border = chance.integers(0, 400, size=n), chance.integers(1, 500, size=len(edges)).astype(float)
    return Case(households, edges, len(manager_group), owner, group, manager_group, locked, border)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_locks_and_groups_hold_and_every_cell_has_a_manager(case: Case) -> None:
    plan = case.balanced()
    assert (case.manager_group[plan.owner] == case.group).all()
    if case.owner is not None:
        assert (plan.owner == case.owner)[case.locked].all()


@settings(max_examples=40, deadline=None)
@given(cases())
def test_the_figures_are_those_of_the_plan(case: Case) -> None:
    plan = case.balanced()
    before = np.full(len(case.group), -1) if case.owner is None else case.owner
    load = np.array([case.households[plan.owner == manager].sum() for manager in range(case.managers)])
    assert plan.load.tolist() == load.tolist()
    assert plan.moved_households == case.households[(before >= 0) & (before != plan.owner)].sum()
    assert plan.pieces.tolist() == pieces(plan.owner, case.edges, case.managers)
    assert plan.cut == sum(
        metres for (a, b), metres in zip(case.edges, case.border, strict=True) if plan.owner[a] != plan.owner[b]
    )
    target = np.array(
        [case.households[case.group == g].sum() / (case.manager_group == g).sum() for g in case.manager_group]
    )
    beyond = np.flatnonzero((load < np.ceil(target * 0.95 - 1e-9)) | (load > np.floor(target * 1.05 + 1e-9)))
    assert [reason.manager for reason in plan.reasons] == beyond.tolist()


@settings(max_examples=60, deadline=None)
@given(cases().filter(lambda case: case.owner is not None and (case.owner >= 0).all()))
def test_contiguity_never_gets_worse(case: Case) -> None:
    def torn(owner: np.ndarray) -> int:
        return sum(max(count - 1, 0) for count in pieces(owner, case.edges, case.managers))

    assert case.owner is not None
    assert torn(case.balanced().owner) <= torn(case.owner)


@settings(max_examples=10, deadline=None)
@given(cases())
def test_the_same_seed_and_steps_give_the_same_plan(case: Case) -> None:
    assert case.balanced(seed=3).owner.tolist() == case.balanced(seed=3).owner.tolist()


def test_the_least_flow_passes_through_the_beats_between() -> None:
    state = problem([40, 20, 20, 0], LINE, 4, owner=[0, 1, 2, 3], tolerance=0)
    flow = least_flow(state, np.array([0, 1, 2, 3]))
    assert flow.households == pytest.approx(20 + 20 + 20)
    assert (np.diff(flow.pull) < 0).all()


def test_districts_from_nothing_are_whole_and_near_equal() -> None:
    households = np.random.default_rng(1).integers(100, 300, size=400)
    plan = balance(households, grid_edges(20, 20), 40, seed=1, seconds=60)
    assert plan.worst_deviation <= 0.05
    assert (plan.pieces == 1).all()
    assert plan.reasons == ()


def test_a_leavers_cells_go_to_the_neighbours() -> None:
    owner = np.arange(36) % 6 // 2
    plan = balance(np.full(36, 100), grid_edges(6, 6), 3, owner=owner, target=[1800, 0, 1800])
    assert plan.load.tolist() == [1800, 0, 1800]
    assert plan.moved_households == 1200


def test_a_newcomer_gets_a_whole_beat_from_those_who_carry_most() -> None:
    owner = np.repeat([0, 1], 18)
    plan = balance(np.full(36, 100), grid_edges(6, 6), 3, owner=owner)
    assert plan.load.tolist() == [1200, 1200, 1200]
    assert plan.pieces.tolist() == [1, 1, 1]
    assert plan.moved_households == 1200


def test_a_torn_beat_is_made_whole() -> None:
    owner = np.array([0, 1, 0, 1, 1, 1])
    plan = balance(np.full(6, 10), grid_edges(3, 2), 2, owner=owner, tolerance=0.6)
    assert plan.pieces.tolist() == [1, 1]


def test_beats_on_an_island_keep_to_it() -> None:
    edges = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [5, 6], [6, 7]])
    position = np.array([[x, 0] for x in range(4)] + [[x, 9] for x in range(4)])
    plan = balance(np.full(8, 10), edges, 4, position=position)
    assert plan.pieces.tolist() == [1, 1, 1, 1]


LINE = np.array([[0, 1], [1, 2], [2, 3]])


@pytest.mark.parametrize(
    ("households", "owner", "locked", "expected"),
    [
        ([500, 10, 10, 10], [0, 1, 1, 1], None, [Reason(0, "cell_too_large", 222, 0), Reason(1, "coarse", 222, 0)]),
        ([90, 90, 10, 10], [0, 0, 1, 1], [1, 1, 0, 0], [Reason(0, "locked", 75), Reason(1, "neighbours_locked", 75)]),
    ],
)
def test_a_plan_says_why_somebody_stays_out_of_tolerance(households, owner, locked, expected) -> None:
    assert list(balance(households, LINE, 2, owner=owner, locked=locked).reasons) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"border": [1]}, "border must have 3 values"),
        ({"edges": [[0, 9]], "border": None}, "an edge names a cell"),
        ({"owner": [0, 0, 5, 1]}, "owner names a manager"),
        ({"locked": [1, 0, 0, 0]}, "a locked cell must have a manager"),
        ({"group": [0, 0, 1, 1]}, "groups need manager_group"),
        ({"group": [0, 0, 1, 1], "manager_group": [0, 0]}, "a group has cells and no manager"),
        ({"group": [0, 0, 1, 1], "manager_group": [0, 1], "owner": [1, 0, 1, 1]}, "must belong to the cell's group"),
        ({"households": [1, 1, 1, -1]}, "must not be negative"),
    ],
)
def test_arguments_that_contradict_each_other_are_named(changes, message) -> None:
    arguments = {"households": [1, 1, 1, 1], "edges": LINE, "managers": 2, **changes}
    with pytest.raises(ValueError, match=message):
        balance(**arguments)


@settings(max_examples=50, deadline=None)
@given(cases().filter(lambda case: case.owner is not None and (case.owner >= 0).all()))
def test_a_suggestion_does_what_it_says(case: Case) -> None:
    assert case.owner is not None
    state = problem(
        case.households, case.edges, case.managers, case.border, case.owner, case.group, case.manager_group, case.locked
    )
    for move in suggest(state, case.owner):
        effect = effect_of(state, case.owner, [move.cell], move.taker)
        assert effect.refused.size == 0
        assert effect.managers.tolist() == [move.taker, move.giver]
        assert effect.deviation[:, 1].tolist() == pytest.approx([move.taker_after, move.giver_after])
        assert (effect.pieces[:, 1] <= effect.pieces[:, 0]).all()


def test_the_best_single_move_comes_first() -> None:
    state = problem([30, 10, 10, 10], LINE, 2, owner=[0, 0, 1, 1])
    move = suggest(state, [0, 0, 1, 1])[0]
    assert (move.cell, move.giver, move.taker, move.households) == (1, 0, 1, 10)
    assert (move.giver_before, move.giver_after) == pytest.approx((1 / 3, 0))


def test_whoever_leaves_gives_to_the_neighbours_down_to_the_last_cell() -> None:
    state = problem([10, 10, 10], LINE[:2], 2, owner=[0, 0, 1], target=[30, 0])
    move = suggest(state, [0, 0, 1])[0]
    assert (move.cell, move.giver, move.taker) == (2, 1, 0)


def test_an_edit_that_tears_a_beat_says_so() -> None:
    state = problem(np.full(9, 10), grid_edges(3, 3), 2, owner=[0, 0, 0, 0, 0, 0, 1, 1, 1])
    effect = effect_of(state, [0, 0, 0, 0, 0, 0, 1, 1, 1], [1, 4], 1)
    assert effect.pieces.tolist() == [[1, 1], [1, 2]]
    assert effect.load.tolist() == [[30, 50], [60, 40]]


def test_locked_cells_and_those_of_other_groups_are_refused() -> None:
    state = problem(
        np.full(4, 10), LINE, 2, owner=[0, 0, 1, 1], group=[0, 0, 1, 1], manager_group=[0, 1], locked=[0, 0, 0, 1]
    )
    assert effect_of(state, [0, 0, 1, 1], [2, 3], 0).refused.tolist() == [2, 3]


def test_targets_are_respected() -> None:
    plan = balance(np.full(120, 100), grid_edges(12, 10), 4, target=[4000, 2000, 4000, 2000])
    assert plan.worst_deviation <= 0.05
    assert plan.pieces.tolist() == [1, 1, 1, 1]


def test_islands_join_the_beats_that_are_near() -> None:
    position = np.array([[x, y] for y in range(10) for x in range(10)] + [[0, 10.5], [9, 10.5]]) * 1000.0
    plan = balance(np.full(102, 100), grid_edges(10, 10), 4, position=position)
    assert plan.owner[100] == plan.owner[90]
    assert plan.owner[101] == plan.owner[99]


def test_parts_without_positions_are_shared_out_too() -> None:
    plan = balance(np.full(8, 100), [[0, 1], [1, 2], [2, 3], [4, 5], [5, 6], [6, 7]], 2)
    assert plan.load.tolist() == [400, 400]


def test_more_managers_than_cells_leave_some_without() -> None:
    plan = balance([5, 9], [[0, 1]], 4)
    assert sorted(plan.load.tolist()) == [0, 0, 5, 9]
    assert {reason.kind for reason in plan.reasons} >= {"no_cells"}


def test_no_cells_are_no_error() -> None:
    assert balance([], [], 3).owner.tolist() == []


@pytest.mark.parametrize(("households", "managers"), [(0, 3), (100, 17)])
def test_everybody_has_a_cell_where_there_are_enough(households: int, managers: int) -> None:
    plan = balance(np.full(20, households), grid_edges(5, 4), managers)
    assert set(plan.owner.tolist()) == set(range(managers))
