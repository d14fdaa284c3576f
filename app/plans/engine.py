"""A plan as `gis.rebalance` takes it, and what comes out: a proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.core.progress import Progress, silent
from app.grid.sharing import keep_compiled_code
from app.organisation.queries import in_one_line, parents, stations
from app.plans.models import Plan
from app.plans.queries import cells_of, managers_of
from app.plans.topology import Topology, topology_of

if TYPE_CHECKING:
    from gis.rebalance import Reason
    from gis.rebalance.state import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NOBODY = -1
TOLERANCE = 0.05
"""How far a load may lie from the manager's share."""
SECONDS = 20.0
"""After which the search for one station ends, however far it is."""


@dataclass(frozen=True)
class Part:
    """Some of a plan's cells, with the seats of their stations: what `balance` and `problem` are called with."""

    cells: Ints
    seats: Ints
    owner: Ints
    """(cells,) in the plan: position in `seats`, -1 nobody of the station."""
    home: Ints
    """(cells,) the same when the plan began."""
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A plan in arrays: n cells by key, M managers by code, S seats.

    A seat is a manager at one station. Who answers for cells of two stations (a manager of the unit above) has two,
    and shares out the own target as the households lie, so that each station is balanced for itself. A cell whose
    manager is of another station has no seat's owner: it is to be given to somebody of its own.
    """

    rows: Sequence[Row]
    """(n,) as `queries.cells_of` has them."""
    keys: Sequence[str]
    households: Ints
    station: Ints
    locked: NDArray[np.bool_]
    managers: Sequence[Row]
    stations: Mapping[int, str]
    """Names of the stations that have cells, by id."""
    present: Ints
    """(n,) who answers for each cell in the plan: position in `managers`, -1 nobody."""
    base: Ints
    """(n,) who did when the plan began."""
    seat_manager: Ints
    seat_station: Ints
    owner: Ints
    """(n,) as `present`: position of a seat, -1 also for somebody of another station."""
    home: Ints
    """(n,) as `base`."""
    target: Floats
    """(S,) the part of its station's households that falls to each seat; 0 for whoever leaves."""
    topology: Topology

    @cached_property
    def share(self) -> Floats:
        """(M,) households that fall to each manager: the targets, scaled to what each station has."""
        share: Floats = np.bincount(self.seat_manager, weights=self.target, minlength=len(self.managers)).astype(float)
        return share

    @cached_property
    def load(self) -> Ints:
        """(M,) households of each manager in the plan."""
        return self.load_of(self.present)

    @cached_property
    def can_be_balanced(self) -> NDArray[np.bool_]:
        """(n,) cells whose station has somebody at work; what is locked to nobody of it stays out."""
        served = np.unique(self.seat_station[self.target > 0])
        return np.isin(self.station, served) & ~(self.locked & (self.owner < 0))

    @cached_property
    def whole(self) -> Part:
        """All that can be balanced; it may be nothing."""
        return self.part(np.flatnonzero(self.can_be_balanced))

    @cached_property
    def given(self) -> "Problem":
        """That as the engine's problem; there must be something that can be balanced."""
        keep_compiled_code()
        from gis.rebalance.state import problem

        return problem(**self.whole.arguments)

    def load_of(self, manager: Ints) -> Ints:
        """(M,) households, where `manager` (n,) answers for the cells."""
        owned = manager >= 0
        load = np.bincount(manager[owned], weights=self.households[owned], minlength=len(self.managers))
        return load.astype(np.int64)

    def code(self, manager: int) -> str | None:
        """The manager's code; None for nobody."""
        return None if manager < 0 else self.managers[manager].code

    def part(self, cells: Ints) -> Part:
        """These cells with the borders among them and the seats of their stations.

        Households are at home with whom they had when the plan began; a locked cell is where the plan has it.
        """
        seats = np.flatnonzero(np.isin(self.seat_station, self.station[cells]))
        seat_place = np.full(len(self.seat_station) + 1, NOBODY)
        seat_place[seats] = np.arange(len(seats))
        place = np.full(len(self.keys), -1)
        place[cells] = np.arange(len(cells))
        edges = place[self.topology.edges]
        inside = (edges >= 0).all(axis=1)
        locked = self.locked[cells]
        owner, home = seat_place[self.owner[cells]], seat_place[self.home[cells]]
        arguments = {
            "households": self.households[cells],
            "edges": edges[inside],
            "managers": len(seats),
            "border": self.topology.border_m[inside],
            "owner": np.where(locked, owner, home),
            "group": self.station[cells],
            "manager_group": self.seat_station[seats],
            "locked": locked,
            "target": self.target[seats],
            "tolerance": TOLERANCE,
            "position": self.topology.position[cells],
        }
        return Part(cells, seats, owner, home, arguments)


