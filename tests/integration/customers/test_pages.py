"""Customers' pages: masked lists, one customer in full only on record, any day's manager."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.access import EVERYWHERE, Scope
from app.core.paging import PAGE_SIZE
from app.customers import queries
from app.customers.models import Account, MeterInstallation, MeterPoint, SpecialCare
from app.customers.queries import Filter, account_page
from app.customers.responsible import managers_of_points
from app.customers.search import index_accounts
from app.grid.models import CustomerManager, GridCell
from app.organisation.models import OrganisationUnit
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)
from tests.statements import counted

DAY = date(2026, 3, 14)


class Village:
    """A station with an area, a cell and the manager of today and yesterday."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.station: OrganisationUnit = make_station(session)
        self.area = make_area(session, self.station)
        self.former: CustomerManager = make_manager(session, self.station, name="旧经理")
        self.manager: CustomerManager = make_manager(session, self.station, name="新经理")
        self.cell: GridCell = make_cell(session, self.station)
        own(session, self.cell, self.former, date(2020, 1, 1))
        own(session, self.cell, self.manager, date(2026, 1, 1))

    def settle(self, name: str = "陈建国", address: str = "水门路12号", phones: tuple[str, ...] = ()) -> Account:
        account = make_account(self.session, make_customer(self.session, phones, name=name), address=address)
        box = make_box(self.session, self.station, at=(114.405, 23.105), transformer_area_id=self.area.id)
        make_meter_point(self.session, box, account, cell_id=self.cell.id, reason="inside", cause=null())
        return account


@pytest.fixture
def village(session: Session) -> Village:
    return Village(session)


def numbers(session: Session, **wanted: str) -> list[str]:
    page = account_page(session, EVERYWHERE, Filter(**wanted), DAY, None, None)
    return [served.account_no for served in page.rows]


def test_the_list_is_masked_and_in_order(session: Session, client: FlaskClient, village: Village) -> None:
    first, second = village.settle(), village.settle("李秀英")
    session.commit()
    page = client.get("/customers").text
    assert "陈**" in page
    assert "陈建国" not in page
    assert "水门路12" not in page
    assert numbers(session) == sorted([first.number, second.number])


def test_every_filter_narrows_the_list(session: Session) -> None:
    here, there = Village(session), Village(session)
    mine, _other = here.settle(), there.settle("李秀英", "人民四路8号")
    index_accounts(session, select(Account.id))
    by = {
        "station": here.station.code,
        "area": here.area.code,
        "cell": here.cell.code,
        "manager": here.manager.code,
        "text": "水门",
    }
    for field, value in by.items():
        assert (field, numbers(session, **{field: value})) == (field, [mine.number])
    assert numbers(session, **by) == [mine.number]
    assert numbers(session, manager=here.former.code) == []
    assert numbers(session, cell="NONE") == []


def test_nobody_serves_the_customers_of_a_manager_who_is_away(session: Session, village: Village) -> None:
    account = village.settle()
    village.manager.left_on = DAY
    session.flush()
    (served,) = account_page(session, EVERYWHERE, Filter(cell=village.cell.code), DAY, None, None).rows
    assert served.manager is None
    assert managers_of_points(session, session.scalars(select(MeterPoint)).all(), DAY) == {}
    assert numbers(session, manager=village.manager.code) == []
    day_before = account_page(session, EVERYWHERE, Filter(manager=village.manager.code), date(2026, 3, 13), None, None)
    assert [row.account_no for row in day_before.rows] == [account.number]


def test_a_past_day_lists_the_customers_of_that_day_s_manager(
    session: Session, client: FlaskClient, village: Village
) -> None:
    account = village.settle()
    session.commit()
    former = {"manager": village.former.code}
    past = client.get("/customers", query_string=former | {"on": "2025-12-31"}).text
    assert f"/customers/{account.id}" in past
    assert "those of 31 Dec 2025" in past
    assert f"/customers/{account.id}" not in client.get("/customers", query_string=former).text
    assert 'name="on" value="2025-12-31"' in client.get(f"/managers/{village.former.code}?on=2025-12-31").text


