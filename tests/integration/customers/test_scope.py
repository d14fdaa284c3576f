"""Who sees which customers: on pages, in lists, in the look-up."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, NOWHERE, Role, Scope
from app.customers.models import Account, MeterBox, MeterPoint, SpecialCare
from app.customers.scope import (
    GIVEN,
    accounts_inside,
    accounts_of_points_inside,
    accounts_seen,
    parameters,
    points_seen,
    within,
)
from app.customers.search import index_accounts
from app.grid.models import CustomerManager, GridCell
from app.organisation.models import OrganisationUnit
from tests.factories import (
    make_account,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)
from tests.factories.accounts import client_of


@dataclass(frozen=True)
class Beat:
    """A station with one cell, its manager and one household."""

    station: OrganisationUnit
    cell: GridCell
    manager: CustomerManager
    account: Account


def settle(session: Session, cell: GridCell, box: MeterBox, name: str, phone: str) -> Account:
    account = make_account(session, make_customer(session, (phone,), name=name), address="水门路12号")
    make_meter_point(session, box, account, cell_id=cell.id, reason="inside", cause=null())
    return account


def make_beat(session: Session, name: str, phone: str) -> Beat:
    station = make_station(session)
    cell, manager = make_cell(session, station), make_manager(session, station)
    own(session, cell, manager)
    box = make_box(session, station, at=(114.405, 23.105), cell_id=cell.id)
    return Beat(station, cell, manager, settle(session, cell, box, name, phone))


@pytest.fixture
def here(session: Session) -> Beat:
    return make_beat(session, "陈建国", "13912345678")


@pytest.fixture
def there(session: Session, here: Beat) -> Beat:
    """Another station's beat; both are in the index of names and on record."""
    beat = make_beat(session, "陈建华", "13912345679")
    index_accounts(session, select(Account.id))
    session.commit()
    return beat


@pytest.fixture
def across(session: Session, here: Beat, there: Beat) -> Account:
    """A household whose box is the one station's, and which was put by hand into the other's cell."""
    box = make_box(session, there.station, at=(114.405, 23.105), cell_id=there.cell.id)
    account = make_account(session, make_customer(session, name="陈建民"), address="水门路14号")
    make_meter_point(session, box, account, cell_id=here.cell.id, reason="override", cause=null())
    index_accounts(session, select(Account.id))
    session.commit()
    return account


def seen_by(client: FlaskClient, *accounts: Account) -> list[Account]:
    """The accounts that the list shows; page, look-up by name and by number must say the same."""
    listed = client.get("/customers").text
    found = client.get("/lookup/live?q=陈建").text
    seen = [account for account in accounts if f'"/customers/{account.id}"' in listed]
    for account in accounts:
        status = 200 if account in seen else 404
        assert client.get(f"/customers/{account.id}").status_code == status
        assert client.get(f"/lookup?account={account.id}").status_code == status
        assert client.post(f"/customers/{account.id}/reveal", data={"reason": "visit"}).status_code == status
        assert (f"/lookup?account={account.id}" in found) == (account in seen)
        by_number = client.get(f"/lookup?q={account.number}").text
        assert ("Nothing found" in by_number) == (account not in seen)
    return seen


def test_a_supervisor_sees_the_own_station(app: Flask, here: Beat, there: Beat, across: Account) -> None:
    supervisor = client_of(app, Role.SUPERVISOR, unit=here.station)
    assert seen_by(supervisor, here.account, there.account, across) == [here.account, across]
    other = client_of(app, Role.SUPERVISOR, unit=there.station)
    assert seen_by(other, here.account, there.account, across) == [there.account, across]


def test_a_manager_sees_the_own_beat(session: Session, app: Flask, here: Beat, there: Beat, across: Account) -> None:
    neighbour = make_cell(session, here.station)
    beside = settle(session, neighbour, make_box(session, here.station), "陈建平", "13912345680")
    index_accounts(session, select(Account.id))
    session.commit()
    manager = client_of(app, Role.MANAGER, manager=here.manager)
    assert seen_by(manager, here.account, there.account, across, beside) == [here.account, across]


def test_a_manager_without_a_beat_sees_nobody(session: Session, app: Flask, here: Beat, there: Beat) -> None:
    idle = make_manager(session, here.station)
    session.commit()
    assert seen_by(client_of(app, Role.MANAGER, manager=idle), here.account, there.account) == []


