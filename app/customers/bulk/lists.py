"""What a customer or a metering point has several of: phones, care marks, meters from date to date."""

from datetime import date
from typing import Any

from sqlalchemy import Column, Integer, Select, Table, delete, exists, func, insert, literal, select, tuple_
from sqlalchemy.orm import Session

from app.core import staging
from app.core.model import now
from app.customers.bulk.tables import (
    altered_customer,
    altered_point,
    linked,
    staged,
    staged_care,
    staged_phone,
    temporary,
)
from app.customers.models import CustomerPhone, MeterInstallation, SpecialCare

NO_CARE = "-"
"""Stands in a file for: whatever mark there was has ended."""


def replace_phones(session: Session) -> None:
    """The phones of the file in place of the stored ones, for customers for whom it has any."""
    customer = linked.c.customer_id
    order = (func.min(staged_phone.c.row), func.min(staged_phone.c.rank))
    place = func.row_number().over(partition_by=customer, order_by=order) - 1
    wanted = (
        select(customer, staged_phone.c.number, place)
        .join(linked, linked.c.row == staged_phone.c.row)
        .group_by(customer, staged_phone.c.number)
    )
    _replace(session, CustomerPhone, staged_phone, wanted, ("number", "rank"))


def replace_cares(session: Session) -> None:
    """The care marks of the file in place of the stored ones, for customers for whom it has any."""
    wanted = (
        select(linked.c.customer_id, staged_care.c.kind)
        .join(linked, linked.c.row == staged_care.c.row)
        .where(staged_care.c.kind != NO_CARE)
        .distinct()
    )
    _replace(session, SpecialCare, staged_care, wanted, ("kind",), noted_at=now())


def _replace(
    session: Session, model: Any, source: Table, wanted: Select[Any], compared: tuple[str, ...], **others: Any
) -> None:
    """Make the stored rows of every customer in `source` equal to the wanted ones; equal rows are not touched."""
    columns = ("customer_id", *compared)
    listed = temporary(f"wanted_{model.__tablename__}", *(_like(model, name, columns[:2]) for name in columns))
    staging.create(session, listed)
    session.execute(insert(listed).from_select(columns, wanted))
    table = model.__table__
    same = [listed.c[name] == table.c[name] for name in columns]
    spoken_of = select(linked.c.customer_id).join(source, source.c.row == linked.c.row)
    extra = table.c.customer_id.in_(spoken_of) & ~exists(select(1).where(*same).correlate(table))
    _note_altered(session, select(table.c.customer_id).where(extra))
    session.execute(delete(table).where(extra))
    session.execute(delete(listed).where(exists(select(1).where(*same).correlate(listed))))
    _note_altered(session, select(listed.c.customer_id))
    values = [literal(value, table.c[name].type) for name, value in others.items()]
    rows = select(*(listed.c[name] for name in columns), *values)
    session.execute(insert(table).from_select([*columns, *others], rows))
    staging.drop(session, listed)


def _note_altered(session: Session, customers: Select[int]) -> None:
    found = customers.distinct().subquery()
    unnoted = found.c.customer_id.not_in(select(altered_customer.c.id))
    session.execute(insert(altered_customer).from_select(["id"], select(found.c.customer_id).where(unnoted)))


def _like(model: Any, name: str, keys: tuple[str, ...]) -> Column[Any]:
    return Column(name, model.__table__.c[name].type, primary_key=name in keys, autoincrement=False)


def add_installations(session: Session, day: date) -> None:
    """A meter other than the one known for its day is a new dated row; without a date it went in on `day`."""
    changed = temporary(
        "changed_meter",
        Column("meter_point_id", Integer, primary_key=True, autoincrement=False),
        *(Column(name, MeterInstallation.__table__.c[name].type) for name in ("asset_no", "valid_from")),
    )
    since = func.coalesce(staged.c.installed_on, day)
    known = (
        select(MeterInstallation.asset_no)
        .where(MeterInstallation.meter_point_id == linked.c.point_id, MeterInstallation.valid_from <= since)
        .order_by(MeterInstallation.valid_from.desc())
        .limit(1)
        .correlate(linked, staged)
        .scalar_subquery()
    )
    rows = (
        select(linked.c.point_id, staged.c.asset_no, since)
        .join(staged, staged.c.row == linked.c.row)
        .where(staged.c.asset_no.is_not(None), known.is_distinct_from(staged.c.asset_no))
    )
    columns = ["meter_point_id", "asset_no", "valid_from"]
    staging.create(session, changed)
    session.execute(insert(changed).from_select(columns, rows))
    unnoted = changed.c.meter_point_id.not_in(select(altered_point.c.id))
    session.execute(insert(altered_point).from_select(["id"], select(changed.c.meter_point_id).where(unnoted)))
    _correct_same_day(session, changed)
    session.execute(insert(MeterInstallation).from_select(columns, select(*(changed.c[name] for name in columns))))
    staging.drop(session, changed)


def _correct_same_day(session: Session, changed: Table) -> None:
    """Two meters at a point on one day cannot be: the later word is the right one."""
    table: Any = MeterInstallation.__table__
    again = select(changed.c.meter_point_id, changed.c.valid_from)
    session.execute(delete(table).where(tuple_(table.c.meter_point_id, table.c.valid_from).in_(again)))
