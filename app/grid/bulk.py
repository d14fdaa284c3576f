"""Write many managers, cells and changes of hands at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import shapely
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.core.upsert import CREATED, UNCHANGED, UPDATED, Written, ids_by_code, upsert
from app.grid.models import CustomerManager, GridCell, Ownership, bounds_of
from app.grid.service import keep_shapes
from app.organisation.models import OrganisationUnit

Row = dict[str, Any]
History = dict[date, int | None]
"""The managers of one cell by the days on which they begin."""


def store_managers(session: Session, rows: Sequence[Row]) -> Written:
    """Managers: code, name, station (a code), work_phone, supervision_phone, target_households, left_on,
    backup (a code, of the rows or stored). None keeps what is stored.
    """
    stations = ids_by_code(session, OrganisationUnit)
    columns = ("code", "name", "work_phone", "supervision_phone", "target_households", "left_on")
    managers = [{name: row[name] for name in columns} | {"station_id": stations[row["station"]]} for row in rows]
    written = upsert(session, CustomerManager, managers)
    ids = ids_by_code(session, CustomerManager)
    backups = [{"code": row["code"], "backup_id": ids[row["backup"]]} for row in rows if row["backup"]]
    return upsert(session, CustomerManager, backups, written)


def store_cells(session: Session, rows: Sequence[Row]) -> Written:
    """Cells: code, name, station (a code), shape (a multipolygon). None keeps what is stored."""
    stations = ids_by_code(session, OrganisationUnit)
    cells = [
        {
            "code": row["code"],
            "name": row["name"],
            "station_id": stations[row["station"]],
            "shape": row["shape"],
            **bounds_of(row["shape"]),
        }
        for row in rows
    ]
    _keep_former_shapes(session, {row["code"]: row["shape"] for row in cells})
    return upsert(session, GridCell, cells)


def _keep_former_shapes(session: Session, wanted: Mapping[str, shapely.Geometry | None]) -> None:
    stored = session.execute(select(GridCell.id, GridCell.code, GridCell.shape).where(GridCell.retired_at.is_(None)))
    keep_shapes(session, {row.id: row.shape for row in stored if wanted.get(row.code) not in (None, row.shape)})


def store_ownership(session: Session, rows: Sequence[Row]) -> Written:
    """Changes of hands: cell and manager (codes; None for nobody), valid_from, valid_to (the last day, or None).

    A row that says what is so already writes nothing. After a last day the cell is again whose it was, or nobody's.
    """
    cells, managers = ids_by_code(session, GridCell), ids_by_code(session, CustomerManager)
    stored = _histories(session, {cells[row["cell"]] for row in rows})
    wanted = {cell: dict(days) for cell, days in stored.items()}
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        days = wanted[cells[row["cell"]]]
        _hand_over(days, managers.get(row["manager"]), row["valid_from"], _day_after(row["valid_to"]))
    _write_differences(session, stored, wanted)
    written = Written()
    for row in rows:
        cell = cells[row["cell"]]
        written.mark((row["cell"], row["valid_from"]), _state(stored[cell], wanted[cell], row))
    return written


def _histories(session: Session, cells: Iterable[int]) -> dict[int, History]:
    histories: dict[int, History] = {cell: {} for cell in cells}
    for owned in session.execute(select(Ownership.cell_id, Ownership.valid_from, Ownership.manager_id)):
        if owned.cell_id in histories:
            histories[owned.cell_id][owned.valid_from] = owned.manager_id
    return histories


def _day_after(last: date | None) -> date | None:
    return last and last + timedelta(days=1)


def _hand_over(days: History, manager: int | None, since: date, end: date | None) -> None:
    """Give the cell to the manager from a day on, up to but not on the day `end`."""
    if end is not None:
        if end not in days:
            former = _owner_on(days, end)
            days[end] = None if former == manager else former
        for day in [day for day in days if since < day < end]:
            del days[day]
    if _owner_on(days, since) != manager:
        days[since] = manager


def _owner_on(days: History, day: date) -> int | None:
    before = [known for known in days if known <= day]
    return days[max(before)] if before else None


def _state(stored: History, wanted: History, row: Row) -> str:
    concerned = [day for day in (row["valid_from"], _day_after(row["valid_to"])) if day is not None]
    if all((day in stored) == (day in wanted) and stored.get(day) == wanted.get(day) for day in concerned):
        return UNCHANGED
    return UPDATED if row["valid_from"] in stored else CREATED


def _write_differences(session: Session, stored: dict[int, History], wanted: dict[int, History]) -> None:
    new = []
    for cell, days in wanted.items():
        different = [day for day, manager in stored[cell].items() if day not in days or days[day] != manager]
        if different:
            session.execute(delete(Ownership).where(Ownership.cell_id == cell, Ownership.valid_from.in_(different)))
        new += [
            {"cell_id": cell, "valid_from": day, "manager_id": manager}
            for day, manager in days.items()
            if day in different or day not in stored[cell]
        ]
    if new:
        session.execute(insert(Ownership), new)
    session.expire_all()
