"""Who answers for which cell from when on; cells that come and go."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session, load_only

from app.audit.service import record
from app.core import clock
from app.core.errors import Conflict, DomainError
from app.core.model import now
from app.grid.models import CustomerManager, FormerShape, GridCell, Ownership, bounds_of, new_token
from app.grid.queries import codes_of, owners_on
from app.organisation.models import OrganisationUnit
from app.organisation.queries import in_one_line, parents
from gis.codes import new_codes

QUIET = {"synchronize_session": False}


def give(session: Session, cell: GridCell, manager: CustomerManager | None, since: date, actor: str) -> list[date]:
    """Make the manager (None: nobody) responsible for the cell from that day on.

    Whoever was responsible before stays so on the days before; returns the days of later changes, which stay.
    """
    if cell.retired_at is not None:
        raise Conflict(_("Cell %(code)s is no longer in use. Choose the cell that took its place.", code=cell.code))
    if manager and manager.left_on and manager.left_on <= since:
        text = _("%(name)s leaves on %(day)s and cannot take the cell from then on.")
        raise Conflict(text, name=manager.name, day=format_date(manager.left_on))
    if manager:
        _require_one_line(session, cell, manager)
    taker: int | None = manager.id if manager else None
    changes = give_many(session, {cell.id: taker}, since)
    record(session, actor, "cell.give", cell.code, since=since.isoformat(), **before_and_after(session, changes))
    later = select(Ownership.valid_from).where(Ownership.cell_id == cell.id, Ownership.valid_from > since)
    return list(session.scalars(later.order_by(Ownership.valid_from)))


def leave(session: Session, manager: CustomerManager, day: date | None, actor: str) -> int:
    """Note the first day on which the manager is away (None: stays); returns the cells that nobody answers for then.

    The cells stay the manager's on record, so that a corrected day gives them back.
    """
    former, manager.left_on = manager.left_on, None
    session.flush()
    owner = owners_on(day or clock.today())
    theirs = select(func.count()).where(owner.c.manager_id == manager.id)
    left_behind = (session.scalar(theirs) or 0) if day else 0
    manager.left_on = day
    session.flush()
    before, after = {"day": former and former.isoformat()}, {"day": day and day.isoformat()}
    record(session, actor, "manager.leave", manager.code, before=before, after=after)
    return left_behind


def _require_one_line(session: Session, cell: GridCell, manager: CustomerManager) -> None:
    """A manager answers for cells of the own station; one of a district or bureau, for those of the stations below."""
    if not in_one_line(parents(session), manager.station_id, cell.station_id):
        raise Conflict(
            _(
                "%(name)s belongs to %(theirs)s, cell %(code)s to %(its)s. Choose a manager of the cell's station.",
                name=manager.name,
                theirs=manager.station.name,
                code=cell.code,
                its=cell.station.name,
            )
        )


Changes = dict[int, tuple[int | None, int | None]]
"""Ids of cells to the ids of who had and who gets them."""


def give_many(session: Session, managers: Mapping[int, int | None], since: date) -> Changes:
    """Write who answers for these cells (ids of cells to ids of managers) from that day on; returns what changes."""
    session.flush()
    owner = owners_on(since)
    cells = select(GridCell.id, owner.c.manager_id).outerjoin(owner, owner.c.cell_id == GridCell.id)
    before: dict[int, int | None] = dict(list(session.execute(cells.where(GridCell.id.in_(managers)))))
    changes = {cell: manager for cell, manager in managers.items() if before.get(cell) != manager}
    if changes:
        at_that_day = delete(Ownership).where(Ownership.cell_id.in_(changes), Ownership.valid_from == since)
        session.execute(at_that_day, execution_options=QUIET)
        rows = [{"cell_id": cell, "manager_id": manager, "valid_from": since} for cell, manager in changes.items()]
        session.execute(insert(Ownership), rows)
        session.expire_all()
    return {cell: (before.get(cell), manager) for cell, manager in changes.items()}


def take_back(session: Session, managers: Mapping[int, int | None], since: date) -> set[int]:
    """Undo that these cells go to these managers on that day; returns those to which others have seen since."""
    session.flush()
    at_that_day = select(Ownership.id, Ownership.cell_id, Ownership.manager_id)
    at_that_day = at_that_day.where(Ownership.cell_id.in_(managers), Ownership.valid_from == since)
    ours = {row.cell_id: row.id for row in session.execute(at_that_day) if managers[row.cell_id] == row.manager_id}
    session.execute(delete(Ownership).where(Ownership.id.in_(ours.values())), execution_options=QUIET)
    session.expire_all()
    return set(managers) - set(ours)


def before_and_after(session: Session, changes: Changes) -> dict[str, Any]:
    """The changes as the trail keeps them: codes of cells to codes of managers, before and after."""
    cells = codes_of(session, GridCell, changes)
    managers = codes_of(session, CustomerManager, {manager for pair in changes.values() for manager in pair})
    return {
        name: {cells[cell]: managers.get(pair[at]) for cell, pair in changes.items()}
        for at, name in enumerate(("before", "after"))
    }


def inherit(session: Session, parents: Sequence[GridCell], children: Sequence[GridCell], since: date) -> None:
    """Give the children the first parent's owner from that day on, and its later changes too.

    Of the days before they get what is true of all their land: all changes of hands since which the parents agree.
    """
    statement = select(Ownership.cell_id, Ownership.valid_from, Ownership.manager_id)
    statement = statement.where(Ownership.cell_id.in_([parent.id for parent in parents]))
    changes: dict[int, dict[date, int | None]] = {parent.id: {} for parent in parents}
    for row in session.execute(statement.order_by(Ownership.valid_from)):
        changes[row.cell_id][row.valid_from] = row.manager_id
    later = {day: manager for day, manager in changes[parents[0].id].items() if day > since}
    passed = _agreed(list(changes.values()), since) | later
    rows = [
        {"cell_id": child.id, "manager_id": manager, "valid_from": day}
        for child in children
        for day, manager in passed.items()
    ]
    if rows:
        session.execute(insert(Ownership), rows)


def _agreed(histories: Sequence[Mapping[date, int | None]], since: date) -> dict[date, int | None]:
    """The first history up to a day, from the last on which the others were not the same; at least who has it then."""
    days = sorted({day for history in histories for day in history if day <= since}, reverse=True)
    found: dict[date, int | None] = {}
    for day in days:
        owners = [_at(history, day) for history in histories]
        if any(owner != owners[0] for owner in owners):
            return found or {since: owners[0]}
        found[day] = owners[0]
    return found


def _at(history: Mapping[date, int | None], day: date) -> int | None:
    return history[max(known)] if (known := [each for each in history if each <= day]) else None


def give_up_token(session: Session, cell: GridCell) -> str:
    """Take from a cell the token by which the cards that hang on its boxes find it, for its heir."""
    token, cell.card_token = cell.card_token, new_token()
    session.flush()
    return token


def add_cells(
    session: Session, station: OrganisationUnit, shapes: Sequence[shapely.Geometry], token: str | None = None
) -> list[GridCell]:
    """New cells of a station, with new codes in the order of the shapes; the cards of a token lead to the first."""
    taken = session.scalars(select(GridCell.code).where(GridCell.code.startswith(f"{station.code}-", autoescape=True)))
    try:
        codes = new_codes(station.code, set(taken), len(shapes))
    except ValueError as error:
        raise DomainError(
            _("Station %(code)s has used up its cell codes. Ask for fewer, larger cells.", code=station.code)
        ) from error
    cells = [
        GridCell(code=code, station_id=station.id, shape=_multi(shape))
        for code, shape in zip(codes, shapes, strict=True)
    ]
    if token:
        cells[0].card_token = token
    session.add_all(cells)
    session.flush()
    return cells


def retire(session: Session, cells: Select) -> None:
    """Take cells (a SELECT of grid_cell.id) out of use; their codes stay taken, their history stays."""
    session.flush()
    session.execute(update(GridCell).values(retired_at=now()).where(GridCell.id.in_(cells)), execution_options=QUIET)
    session.expire_all()


def redraw(session: Session, shapes: Mapping[int, shapely.Geometry]) -> None:
    """Give cells (by id) other shapes."""
    of_these = select(GridCell).where(GridCell.id.in_(shapes)).options(load_only(GridCell.id))
    for cell in session.scalars(of_these):
        cell.shape = _multi(shapes[cell.id])
    session.flush()


def keep_shapes(session: Session, shapes: Mapping[int, shapely.Geometry]) -> None:
    """Keep what cells (by id) look like, before land passes from one to another: see `FormerShape`."""
    rows = [{"cell_id": cell, "shape": _multi(shape), **bounds_of(shape)} for cell, shape in shapes.items()]
    if rows:
        session.execute(insert(FormerShape), rows)


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
