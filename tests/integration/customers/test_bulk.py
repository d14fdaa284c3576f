from datetime import date
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.staging import is_sqlite
from app.customers.bulk import Stored, first, store
from app.customers.models import (
    Account,
    Customer,
    CustomerPhone,
    MeterBox,
    MeterInstallation,
    MeterPoint,
    SpecialCare,
)
from app.organisation.models import TransformerArea
from tests.factories import make_area, make_station

ROW = {
    "account_no": "0317000000001",
    "name": "曾志强",
    "phones": "13812345678;07522345678",
    "address": "水门路12号",
    "asset_no": "M1",
    "installed_on": date(2024, 5, 1),
    "box_no": "BX1",
    "station": "S1",
    "area": "TQ1",
    "lon": 114.4,
    "lat": 23.1,
    "care": "lives_alone",
}


@pytest.fixture(autouse=True)
def organisation(session: Session) -> None:
    make_area(session, make_station(session, code="S1"), code="TQ1")


def put(session: Session, *rows: dict[str, Any]) -> Stored:
    return store(session, [pd.DataFrame([ROW | row for row in rows])])


def everything(session: Session) -> list[Any]:
    """All that is stored, but ids that nothing refers to."""
    tables = {
        "customer": "*",
        "customer_phone": "customer_id, number, rank",
        "special_care": "customer_id, kind",
        "account": "*",
        "meter_box": "number, position, reason, cause",
        "meter_point": "*",
        "meter_installation": "meter_point_id, asset_no, valid_from",
        "account_text": "*",
        "pair_posting": "*",
    }
    return [sorted(map(str, session.execute(text(f"select {wanted} from {name}")))) for name, wanted in tables.items()]


def test_many_rows_are_stored_as_few_are(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {}, {"account_no": "2", "box_no": None, "phones": "13812345678"}, {"account_no": "3", "customer_no": "2"}
    put(session, *rows)
    few = everything(session)
    session.rollback()
    make_area(session, make_station(session, code="S1"), code="TQ1")
    monkeypatch.setattr(first, "MANY", 1)
    put(session, *rows)
    assert everything(session) == few


def one(session: Session, model: Any) -> Any:
    return session.scalars(select(model)).one()


def test_a_row_becomes_customer_account_box_point_and_meter(session: Session) -> None:
    put(session, {})
    point = one(session, MeterPoint)
    assert (point.number, point.account.number, point.box.number) == ("0317000000001", "0317000000001", "BX1")
    assert (point.reason, point.cause) == ("unassigned", "no_cells")
    assert (point.box.station.code, point.box.transformer_area.code) == ("S1", "TQ1")
    assert (point.box.position.x, point.box.position.y) == (114.4, 23.1)
    customer = point.account.customer
    assert (customer.name, customer.initials, customer.kind) == ("曾志强", "zzq", "household")
    assert [phone.number for phone in customer.phones] == ["13812345678", "07522345678"]
    assert one(session, SpecialCare).kind == "lives_alone"
    assert one(session, MeterInstallation).valid_from == date(2024, 5, 1)


def test_it_counts_new_changed_and_unchanged_rows(session: Session) -> None:
    first = put(session, {}, {"account_no": "2", "box_no": "BX2"})
    again = put(session, {"name": "曾志刚"}, {"account_no": "2", "box_no": "BX2"}, {"account_no": "3", "box_no": "BX3"})
    assert (first.created, first.updated, first.unchanged) == (2, 0, 0)
    assert (again.created, again.updated, again.unchanged) == (1, 1, 1)


def versions(session: Session) -> list[tuple[Any, ...]]:
    """What PostgreSQL changes whenever a row is written, even with the same values."""
    tables = ("customer", "customer_phone", "special_care", "account", "meter_box", "meter_point", "meter_installation")
    column = "rowid, *" if is_sqlite(session) else "ctid, xmin, *"
    return [tuple(map(str, row)) for table in tables for row in session.execute(text(f"select {column} from {table}"))]


def test_the_same_rows_again_write_nothing(session: Session) -> None:
    put(session, {}, {"account_no": "2", "box_no": "BX1", "phones": ""})
    session.commit()
    before = versions(session)
    again = put(session, {}, {"account_no": "2", "box_no": "BX1", "phones": ""})
    session.commit()
    assert (again.unchanged, versions(session)) == (2, before)


def test_what_a_later_file_leaves_empty_stays(session: Session) -> None:
    put(session, {"customer_no": "K1", "meter_point_no": "JL1"})
    empty = dict.fromkeys(ROW, None) | {"account_no": ROW["account_no"], "lon": float("nan"), "lat": float("nan")}
    assert put(session, empty).unchanged == 1
    assert one(session, MeterPoint).number == "JL1"


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        ({"lon": 114.5}, ["BX1"]),
        ({"area": "TQ2"}, ["BX1"]),
        ({"box_no": "BX9"}, ["BX9"]),
        ({"name": "曾志刚"}, []),
        ({"box_address": "水门路"}, []),
    ],
)
def test_boxes_that_lie_elsewhere_are_handed_on(session: Session, change: dict[str, Any], concerned: list[str]) -> None:
    make_area(session, make_station(session, code="S2"), code="TQ2")
    put(session, {}, {"account_no": "2", "box_no": "BX2"})
    stored = put(session, change, {"account_no": "2", "box_no": "BX2"})
    assert session.scalars(select(MeterBox.number).where(MeterBox.id.in_(stored.boxes))).all() == concerned


