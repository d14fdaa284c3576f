"""Reads that cards are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.access import Scope
from app.core.errors import DomainError, NotFound
from app.core.geometry import as_wkb
from app.customers.models import MeterBox
from app.customers.places import tells_on_a_customer
from app.customers.scope import within
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import cell_by_code, manager_by_code, owners_on
from app.organisation.models import OrganisationUnit, TransformerArea
from app.organisation.queries import unit_by_code


@dataclass(frozen=True)
class Selection:
    """Whose boxes get cards: of one manager, station (or bureau), cell or several, or boxes by number; as of a day."""

    manager: str | None = None
    station: str | None = None
    cell: str | None = None
    boxes: tuple[str, ...] = ()
    day: date | None = None
    cells: tuple[str, ...] = ()
    """All active cells that can be seen among these, as a plan changes them."""

    def __bool__(self) -> bool:
        return bool(self.manager or self.station or self.cell or self.cells or self.boxes)

    @property
    def on(self) -> date:
        """The day whose managers are printed."""
        return self.day or clock.today()

    def arguments(self) -> dict[str, Any]:
        """The selection as it stands in an address or in a job's parameters."""
        chosen = {"manager": self.manager, "station": self.station, "cell": self.cell, "box": list(self.boxes)}
        chosen["cells"] = list(self.cells)
        return {name: value for name, value in chosen.items() if value} | (
            {"day": self.day.isoformat()} if self.day else {}
        )


def boxes(session: Session, scope: Scope, selection: Selection) -> Sequence[Row[Any]]:
    """The chosen boxes by number: number, address, area, position (WKB), cell_id.

    `personal` says whether the address tells on a customer behind the box.
    """
    statement = _chosen(session, scope, selection).outerjoin(
        TransformerArea, TransformerArea.id == MeterBox.transformer_area_id
    )
    columns: tuple[Any, ...] = (
        MeterBox.number,
        MeterBox.address,
        TransformerArea.code.label("area"),
        as_wkb(MeterBox.position).label("position"),
        MeterBox.cell_id,
        tells_on_a_customer().label("personal"),
    )
    found = session.execute(statement.with_only_columns(*columns).order_by(MeterBox.number)).all()
    _require_boxes(selection, {row.number for row in found})
    return found


def require_all(session: Session, scope: Scope, selection: Selection) -> None:
    """Refuse, as unknown, a selection that names what may not be seen."""
    chosen = _chosen(session, scope, selection).with_only_columns(MeterBox.number)
    _require_boxes(selection, set(session.scalars(chosen)) if selection.boxes else set())


def _require_boxes(selection: Selection, found: set[str]) -> None:
    unknown = [number for number in selection.boxes if number not in found]
    if unknown:
        raise NotFound(_("There is no meter box %(numbers)s."), numbers=", ".join(unknown))


def count_boxes(session: Session, scope: Scope, selection: Selection) -> int:
    """How many boxes are chosen."""
    return session.scalar(select(func.count()).select_from(_chosen(session, scope, selection).subquery())) or 0


def _chosen(session: Session, scope: Scope, selection: Selection) -> Select[Any]:
    statement = select(MeterBox.id)
    if selection.manager:
        owner = owners_on(selection.on)
        statement = statement.join(owner, owner.c.cell_id == MeterBox.cell_id)
        statement = statement.where(owner.c.manager_id == manager_by_code(session, scope, selection.manager).id)
    if selection.station:
        statement = statement.where(MeterBox.station_id.in_(_units_under(session, scope, selection.station)))
    if selection.cell:
        statement = statement.where(MeterBox.cell_id == cell_by_code(session, scope, selection.cell).id)
    if selection.cells:
        cells = select(GridCell.id).where(GridCell.code.in_(selection.cells))
        statement = statement.where(MeterBox.cell_id.in_(cells))
    if selection.boxes:
        statement = statement.where(MeterBox.number.in_(selection.boxes))
    if not selection:
        raise DomainError(_("Choose a customer manager, a station, a grid cell or meter boxes."))
    return within(statement, scope, MeterBox)


def _units_under(session: Session, scope: Scope, code: str) -> Select[Any]:
    """The station itself, or all units of a bureau."""
    top = unit_by_code(session, scope, code)
    tree = select(OrganisationUnit.id).where(OrganisationUnit.id == top.id).cte("unit_under", recursive=True)
    tree = tree.union_all(select(OrganisationUnit.id).join(tree, OrganisationUnit.parent_id == tree.c.id))
    return select(tree.c.id)


def faces(session: Session, scope: Scope, selection: Selection) -> Sequence[Row[Any]]:
    """What the cards of each chosen box's cell show; manager columns are None where nobody answers for the cell."""
    cells = _chosen(session, scope, selection).with_only_columns(MeterBox.cell_id).where(MeterBox.cell_id.is_not(None))
    return session.execute(_faces(selection.on).where(GridCell.id.in_(cells)).order_by(GridCell.code)).all()


def _faces(day: date) -> Select[Any]:
    owner, backup = owners_on(day), aliased(CustomerManager)
    columns: tuple[Any, ...] = (
        GridCell.id.label("cell_id"),
        GridCell.code.label("cell"),
        GridCell.card_token.label("token"),
        OrganisationUnit.name.label("station"),
        CustomerManager.code.label("manager_code"),
        CustomerManager.name.label("manager"),
        CustomerManager.work_phone.label("phone"),
        CustomerManager.id.label("manager_id"),
        backup.name.label("backup"),
        backup.work_phone.label("backup_phone"),
        func.coalesce(CustomerManager.supervision_phone, OrganisationUnit.supervision_phone).label("supervision"),
    )
    return (
        select(*columns)
        .join(OrganisationUnit, OrganisationUnit.id == GridCell.station_id)
        .outerjoin(owner, owner.c.cell_id == GridCell.id)
        .outerjoin(CustomerManager, CustomerManager.id == owner.c.manager_id)
        .outerjoin(backup, backup.id == CustomerManager.backup_id)
    )


def photos(session: Session, managers: set[int]) -> dict[int, bytes]:
    """The photos of those managers who have one."""
    statement = select(CustomerManager.id, CustomerManager.photo).where(CustomerManager.photo.is_not(None))
    return {row.id: bytes(row.photo) for row in session.execute(statement.where(CustomerManager.id.in_(managers)))}


def public_face(session: Session, token: str) -> Row[Any] | None:
    """What everybody who scans a cell's QR may know; None for an unknown token or a retired cell."""
    statement = _faces(clock.today()).where(GridCell.card_token == token, GridCell.retired_at.is_(None))
    return session.execute(statement).one_or_none()
