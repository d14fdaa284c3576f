"""What the register has otherwise: written where it differs, and nowhere else."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Table, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex

from app.core import staging
from app.core.model import Base
from app.customers.bulk.tables import (
    ALTERED,
    LINKED_INDEXES,
    Marks,
    area_left,
    box_to_assign,
    linked,
    staged,
    temporary,
)
from app.customers.models import Account, Customer, MeterBox, MeterPoint


def index_links(session: Session) -> None:
    """Make the linked rows quick to find by what they speak of."""
    for index in LINKED_INDEXES:
        session.execute(CreateIndex(index))


def change_customers(session: Session, marks: Marks) -> None:
    """New names and kinds; what the file leaves empty stays."""
    wanted = {
        "name": func.coalesce(staged.c.name, Customer.name),
        "initials": func.coalesce(staged.c.initials, Customer.initials),
        "kind": func.coalesce(staged.c.kind, Customer.kind),
    }
    _overwrite(session, Customer, linked.c.customer_id, marks.customer, wanted)


def change_accounts(session: Session, marks: Marks) -> None:
    """Another customer or address."""
    wanted = {"customer_id": linked.c.customer_id, "address": func.coalesce(staged.c.address, Account.address)}
    _overwrite(session, Account, linked.c.account_id, marks.account, wanted)


def change_boxes(session: Session, marks: Marks) -> None:
    """Another station, area, address or position."""
    wanted = {
        "station_id": func.coalesce(staged.c.station_id, MeterBox.station_id),
        "transformer_area_id": func.coalesce(staged.c.area_id, MeterBox.transformer_area_id),
        "address": func.coalesce(staged.c.box_address, MeterBox.address),
        "position": func.coalesce(staged.c.position, MeterBox.position),
    }
    places = ("station_id", "transformer_area_id", "position")
    _overwrite(session, MeterBox, linked.c.box_id, marks.meter_box, wanted, linked.c.box_rank, places)


def change_points(session: Session, marks: Marks) -> None:
    """Another account, or hung in another box."""
    wanted = {"account_id": linked.c.account_id, "box_id": linked.c.box_id}
    _overwrite(session, MeterPoint, linked.c.point_id, marks.meter_point, wanted)


def _first(key: Column[int], order: Column[int]) -> ColumnElement[bool]:
    """Of several rows that speak of one thing, the first is believed."""
    other = linked.alias("other")
    return ~exists().where(other.c[key.name] == key, other.c[order.name] < order)


def _overwrite(
    session: Session,
    model: Any,
    key: Column[int],
    mark: int,
    wanted: Mapping[str, ColumnElement[Any]],
    order: Column[int] = linked.c.row,
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
        .where(model.id <= mark, _first(key, order), differs)
    )
    staging.create(session, changed)
    session.execute(insert(changed).from_select(["id", *wanted], rows))
    session.execute(insert(ALTERED[model.__tablename__]).from_select(["id"], select(changed.c.id)))
    if places:
        _note_moved_boxes(session, changed, places)
    new_values = {name: changed.c[name] for name in wanted}
    session.execute(
        update(model).where(model.id == changed.c.id).values(new_values),
        execution_options={"synchronize_session": False},
    )
    staging.drop(session, changed)


def _note_moved_boxes(session: Session, changed: Table, places: tuple[str, ...]) -> None:
    """Boxes that will lie elsewhere are to be assigned; an area that loses one may lie mostly in another cell then."""
    stored = select(MeterBox).join(changed, changed.c.id == MeterBox.id)
    moved = or_(*(getattr(MeterBox, name).is_distinct_from(changed.c[name]) for name in places))
    session.execute(insert(box_to_assign).from_select(["id"], stored.with_only_columns(changed.c.id).where(moved)))
    area = MeterBox.transformer_area_id
    left = stored.with_only_columns(area).where(area.is_distinct_from(changed.c.transformer_area_id))
    session.execute(insert(area_left).from_select(["id"], left.where(area.is_not(None)).distinct()))


def _changed_table(model: type[Base], names: Iterable[str]) -> Table:
    columns = model.__table__.c
    return temporary(
        f"changed_{model.__tablename__}",
        Column("id", Integer, primary_key=True, autoincrement=False),
        *(Column(name, columns[name].type) for name in names),
    )
