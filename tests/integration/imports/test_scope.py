"""Whoever imports for one station changes and learns nothing of another."""

from pathlib import Path

import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterPoint
from app.grid.models import CustomerManager, GridCell, Ownership
from app.imports.service import Outcome
from app.organisation.models import OrganisationUnit, TransformerArea
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_feeder,
    make_manager,
    make_meter_point,
    make_station,
    square,
)
from tests.integration.imports.conftest import Import, customers
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("organisation")


@pytest.fixture
def own(session: Session) -> Scope:
    station = session.scalars(select(OrganisationUnit).where(OrganisationUnit.code == "S1")).one()
    return Scope(stations=frozenset({station.id}))


@pytest.fixture
def other(session: Session) -> OrganisationUnit:
    """A station east of S1 with an area and a household."""
    station = make_station(session, code="S2", name="桥西供电所", boundary=square(114.41))
    make_area(session, station, code="TQ2")
    customer = make_customer(session, ("13900000000",), number="K2", name="周别处")
    account = make_account(session, customer, number="A2", address="别处路1号")
    make_meter_point(session, make_box(session, station, number="B2"), account, number="P2")
    session.commit()
    return station


def said(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(issue["row"], issue["column"], issue["code"]) for issue in outcome.issues]


def rows_of(session: Session) -> list[int | None]:
    models = (Customer, CustomerPhone, Account, MeterBox, MeterPoint, OrganisationUnit, TransformerArea, GridCell)
    return [session.scalar(select(func.count()).select_from(model)) for model in (*models, CustomerManager, Ownership)]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"供电单位": "S2", "台区编号": ""}, "供电单位"),
        ({"供电单位": "桥西供电所", "台区编号": ""}, "供电单位"),
        ({"台区编号": "TQ2"}, "台区编号"),
        ({"供电单位": "", "台区编号": "TQ2"}, "台区编号"),
        ({"供电单位": "", "台区编号": "", "经度": "114.415"}, "经度"),
        ({"户号": "A2"}, "户号"),
        ({"户号": "A2", "供电单位": "", "台区编号": "", "经度": "", "纬度": ""}, "户号"),
        ({"表箱号": "B2"}, "表箱号"),
    ],
)
def test_a_customers_row_must_lie_inside(
    bring: Import, session: Session, own: Scope, other: OrganisationUnit, change: dict[str, str], column: str
) -> None:
    before = rows_of(session)
    outcome = bring("customers", customers(change), own)
    assert (2, column, "outside_scope") in said(outcome)
    assert outcome.rejected == 1
    assert rows_of(session) == before


@pytest.mark.parametrize(("heading", "value"), [("客户编号", "K2"), ("计量点编号", "P2")])
def test_what_stands_elsewhere_is_not_drawn_over(
    bring: Import, session: Session, own: Scope, other: OrganisationUnit, heading: str, value: str
) -> None:
    text = f"户号,户名,联系电话,供电单位,{heading}\nA1,陈改名,13811112222,S1,{value}\n"
    outcome = bring("customers", text, own)
    assert said(outcome) == [(2, heading, "outside_scope")]
    session.expire_all()
    (customer,) = session.scalars(select(Customer))
    assert (customer.name, [phone.number for phone in customer.phones]) == ("周别处", ["13900000000"])


def test_a_rejected_row_tells_nothing_but_what_was_typed(
    bring: Import, own: Scope, other: OrganisationUnit, tmp_path: Path
) -> None:
    errors = tmp_path / "rejected.csv"
    outcome = bring("customers", customers({"户号": "A2", "户名": "陈猜测"}), own, errors=errors)
    told = f"{outcome} {errors.read_text('utf-8-sig')}"
    assert [word for word in ("周别处", "13900000000", "别处路", "S2", "桥西", "K2", "B2") if word in told] == []


def test_a_customer_of_both_stations_is_left_to_whoever_imports_for_both(
    bring: Import, session: Session, own: Scope, other: OrganisationUnit
) -> None:
    at_home = session.scalars(select(OrganisationUnit).where(OrganisationUnit.code == "S1")).one()
    customer = session.scalars(select(Customer).where(Customer.number == "K2")).one()
    make_meter_point(session, make_box(session, at_home), make_account(session, customer, number="A1"))
    row = customers({"户号": "A1"})
    assert said(bring("customers", row, own)) == [(2, "户号", "outside_scope")]
    both = Scope(stations=own.stations | {other.id})
    assert bring("customers", row, both).rejected == 0


