"""Reads of a beat from box to box, and of what is still to be done in a station."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Select, exists, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload

from app.accounts.models import RoleGrant
from app.core.access import Scope, Viewer
from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.customers.models import MeterBox, MeterPoint
from app.customers.places import tells_on_a_customer
from app.customers.queries import Served, served_accounts
from app.customers.scope import boxes_seen, marked, points_seen, within
from app.customers.search import search_accounts
from app.grid.models import GridCell
from app.imports.models import ImportRun
from app.organisation.models import TransformerArea
from app.organisation.scope import in_stations

FOUND_BY_TEXT = 200


def boxes_of_beat(session: Session, beat: Scope) -> Sequence[Row]:
    """Boxes in the cells of a beat and boxes with a metering point in them, by number.

    Columns are id, number, address, position (WKB), cell, area and area_name (of the transformer area), and personal,
    whether the address tells on a customer behind the box.
    """
    cells = sorted(beat.cells)
    inside = MeterBox.cell_id.in_(cells)
    apart = select(MeterPoint.box_id).where(MeterPoint.cell_id.in_(cells), MeterPoint.reason == "override")
    statement = (
        select(
            MeterBox.id,
            MeterBox.number,
            MeterBox.address,
            as_wkb(MeterBox.position).label("position"),
            GridCell.code.label("cell"),
            TransformerArea.code.label("area"),
            TransformerArea.name.label("area_name"),
            tells_on_a_customer().label("personal"),
        )
        .outerjoin(GridCell, GridCell.id == MeterBox.cell_id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .where(or_(inside, MeterBox.id.in_(session.scalars(apart).all())))
        .order_by(MeterBox.number)
    )
    return session.execute(marked(statement)).all()


def households_of_boxes(session: Session, beat: Scope) -> dict[int, int]:
    """How many households of a beat each box holds, by the box's id."""
    statement = select(MeterPoint.box_id, func.count()).where(MeterPoint.cell_id.in_(sorted(beat.cells)))
    return dict(list(session.execute(statement.group_by(MeterPoint.box_id))))


def boxes_with(session: Session, scope: Scope, text: str) -> set[str]:
    """The numbers of the boxes in a scope behind which a name or an address holds the text; the likeliest few."""
    accounts = search_accounts(session, scope, text, FOUND_BY_TEXT)
    statement = select(MeterBox.number).join(MeterPoint, MeterPoint.box_id == MeterBox.id)
    return set(session.scalars(within(statement.where(MeterPoint.account_id.in_(accounts)), scope, MeterPoint)))


def unassigned(session: Session, scope: Scope) -> dict[int, int]:
    """How many metering points lie in no cell, by the id of their station, if all of it may be seen."""
    statement = (
        select(MeterBox.station_id, func.count())
        .select_from(MeterPoint)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(MeterBox.cell_id.is_(None), MeterPoint.cell_id.is_(None), in_stations(scope, MeterBox.station_id))
        .group_by(MeterBox.station_id)
    )
    return dict(list(session.execute(statement)))


def imports_of_people(
    session: Session, viewer: Viewer, scope: Scope, units: Collection[int], limit: int
) -> Sequence[ImportRun]:
    """The latest finished imports that somebody with a role in one of the units has brought, as far as one may follow.

    A file says nothing of stations: one that was brought for the whole city belongs to no station's history.
    """
    people = select(RoleGrant.user_id).where(RoleGrant.unit_id.in_(sorted(units)))
    statement = select(ImportRun).options(defer(ImportRun.issues))
    statement = statement.where(ImportRun.user_id.in_(people), ImportRun.finished_at.is_not(None))
    if not scope.everywhere:
        statement = statement.where(ImportRun.user_id == viewer.user_id)
    return session.scalars(statement.order_by(ImportRun.id.desc()).limit(limit)).all()


def box_by_number(session: Session, scope: Scope, number: str) -> MeterBox:
    """The box with station, transformer area and cell, for whoever may see it or somebody behind it; or NotFound."""
    statement: Select[Any] = select(MeterBox).where(MeterBox.number == number)
    parts = (joinedload(part) for part in (MeterBox.station, MeterBox.transformer_area, MeterBox.cell))
    metered = exists().where(MeterPoint.box_id == MeterBox.id, points_seen(scope))
    statement = statement.where(or_(boxes_seen(scope), metered))
    box = session.scalar(marked(statement).options(*parts))
    if box is None:
        raise NotFound(_("There is no meter box %(number)s.", number=number))
    return box


def households_of_box(session: Session, scope: Scope, box: MeterBox, day: date) -> list[Served]:
    """Who is metered in the box, as far as the scope goes, in the order of the metering points."""
    statement = select(MeterPoint.account_id, MeterPoint.id).where(MeterPoint.box_id == box.id)
    rows = session.execute(within(statement, scope, MeterPoint).order_by(MeterPoint.number)).all()
    points: dict[int, int] = {}
    for row in rows:
        points.setdefault(row.account_id, row.id)
    return served_accounts(session, scope, list(points), day, points)