def case_of(session: Session, plan: Plan) -> Case:
    """The plan as it stands."""
    cells, managers = cells_of(session, plan), managers_of(session, plan)
    place = {row.id: number for number, row in enumerate(managers)} | {None: NOBODY}
    station = np.array([row.station_id for row in cells], dtype=np.int64)
    households = np.array([row.households for row in cells], dtype=np.int64)
    present = np.array([place[row.manager_id] for row in cells], dtype=np.int64)
    base = np.array([place[row.base_manager_id] for row in cells], dtype=np.int64)
    seats = _seats(session, managers, station, np.concatenate([present, base]))
    number = {seat: at for at, seat in enumerate(seats)}
    owner, home = (
        np.array([number.get(pair, NOBODY) for pair in zip(who.tolist(), station.tolist(), strict=True)], np.int64)
        for who in (present, base)
    )
    seat_manager, seat_station = np.array(seats, dtype=np.int64).reshape(-1, 2).T
    names = {unit.id: unit.name for unit in stations(session, EVERYWHERE)}
    return Case(
        rows=cells,
        keys=[row.key for row in cells],
        households=households,
        station=station,
        locked=np.array([row.locked for row in cells], dtype=bool),
        managers=managers,
        stations={each: names.get(each, "") for each in np.unique(station).tolist()},
        present=present,
        base=base,
        seat_manager=seat_manager,
        seat_station=seat_station,
        owner=owner,
        home=home,
        target=_targets(managers, seat_manager, seat_station, station, households, (owner, home)),
        topology=topology_of(session, plan),
    )


def _seats(session: Session, managers: Sequence[Row], station: Ints, who: Ints) -> list[tuple[int, int]]:
    """Every manager at the own station, and at those in line with it where the plan gives or gave the manager cells."""
    units, there = parents(session), set(station.tolist())
    seats = {(at, row.station_id) for at, row in enumerate(managers) if row.station_id in there}
    pairs = set(zip(who.tolist(), np.tile(station, 2).tolist(), strict=True))
    seats |= {(at, unit) for at, unit in pairs if at >= 0 and in_one_line(units, managers[at].station_id, unit)}
    return sorted(seats)


def _targets(
    managers: Sequence[Row], manager: Ints, unit: Ints, station: Ints, households: Ints, owners: tuple[Ints, Ints]
) -> Floats:
    """What falls to each seat: a manager's target, over several seats as the households lie, scaled to the station."""
    wanted = np.array([row.target if row.at_work else 0 for row in managers], dtype=float)
    weight = np.ones(len(manager))
    for owner in owners:
        owned = owner >= 0
        weight += np.bincount(owner[owned], weights=households[owned], minlength=len(manager))
    portion = wanted[manager] * weight / np.bincount(manager, weights=weight, minlength=len(managers))[manager]
    numbers, place = np.unique(np.concatenate([unit, station]), return_inverse=True)
    asked = np.bincount(place[: len(unit)], weights=portion, minlength=len(numbers))
    there = np.bincount(place[len(unit) :], weights=households, minlength=len(numbers))
    scale = np.where((asked > 0) & (there > 0), there / np.maximum(asked, 1e-9), 1.0)
    return portion * scale[place[: len(unit)]]


@dataclass(frozen=True)
class Why:
    """Why a manager is out of tolerance, as `gis.rebalance.Reason` says it."""

    kind: str
    manager: int
    """Position in the case's managers."""
    cell: str | None
    households: int
    """Beyond the tolerance."""


@dataclass(frozen=True)
class Proposal:
    """Who could answer for which cells."""

    manager: Ints
    """(n,) position in the case's managers, -1 nobody."""
    why: list[Why]
    """Why somebody stays out of tolerance all the same."""


def load_engine() -> None:
    """Load the engine and the code that it compiles, lest whoever asks first wait for both."""
    keep_compiled_code()
    from gis.rebalance import balance, suggest
    from gis.rebalance.state import problem

    households, edges, managers, owner = [3, 1, 1, 1], [[0, 1], [1, 2], [2, 3]], 2, [0, 0, 0, 1]
    balance(households, edges, managers, owner=owner, seconds=1.0)
    suggest(problem(households, edges, managers, owner=owner), owner)


def propose(case: Case, keep: float, progress: Progress = silent) -> Proposal:
    """Balance station by station, so that it can be seen how far it is, and be stopped between two.

    Cells of whoever leaves (target 0) go to the neighbours, and a manager without cells gets a beat that hangs together
    from those who carry most; `keep` is what it is worth that households keep the manager they had when the plan began.
    """
    if not case.can_be_balanced.any():
        raise DomainError(_("Nobody is at work at the stations of this plan. Import customer managers first."))
    keep_compiled_code()
    from gis.rebalance import balance

    found, why = case.present.copy(), []
    for number, (station, name) in enumerate(case.stations.items()):
        progress(number, len(case.stations), name)
        cells = np.flatnonzero(case.can_be_balanced & (case.station == station))
        if not len(cells):
            continue
        part = case.part(cells)
        result = balance(**part.arguments, keep=keep, seconds=SECONDS)
        found[cells] = case.seat_manager[part.seats[result.owner]]
        why += [_why(case, part, reason) for reason in result.reasons]
    progress(len(case.stations), len(case.stations))
    return Proposal(found, why)


def reasons_of(case: Case) -> list[Why]:
    """Why those who are out of tolerance in the plan as it stands cannot easily be brought within."""
    if not len(case.whole.cells):
        return []
    keep_compiled_code()
    from gis.rebalance.reasons import reasons

    return [_why(case, case.whole, reason) for reason in reasons(case.given, case.whole.owner)]


def _why(case: Case, part: Part, reason: "Reason") -> Why:
    return Why(
        kind=reason.kind,
        manager=int(case.seat_manager[part.seats[reason.manager]]),
        cell=None if reason.cell < 0 else case.keys[part.cells[reason.cell]],
        households=reason.households,
    )
