"""Two plans, or a plan and today, beside each other: loads, spread, borders, and what changes hands."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core import clock
from app.core.access import Scope
from app.core.errors import Conflict
from app.plans import queries
from app.plans.engine import TOLERANCE, case_of
from app.plans.models import Plan
from app.plans.topology import topology_of_shapes

DECIMALS = 6
"""Of degrees: about a decimetre."""


@dataclass(frozen=True)
class Side:
    """The cells of a unit with their managers, as a plan or a day has them.

    `rows` have key, households, manager, name, target and shape (WKB, EPSG:4326); `shares` say by code how many
    households fall to a manager, and are those of the plan that is looked at, so that both sides are measured alike.
    """

    name: str
    rows: Sequence[Row]
    shares: Mapping[str, int]

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The rows' shapes."""
        return shapely.from_wkb(np.array([bytes(row.shape) for row in self.rows], dtype=object))

    @cached_property
    def loads(self) -> Counter[str]:
        """Households by manager's code; nobody's under the empty one."""
        loads: Counter[str] = Counter()
        for row in self.rows:
            loads[row.manager or ""] += row.households
        return loads

    @cached_property
    def managers(self) -> dict[str, tuple[str, int]]:
        """Name and share by code; the own target of whoever the plan knows nothing of."""
        return {row.manager: (row.name, self.shares.get(row.manager, row.target)) for row in self.rows if row.manager}

    def spread(self) -> "Spread":
        """How far the loads lie from the shares."""
        off = [abs(self.loads[code] - share) / share for code, (_name, share) in self.managers.items() if share]
        right = sum(each <= TOLERANCE for each in off)
        mean = sum(off) / len(off) if off else 0.0
        return Spread(len(off), max(off, default=0.0), mean, right / len(off) if off else 0.0, self.loads[""])

    def border_km(self) -> float:
        """The length of the borders between beats."""
        near = topology_of_shapes(self.rows)
        owner = np.array([row.manager or "" for row in self.rows])
        cut = owner[near.edges[:, 0]] != owner[near.edges[:, 1]]
        return float(near.border_m[cut].sum() / 1000)


@dataclass(frozen=True)
class Spread:
    """Managers with cells, worst and mean deviation from their shares, how many are within 5 %, nobody's households."""

    managers: int
    worst: float
    mean: float
    right: float
    nobody: int


@dataclass(frozen=True)
class Moved:
    """Land that has one manager on the left and another on the right, under its key on each side."""

    left: str
    right: str
    households: int
    former: str
    fresh: str


@dataclass(frozen=True)
class Load:
    """What a manager carries on both sides."""

    code: str
    name: str
    share: int
    left: int
    right: int


@dataclass(frozen=True)
class Comparison:
    """All of it."""

    left: Side
    right: Side
    loads: Sequence[Load]
    moved: Sequence[Moved]
    redrawn: int
    """Cells of either side that the other does not have."""

    @property
    def moved_households(self) -> int:
        """Households that have another manager on the right."""
        return sum(each.households for each in self.moved)


def shares_of(session: Session, plan: Plan) -> dict[str, int]:
    """The households that fall to each manager on a plan's day, by code: what the plan's map measures loads against."""
    case = case_of(session, plan)
    return {row.code: round(share) for row, share in zip(case.managers, case.share.tolist(), strict=True)}


def side_of(session: Session, plan: Plan, shares: Mapping[str, int]) -> Side:
    """A plan as it is now."""
    return Side(plan.name, queries.plan_side(session, plan), shares)


def side_today(session: Session, plan: Plan, day: date, shares: Mapping[str, int]) -> Side:
    """The plan's unit as the register has it on a day."""
    return Side(_("the register today"), queries.register_side(session, plan.unit, day), shares)