def test_only_the_points_inside_are_shown(session: Session, app: Flask, here: Beat, there: Beat) -> None:
    shop = make_meter_point(
        session, make_box(session, there.station), here.account, cell_id=there.cell.id, reason="inside", cause=null()
    )
    session.commit()
    page = client_of(app, Role.SUPERVISOR, unit=here.station).get(f"/customers/{here.account.id}").text
    assert here.cell.code in page
    assert there.cell.code not in page
    assert shop.box.number not in page
    assert there.cell.code in client_of(app, Role.SUPERVISOR).get(f"/customers/{here.account.id}").text


def test_the_conditions_agree_with_each_other(session: Session, here: Beat, there: Beat, across: Account) -> None:
    make_meter_point(session, make_box(session, here.station), reason="unassigned", cause="no_position")
    scopes = (
        Scope(stations=frozenset({here.station.id})),
        Scope(cells=frozenset({here.cell.id})),
        Scope(stations=frozenset({there.station.id}), cells=frozenset({here.cell.id})),
        Scope(managers=frozenset({here.manager.id})),
        NOWHERE,
    )
    for scope in scopes:
        one_by_one = set(session.scalars(select(Account.id).where(accounts_seen(scope, Account.id))))
        given = session.scalars(within(select(Account.id), GIVEN, Account.id), parameters(scope))
        by_points = session.scalars(select(MeterPoint.account_id).where(points_seen(scope)))
        assert one_by_one == set(given) == set(by_points)
        assert (
            one_by_one == set(session.scalars(accounts_of_points_inside(scope))) == set(accounts_inside(session, scope))
        )
    assert len(session.scalars(within(select(Account.id), EVERYWHERE, Account.id)).all()) == 4


def test_care_marks_are_for_the_own_manager_and_supervisor(
    session: Session, app: Flask, here: Beat, there: Beat
) -> None:
    session.add(SpecialCare(customer_id=here.account.customer_id, kind="life_support"))
    session.commit()
    address = f"/customers/{here.account.id}"
    for person in (
        client_of(app, Role.MANAGER, manager=here.manager),
        client_of(app, Role.SUPERVISOR, unit=here.station),
    ):
        assert "has a care mark" in person.get(address).text
        assert "on life support at home" in person.post(f"{address}/reveal", data={"reason": "visit"}).text
    agent = client_of(app, Role.HOTLINE)
    shown = agent.get(address).text + agent.post(f"{address}/reveal", data={"reason": "caller"}).text
    assert "陈建国" in shown
    assert "Special care" not in shown
    assert "care mark" not in shown
    assert "life support" not in shown


def test_a_hotline_agent_has_no_list(app: Flask, here: Beat, there: Beat) -> None:
    agent = client_of(app, Role.HOTLINE)
    assert agent.get("/customers").status_code == 403
    assert agent.get("/lookup?q=陈建").text.count('class="hit"') == 2


@pytest.mark.parametrize("text", ["", "陈建", "水门"])
def test_no_number_phone_name_or_address_stands_in_a_list(app: Flask, here: Beat, there: Beat, text: str) -> None:
    client = client_of(app, Role.SUPERVISOR)
    pages = client.get("/customers", query_string={"text": text}).text
    if text:
        pages += client.get("/lookup", query_string={"q": text}).text
    assert pages.count("陈**") >= 2
    for secret in (here.account.number, there.account.number, "13912345678", "陈建国", "水门路12"):
        assert secret not in pages


def test_pages_are_named_by_ids(session: Session, app: Flask, here: Beat, there: Beat) -> None:
    box = session.scalars(select(MeterBox).where(MeterBox.station_id == here.station.id)).one()
    accounts = [settle(session, here.cell, box, "陈多多", f"139000{number:05}") for number in range(60)]
    session.commit()
    client = client_of(app, Role.SUPERVISOR, unit=here.station)
    first = client.get("/customers").text
    assert not [account for account in accounts if account.number in first]
    fiftieth = sorted([here.account, *accounts], key=lambda account: account.number)[49]
    assert f"/customers?after={fiftieth.id}" in first
    second = client.get(f"/customers?after={fiftieth.id}").text
    assert second.count('class="code stretched-link" href="/customers/') == 11
    others = client.get(f"/customers?after={there.account.id}").text
    assert others.count('class="code stretched-link" href="/customers/') == 50


def test_filters_offer_the_own_stations(app: Flask, here: Beat, there: Beat) -> None:
    assert there.station.name in client_of(app, Role.SUPERVISOR).get("/customers").text
    assert there.station.name not in client_of(app, Role.SUPERVISOR, unit=here.station).get("/customers").text
    mine = client_of(app, Role.SUPERVISOR, unit=here.station)
    assert "No customer answers" in mine.get(f"/customers?station={there.station.code}").text