def test_a_customer_of_no_station_any_more_is_not_taken_over(bring: Import, session: Session, own: Scope) -> None:
    make_account(session, make_customer(session, ("13900000000",)), number="A3")
    assert said(bring("customers", customers({"户号": "A3"}), own)) == [(2, "户号", "outside_scope")]


def test_the_own_station_is_imported_again_and_again(bring: Import, own: Scope, other: OrganisationUnit) -> None:
    first = bring("customers", customers({}, {}), own)
    second = bring("customers", customers({}, {"用电地址": "水门路13号"}), own)
    assert (first.created, first.rejected) == (2, 0)
    assert (second.created, second.updated, second.unchanged, second.rejected) == (0, 1, 1, 0)


def test_statements_do_not_grow_with_rows(bring: Import, session: Session, own: Scope) -> None:
    bring("customers", customers({}), own)
    with counted(session) as few:
        bring("customers", customers(*[{}] * 2), own)
    with counted(session) as many:
        bring("customers", customers(*[{}] * 40), own)
    assert len(many) <= len(few) + 2


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("stations", "编码,名称\nS2,改名\n", "code"),
        ("stations", "编码,名称\nS9,新所\n", "parent"),
        ("stations", "编码,名称,上级\nS9,新所,S2\n", "parent"),
        ("stations", "编码,名称,上级\nS1,桥东供电所,S2\n", "parent"),
        ("transformer-areas", "编码,名称,供电单位\nTQ9,新台区,S2\n", "station"),
        ("transformer-areas", "编码,名称,供电单位\nTQ2,改名,S1\n", "code"),
        ("transformer-areas", "编码,名称,供电单位,线路编码\nTQ9,新台区,S1,F2\n", "feeder"),
        ("managers", "工号,姓名,供电单位\nM9,新人,S2\n", "station"),
        ("managers", "工号,姓名,供电单位\nM2,调走,S1\n", "code"),
        ("managers", "工号,姓名,供电单位,备用经理\nM9,新人,S1,M2\n", "backup"),
        ("cells", "网格编号,供电单位,geometry\nC9,S2,{east}\n", "station"),
        ("cells", "网格编号,供电单位,geometry\nC2,S1,{home}\n", "code"),
        ("cells", "网格编号,供电单位,geometry\nC9,S1,{east}\n", "geometry"),
        ("ownership", "网格编号,工号,开始日期\nC2,M1,2026-01-01\n", "cell"),
        ("ownership", "网格编号,工号,开始日期\nC1,M2,2026-01-01\n", "manager"),
    ],
)
def test_the_other_kinds_stay_inside_too(
    bring: Import, session: Session, own: Scope, other: OrganisationUnit, kind: str, text: str, field: str
) -> None:
    home = session.scalars(select(OrganisationUnit).where(OrganisationUnit.code == "S1")).one()
    make_feeder(session, other, code="F2")
    make_manager(session, home, code="M1")
    make_manager(session, other, code="M2")
    make_cell(session, home, code="C1", shape=square(114.4, 23.1, 0.004))
    make_cell(session, other, code="C2", shape=square(114.41, 23.1, 0.004))
    session.commit()
    before = rows_of(session)
    shapes = {
        "home": shapely.box(114.405, 23.105, 114.408, 23.108),
        "east": shapely.box(114.415, 23.105, 114.418, 23.108),
    }
    outcome = bring(kind, text.format(**{name: f'"{shape.wkt}"' for name, shape in shapes.items()}), own)
    assert ("outside_scope", field) in [(issue["code"], issue["field"]) for issue in outcome.issues]
    assert outcome.rejected == 1
    assert rows_of(session) == before


def test_new_units_hang_below_the_own_one(bring: Import, session: Session, own: Scope) -> None:
    text = "编码,名称,上级\nS1,桥东供电所,\nS1-1,东一班,S1\nS1-2,东二班,S1-1\n"
    assert bring("stations", text, own).rejected == 0
