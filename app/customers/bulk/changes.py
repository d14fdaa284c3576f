"""What the register has otherwise: written where it differs, and nowhere else."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Table, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.core import staging
from app.core.model import Base
from app.customers.bulk.tables import ALTERED, Marks, box_to_assign, linked, staged, temporary
from app.customers.models import Account, Customer, MeterBox, MeterPoint


def change_customers(session: Session, marks: Marks) -> None:
    """New names and kinds; what the file leaves empty stays."""
    wanted = {
        "name": func.coalesce(staged.c.name, Customer.name),
        "initials": func.coalesce(staged.c.initials, Customer.initials),
        "kind": func.coalesce(staged.c.kind, Customer.kind),
    }
    _overwrite(session, Customer, linked.c.customer_id, marks.customer, wanted, _first(linked.c.customer_id))


def change_accounts(session: Session, marks: Marks) -> None:
    """Another customer or address."""
    wanted = {"customer_id": linked.c.customer_id, "address": func.coalesce(staged.c.address, Account.address)}
    _overwrite(session, Account, linked.c.account_id, marks.account, wanted, _first(linked.c.account_id))


def change_boxes(session: Session, marks: Marks) -> None:
    """Another station, area, address or position."""
    wanted = {
        "station_id": func.coalesce(staged.c.station_id, MeterBox.station_id),
        "transformer_area_id": func.coalesce(staged.c.area_id, MeterBox.transformer_area_id),
        "address": func.coalesce(staged.c.box_address, MeterBox.address),
        "position": func.coalesce(staged.c.position, MeterBox.position),
    }
    speaking = select(func.min(staged.c.box_rank)).join(linked, linked.c.row == staged.c.row).group_by(linked.c.box_id)
    places = ("station_id", "transformer_area_id", "position")
    speaks = staged.c.box_rank.in_(speaking)
    _overwrite(session, MeterBox, linked.c.box_id, marks.meter_box, wanted, speaks, places)


def change_points(session: Session, marks: Marks) -> None:
    """Another account, or hung in another box."""
    wanted = {"account_id": linked.c.account_id, "box_id": linked.c.box_id}
    _overwrite(session, MeterPoint, linked.c.point_id, marks.meter_point, wanted, _first(linked.c.point_id))


def _first(key: ColumnElement[int]) -> ColumnElement[bool]:
    return linked.c.row.in_(select(func.min(linked.c.row)).group_by(key))


def _overwrite(
    session: Session,
    model: Any,
    key: ColumnElement[int],
    mark: int,
    wanted: Mapping[str, ColumnElement[Any]],
    speaks: ColumnElement[bool],
    places: tuple[str, ...] = (),
) -> None:
    """Write the wanted values where they differ; a difference in one of the `places` calls for assignment."""
    differs = or_(*(getattr(model, name).is_distinct_from(value) for name, value in wanted.items()))
    changed = _changed_table(model, wanted)
    rows = (
        select(model.id, *wanted.values())
        .select_from(linked)
        .join(staged, staged.c.row == linked.c.row)
        .join(model, model.id == key)
        .where(model.id <= mark, speaks, differs)
    )
    staging.create(session, changed)
    session.execute(insert(changed).from_select(["id", *wanted], rows))
    session.execute(insert(ALTERED[model.__tablename__]).from_select(["id"], select(changed.c.id)))
    if places:
        moved = or_(*(getattr(model, name).is_distinct_from(changed.c[name]) for name in places))
        boxes = select(changed.c.id).join(model, model.id == changed.c.id).where(moved)
        session.execute(insert(box_to_assign).from_select(["id"], boxes))
    new_values = {name: changed.c[name] for name in wanted}
    session.execute(
        update(model).where(model.id == changed.c.id).values(new_values),
        execution_options={"synchronize_session": False},
    )
    staging.drop(session, changed)


def _changed_table(model: type[Base], names: Iterable[str]) -> Table:
    columns = model.__table__.c
    return temporary(
        f"changed_{model.__tablename__}",
        Column("id", Integer, primary_key=True, autoincrement=False),
        *(Column(name, columns[name].type) for name in names),
    )