@pytest.mark.parametrize(("change", "left"), [({"area": "TQ2"}, ["TQ1"]), ({"area": None}, []), ({"lon": 114.5}, [])])
def test_the_area_that_a_box_leaves_is_handed_on(session: Session, change: dict[str, Any], left: list[str]) -> None:
    make_area(session, make_station(session, code="S2"), code="TQ2")
    put(session, {}, {"account_no": "2", "box_no": "BX2"})
    stored = put(session, change, {"account_no": "2", "box_no": "BX2"} | change)
    assert session.scalars(select(TransformerArea.code).where(TransformerArea.id.in_(stored.areas))).all() == left


def test_a_new_point_in_a_known_box_hands_the_box_on(session: Session) -> None:
    put(session, {})
    stored = put(session, {"account_no": "2"})
    assert session.scalars(select(MeterBox.number).where(MeterBox.id.in_(stored.boxes))).all() == ["BX1"]


def test_accounts_to_index_are_those_that_changed_and_their_customers_others(session: Session) -> None:
    rows = [{"account_no": number, "customer_no": "K1"} for number in ("1", "2")]
    put(session, *rows, {"account_no": "3", "customer_no": "K3"})
    stored = put(session, rows[0] | {"name": "曾志刚"}, {"account_no": "3", "customer_no": "K3"})
    assert set(session.scalars(select(Account.number).where(Account.id.in_(stored.accounts)))) == {"1", "2"}


def test_phones_and_marks_are_replaced_as_a_list(session: Session) -> None:
    put(session, {})
    put(session, {"phones": "07522345678;13900000000", "care": "-"})
    phones = select(CustomerPhone.number).order_by(CustomerPhone.rank)
    assert session.scalars(phones).all() == ["07522345678", "13900000000"]
    assert session.scalar(select(func.count()).select_from(SpecialCare)) == 0


def test_several_rows_of_a_customer_give_one_list_of_phones(session: Session) -> None:
    rows = [
        {"account_no": "1", "customer_no": "K1", "phones": "13800000001"},
        {"account_no": "2", "customer_no": "K1", "phones": "13800000002;13800000001"},
    ]
    put(session, *rows)
    assert put(session, *rows).unchanged == 2
    phones = select(CustomerPhone.number).order_by(CustomerPhone.rank)
    assert session.scalars(phones).all() == ["13800000001", "13800000002"]


def test_a_change_of_meter_is_a_new_dated_row(session: Session) -> None:
    put(session, {})
    put(session, {"asset_no": "M2", "installed_on": date(2026, 3, 1)})
    put(session, {"asset_no": "M1", "installed_on": date(2024, 5, 1)})
    rows = session.execute(select(MeterInstallation.asset_no, MeterInstallation.valid_from))
    assert sorted(map(tuple, rows)) == [("M1", date(2024, 5, 1)), ("M2", date(2026, 3, 1))]


def test_a_located_row_speaks_for_its_box(session: Session) -> None:
    nowhere = {"lon": float("nan"), "lat": float("nan")}
    put(session, nowhere, {"account_no": "2"})
    assert one(session, MeterBox).position is not None


def test_a_box_of_its_own_has_the_customers_address(session: Session) -> None:
    put(session, {"box_no": None}, {"account_no": "2", "box_no": "BX2"})
    addresses = dict(session.execute(select(MeterBox.number, MeterBox.address)).all())
    assert addresses == {"0317000000001": "水门路12号", "BX2": ""}


def test_a_point_that_comes_twice_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError):
        put(session, {}, {})


def test_a_customer_is_stored_once(session: Session) -> None:
    put(session, {"customer_no": "K1"}, {"customer_no": "K1", "account_no": "2"})
    assert session.scalar(select(func.count()).select_from(Customer)) == 1