def side_beside(session: Session, scope: Scope, plan: Plan, other_id: int | None, shares: Mapping[str, int]) -> Side:
    """What a plan is compared with: another one for the same unit, or today where none is named."""
    if other_id is None:
        return side_today(session, plan, clock.today(), shares)
    other = queries.plan_by_id(session, scope, other_id)
    require_same_unit(plan, other)
    return side_of(session, other, shares)


def require_same_unit(plan: Plan, other: Plan) -> None:
    """Refuse plans for different units."""
    if plan.unit_id != other.unit_id:
        text = _("Plan “%(one)s” is for %(here)s, plan “%(other)s” for %(there)s. Compare plans for one unit.")
        raise Conflict(text, one=plan.name, other=other.name, here=plan.unit.name, there=other.unit.name)


def compared(left: Side, right: Side) -> Comparison:
    """The two beside each other; loads and moves with the largest change first."""
    people = {**left.managers, **right.managers}
    loads = [Load(code, name, share, left.loads[code], right.loads[code]) for code, (name, share) in people.items()]
    loads.sort(key=lambda each: (-abs(each.right - each.left), each.code))
    ours, theirs = ({row.key: at for at, row in enumerate(side.rows)} for side in (left, right))
    alone = [at for key, at in ours.items() if key not in theirs], [at for key, at in theirs.items() if key not in ours]
    pairs = [(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()] + _overlaid(left, right, *alone)
    moved = [_moved(left.rows[one], right.rows[other]) for one, other in pairs]
    changed = sorted((each for each in moved if each), key=lambda each: (-each.households, each.left))
    return Comparison(left, right, loads, changed, len(alone[0]) + len(alone[1]))


def layer(side: Side) -> str:
    """The cells for a map: code, manager, households, load."""
    said = [_said(row, side) for row in side.rows]
    return _collection(said, side.shapes)


def changed_layer(comparison: Comparison) -> str:
    """What changes hands, for a map, as the right side draws it."""
    at = {row.key: number for number, row in enumerate(comparison.right.rows)}
    shown = sorted({at[each.right] for each in comparison.moved})
    said = [_said(comparison.right.rows[each], comparison.right) for each in shown]
    return _collection(said, comparison.right.shapes[shown])


def _overlaid(left: Side, right: Side, ours: Sequence[int], theirs: Sequence[int]) -> list[tuple[int, int]]:
    """Cells that one side alone has, paired with those of the other in which the middle of either lies."""
    if not ours or not theirs:
        return []
    one, other = left.shapes[list(ours)], right.shapes[list(theirs)]
    within = shapely.STRtree(other).query(shapely.point_on_surface(one), predicate="intersects").T
    around = shapely.STRtree(one).query(shapely.point_on_surface(other), predicate="intersects").T[:, ::-1]
    found = {(int(a), int(b)) for a, b in [*within, *around]}
    return [(ours[a], theirs[b]) for a, b in sorted(found)]


def _moved(one: Row, other: Row) -> Moved | None:
    """The land of both, if its manager differs; the smaller of the two is what they have in common."""
    former, fresh = one.manager or "", other.manager or ""
    if former == fresh:
        return None
    return Moved(one.key, other.key, min(one.households, other.households), former, fresh)


def _said(row: Row, side: Side) -> dict[str, Any]:
    if not row.manager:
        return {"code": row.key, "households": row.households}
    _name, share = side.managers[row.manager]
    load = round(side.loads[row.manager] / share, 3) if share else None
    return {"code": row.key, "manager": f"{row.name} ({row.manager})", "households": row.households, "load": load}


def _collection(said: Sequence[Mapping[str, Any]], shapes: NDArray[np.object_]) -> str:
    drawn = shapely.to_geojson(shapely.transform(shapes, lambda degrees: np.round(degrees, DECIMALS)))
    features = (
        f'{{"type":"Feature","properties":{json.dumps(properties, ensure_ascii=False)},"geometry":{shape}}}'
        for properties, shape in zip(said, drawn, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'
