"""The organisation as a tree, with the figures of each unit and of all below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.beats.queries import unassigned
from app.core.access import Scope
from app.core.loads import load_state
from app.grid.listing import stations_with_figures
from app.grid.queries import at_work, managers_with_load
from app.organisation.queries import units_of


@dataclass(frozen=True)
class Figures:
    """What of a unit may be seen today; managers are those at work, `target` the sum of theirs."""

    households: int = 0
    boxes: int = 0
    cells: int = 0
    unowned: int = 0
    unassigned: int = 0
    managers: int = 0
    over: int = 0
    under: int = 0
    target: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass
class Unit:
    """A unit of the organisation with those below it."""

    id: int
    code: str
    name: str
    kind: str
    own: Figures
    below: list["Unit"] = field(default_factory=list)
    depth: int = 0

    @property
    def figures(self) -> Figures:
        """Its own and those of all below."""
        return sum((unit.figures for unit in self.below), self.own)

    def lines(self) -> Iterator["Unit"]:
        """Itself and all below, each before what is below it."""
        yield self
        for unit in self.below:
            yield from unit.lines()

    def narrowed(self, text: str) -> "Unit | None":
        """Itself with what below it answers to a text; None where nothing does."""
        if text.casefold() in self.code.casefold() or text.casefold() in self.name.casefold():
            return self
        below = [found for unit in self.below if (found := unit.narrowed(text))]
        if not below:
            return None
        return Unit(self.id, self.code, self.name, self.kind, self.own, below, self.depth)


def tree_of(session: Session, scope: Scope, day: date) -> list[Unit]:
    """The highest units that may be seen, from five statements, whatever the size of the city."""
    rows = units_of(session, scope)
    figures = _figures(session, scope, day)
    units = {row.id: Unit(row.id, row.code, row.name, row.kind, figures.get(row.id, Figures())) for row in rows}
    tops: list[Unit] = []
    for row in rows:
        (units[row.parent_id].below if row.parent_id in units else tops).append(units[row.id])
    for top in tops:
        _deepen(top, 0)
    return tops


def _deepen(unit: Unit, depth: int) -> None:
    unit.depth = depth
    for below in unit.below:
        _deepen(below, depth + 1)


def _figures(session: Session, scope: Scope, day: date) -> dict[int, Figures]:
    in_no_cell = unassigned(session, scope)
    managers: dict[int, list[Row[Any]]] = {}
    for row in session.execute(managers_with_load(scope, day).where(at_work(day))):
        managers.setdefault(row.station_id, []).append(row)
    return {
        row.id: Figures(
            households=row.households,
            boxes=row.boxes,
            cells=row.cells,
            unowned=row.unowned,
            unassigned=in_no_cell.get(row.id, 0),
            **_of_managers(managers.get(row.id, [])),
        )
        for row in session.execute(stations_with_figures(scope))
    }


def _of_managers(managers: Sequence[Row[Any]]) -> dict[str, int]:
    states = [load_state(row.households, row.target) for row in managers]
    target = sum(row.target for row in managers)
    return {"managers": len(managers), "over": states.count("over"), "under": states.count("under"), "target": target}
