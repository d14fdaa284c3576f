"""Reads of what a manager finds on the way: boxes of the own cells and the households behind them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Select, exists, func, or_, select, union
from sqlalchemy.orm import Session, joinedload

from app.core.access import Scope
from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.customers.models import MeterBox, MeterPoint
from app.customers.places import tells_on_a_customer
from app.customers.queries import Served, served_accounts
from app.customers.scope import boxes_seen, marked, points_seen, within
from app.customers.search import search_accounts
from app.grid.models import GridCell
from app.organisation.models import TransformerArea

FOUND_BY_TEXT = 200


def boxes_of_beat(session: Session, beat: Scope) -> Sequence[Row[Any]]:
    """Boxes in the cells of a beat and boxes with a metering point in them, by number.

    Columns are number, address, position (WKB), cell, area and area_name (of the transformer area), households (those
    of the beat), and personal, whether the address tells on a customer behind the box.
    """
    points = (
        select(MeterPoint.box_id, func.count().label("households"))
        .where(MeterPoint.cell_id.in_(sorted(beat.cells)))
        .group_by(MeterPoint.box_id)
        .subquery()
    )
    inside = select(MeterBox.id).where(MeterBox.cell_id.in_(sorted(beat.cells)))
    here = union(inside, select(points.c.box_id)).subquery()
    statement = (
        select(
            MeterBox.number,
            MeterBox.address,
            as_wkb(MeterBox.position).label("position"),
            GridCell.code.label("cell"),
            TransformerArea.code.label("area"),
            TransformerArea.name.label("area_name"),
            func.coalesce(points.c.households, 0).label("households"),
            tells_on_a_customer().label("personal"),
        )
        .join(here, here.c.id == MeterBox.id)
        .outerjoin(points, points.c.box_id == MeterBox.id)
        .outerjoin(GridCell, GridCell.id == MeterBox.cell_id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .order_by(MeterBox.number)
    )
    return session.execute(marked(statement)).all()


def boxes_with(session: Session, scope: Scope, text: str) -> set[str]:
    """The numbers of the boxes in a scope behind which a name or an address holds the text; the likeliest few."""
    accounts = search_accounts(session, scope, text, FOUND_BY_TEXT)
    statement = select(MeterBox.number).join(MeterPoint, MeterPoint.box_id == MeterBox.id)
    return set(session.scalars(within(statement.where(MeterPoint.account_id.in_(accounts)), scope, MeterPoint)))


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
