"""Whatever a caller says is understood, the likeliest meaning first."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.customers.models import MeterInstallation
from app.lookup.service import as_json, lookup
from tests.factories import make_customer
from tests.integration.lookup.conftest import Settle
from tests.statements import counted, reads

DAY = date(2026, 3, 14)


def found(session: Session, query: str) -> list[str]:
    return [hit.served.account_no for hit in lookup(session, EVERYWHERE, query, DAY).hits]


@pytest.mark.parametrize(
    "spelling",
    [
        "13912345678",
        "+86 139 1234 5678",
        "0086-139-1234-5678",
        "139-1234-5678",
        "１３９ １２３４ ５６７８",
        "013912345678",
    ],
)
def test_a_mobile_phone_in_any_spelling(session: Session, settle: Settle, spelling: str) -> None:
    wanted, _other = settle(), settle(phone="13912345679")
    assert found(session, spelling) == [wanted.account]


@pytest.mark.parametrize("spelling", ["0752-2345678", "(0752) 2345678", "2345678", "+86 752 2345678"])
def test_a_landline_with_and_without_area_code(session: Session, settle: Settle, spelling: str) -> None:
    wanted = settle(phone="07522345678")
    assert found(session, spelling) == [wanted.account]


@pytest.mark.parametrize("kind", ["account", "meter", "box", "point", "customer"])
def test_the_numbers_on_bill_meter_and_box(session: Session, settle: Settle, kind: str) -> None:
    wanted, _other = settle(), settle()
    number = getattr(wanted, kind)
    hits = lookup(session, EVERYWHERE, f" {number.lower()} ", DAY).hits
    assert [(hit.served.account_no, hit.kind) for hit in hits] == [(wanted.account, kind)]


def test_the_beginning_of_a_number(session: Session, settle: Settle) -> None:
    wanted = settle()
    assert wanted.account in found(session, wanted.account[:8])
    assert found(session, wanted.account[:4] + "x") == []


def test_a_meter_that_was_taken_out_is_not_found(session: Session, settle: Settle) -> None:
    wanted = settle()
    old = session.scalars(select(MeterInstallation).where(MeterInstallation.asset_no == wanted.meter)).one()
    session.add(
        MeterInstallation(meter_point_id=old.meter_point_id, asset_no="4413NEW000001", valid_from=date(2026, 1, 1))
    )
    session.flush()
    assert found(session, wanted.meter) == []
    assert found(session, "4413new000001") == [wanted.account]


@pytest.mark.parametrize("part", ["陈建国", "建国", "水门", "12号3栋", "水门 陈建"])
def test_a_part_of_name_or_address(session: Session, settle: Settle, part: str) -> None:
    wanted = settle()
    settle("李秀英", "人民四路8号")
    assert found(session, part) == [wanted.account]


@pytest.mark.parametrize("initials", ["cjg", "CJG"])
def test_the_initials_of_a_name(session: Session, settle: Settle, initials: str) -> None:
    wanted = settle()
    settle("李秀英")
    assert found(session, initials) == [wanted.account]


def test_names_come_before_addresses(session: Session, settle: Settle) -> None:
    in_address, begins, equals = settle("李四", "建国路1号"), settle("建国饭店"), settle("建国")
    assert found(session, "建国") == [equals.account, begins.account, in_address.account]


def test_the_answer_names_cell_manager_backup_and_reason(session: Session, settle: Settle) -> None:
    wanted = settle()
    (hit,) = lookup(session, EVERYWHERE, wanted.account, DAY).hits
    assert as_json(hit) == {
        "account_no": wanted.account,
        "name": "陈建国",
        "address": "水门路12号3栋501房",
        "cell": "JB-001",
        "manager": {"code": "KH9000", "name": "林经理", "phone": "13800009000"},
        "reason": "inside",
    }
    assert hit.served.backup is not None
    assert (hit.served.backup.name, hit.served.station) == ("何后备", "江北供电所")


def test_before_anybody_answered_for_the_cell(session: Session, settle: Settle) -> None:
    (hit,) = lookup(session, EVERYWHERE, settle().account, date(2019, 12, 31)).hits
    assert hit.served.manager is None


def test_nothing_found_says_what_was_tried(session: Session, settle: Settle) -> None:
    settle()
    assert lookup(session, EVERYWHERE, "13800000000", DAY).tried == [
        "the phone number 13800000000, or an account, meter, box or metering point number",
        "the beginning of an account, meter, box or metering point number",
    ]
    assert lookup(session, EVERYWHERE, "不存在的", DAY).tried == ["a part of a name or address"]


@pytest.mark.parametrize("query", ["", " ", "%", "'", "\\", "＊"])
def test_too_little_is_not_looked_for(session: Session, settle: Settle, query: str) -> None:
    settle()
    answer = lookup(session, EVERYWHERE, query, DAY)
    assert (answer.hits, answer.tried) == ([], [])


@pytest.mark.parametrize("query", ["水门", "cjg", "13912345678", "03170000"])
def test_the_number_of_statements_does_not_grow_with_the_hits(session: Session, settle: Settle, query: str) -> None:
    settle()
    with counted(session) as few:
        lookup(session, EVERYWHERE, query, DAY)
    for _more in range(5):
        settle()
    with counted(session) as many:
        assert len(lookup(session, EVERYWHERE, query, DAY).hits) >= 6
    assert len(many) == len(few)


@pytest.mark.parametrize("kind", ["account", "meter", "box"])
def test_a_number_costs_two_statements(session: Session, settle: Settle, kind: str) -> None:
    number = getattr(settle(), kind)
    with counted(session) as sent:
        assert found(session, number)
    assert len(reads(sent)) == 2


def test_a_customer_without_account_is_no_hit(session: Session) -> None:
    make_customer(session, ("13912345678",))
    assert found(session, "13912345678") == []


def test_more_hits_than_asked_for_are_said(session: Session, settle: Settle) -> None:
    for _each in range(3):
        settle()
    few, all_of_them = (
        lookup(session, EVERYWHERE, "水门", DAY, limit=2),
        lookup(session, EVERYWHERE, "水门", DAY, limit=3),
    )
    assert (len(few.hits), few.more) == (2, True)
    assert (len(all_of_them.hits), all_of_them.more) == (3, False)