def test_a_text_that_too_many_hold_says_so(
    session: Session, client: FlaskClient, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FOUND_BY_TEXT", 2)
    for _each in range(2):
        village.settle()
    index_accounts(session, select(Account.id))
    session.commit()
    assert "More than" not in client.get("/customers?text=水门").text
    village.settle()
    index_accounts(session, select(Account.id))
    session.commit()
    page = client.get("/customers?text=水门").text
    assert "More than 2 names or addresses contain this text" in page
    assert page.count('href="/customers/') == 2


def test_pages_follow_each_other(session: Session, village: Village) -> None:
    wanted = sorted(village.settle().number for _each in range(PAGE_SIZE + 3))
    first = account_page(session, EVERYWHERE, Filter(cell=village.cell.code), DAY, None, None)
    second = account_page(session, EVERYWHERE, Filter(cell=village.cell.code), DAY, int(first.next or 0), None)
    back = account_page(session, EVERYWHERE, Filter(cell=village.cell.code), DAY, None, int(second.previous or 0))
    assert [row.account_no for row in (*first.rows, *second.rows)] == wanted
    assert back.rows == first.rows
    assert (first.previous, second.next) == (None, None)


def test_the_number_of_statements_does_not_grow_with_the_rows(session: Session, village: Village) -> None:
    village.settle()
    with counted(session) as few:
        numbers(session, manager=village.manager.code)
    for _each in range(20):
        village.settle()
    with counted(session) as many:
        numbers(session, manager=village.manager.code)
    assert len(few) == len(many)


def test_an_account_with_two_points_stands_once_in_the_list(session: Session, village: Village) -> None:
    account = village.settle()
    make_meter_point(session, account=account, cell_id=village.cell.id, reason="inside", cause=null())
    assert numbers(session, cell=village.cell.code) == [account.number]


def test_one_customer_is_masked_until_revealed_on_record(
    session: Session, client: FlaskClient, village: Village
) -> None:
    account = village.settle(phones=("13912345678",))
    session.add(SpecialCare(customer_id=account.customer_id, kind="lives_alone"))
    session.commit()
    masked = client.get(f"/customers/{account.id}").text
    assert "139****5678" in masked
    assert "has a care mark" in masked
    for secret in ("陈建国", "13912345678", "水门路12", "lives alone"):
        assert secret not in masked
    full = client.post(f"/customers/{account.id}/reveal", data={"reason": "caller"}).text
    for secret in ("陈建国", "13912345678", "水门路12", "lives alone"):
        assert secret in full
    (entry,) = session.scalars(select(AuditEntry)).all()
    assert (entry.actor, entry.action, entry.subject) == (
        "chief",
        "customers.reveal",
        f"customer:{account.customer_id}",
    )


def test_the_manager_on_any_day(session: Session, client: FlaskClient, village: Village) -> None:
    account = village.settle()
    session.commit()
    assert "旧经理" in client.get(f"/customers/{account.id}?on=2025-12-31").text
    assert "新经理" in client.get(f"/customers/{account.id}?on=2026-01-01").text
    assert "nobody on this day" in client.get(f"/customers/{account.id}?on=2019-01-01").text
    assert "is no day" in client.get(f"/customers/{account.id}?on=gestern").text


def test_the_page_says_why_where_and_with_which_meters(session: Session, client: FlaskClient, village: Village) -> None:
    account = village.settle()
    point = session.scalars(select(MeterPoint)).one()
    session.add(MeterInstallation(meter_point_id=point.id, asset_no="44130001", valid_from=date(2021, 5, 6)))
    sibling = make_account(session, account.customer)
    session.commit()
    page = client.get(f"/customers/{account.id}").text
    assert "The meter box stands inside this cell." in page
    assert "新经理 has answered for cell" in page
    assert "Before that it was 旧经理, from 1 Jan 2020." in page
    assert "44130001" in page
    assert "6 May 2021" in page
    assert f"/customers/{sibling.id}" in page
    assert village.cell.code in page


def test_an_unassigned_point_says_its_cause(session: Session, client: FlaskClient) -> None:
    point = make_meter_point(session, reason="unassigned", cause="no_position")
    session.commit()
    page = client.get(f"/customers/{point.account_id}").text
    assert "The meter box has no position, and its transformer area tells nothing." in page


def test_an_unknown_account_is_not_found(client: FlaskClient) -> None:
    answer = client.get("/customers/999")
    assert answer.status_code == 404
    assert "There is no such customer" in answer.text


@pytest.mark.parametrize("sort", ["", "-number"])
@pytest.mark.parametrize("seen", ["city", "station"])
def test_a_station_s_pages_are_whole_where_others_numbers_lie_between(
    session: Session, monkeypatch: pytest.MonkeyPatch, sort: str, seen: str
) -> None:
    monkeypatch.setattr(queries, "WALKED", 4)
    here, there = Village(session), Village(session)
    mine = [village.settle().number for village in (here, there, there, there, *[here] * 7, there, here, *[there] * 5)]
    mine = sorted(mine[:1] + mine[4:11] + mine[12:13], reverse=bool(sort))
    scope = EVERYWHERE if seen == "city" else Scope(stations=frozenset({here.station.id}))
    wanted = Filter(station=here.station.code if seen == "city" else "", sort=sort)
    first = account_page(session, scope, wanted, DAY, None, None, 3)
    second = account_page(session, scope, wanted, DAY, int(first.next or 0), None, 3)
    third = account_page(session, scope, wanted, DAY, int(second.next or 0), None, 3)
    assert [row.account_no for page in (first, second, third) for row in page.rows] == mine
    assert (first.previous, third.next) == (None, None)
    back = account_page(session, scope, wanted, DAY, None, int(third.previous or 0), 3)
    assert back.rows == second.rows
    assert account_page(session, scope, wanted, DAY, None, int(back.previous or 0), 3).rows == first.rows
