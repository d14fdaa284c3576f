"""What is wrong with a plan is found, with its cells, and with what mends it."""

from datetime import date

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit
from app.plans import steps
from app.plans.findings import Finding, findings
from app.plans.models import Plan, PlanCell
from tests.factories import make_cell, make_manager, make_plan, make_row_of_cells, make_station, own
from tests.factories.grid import square


@pytest.fixture
def managers(session: Session, station: OrganisationUnit) -> list[str]:
    return make_row_of_cells(session, station, managers=2, each=3)


@pytest.fixture
def plan(session: Session, station: OrganisationUnit, managers: list[str]) -> Plan:
    """Six cells in a row, three of each manager."""
    return make_plan(session, station)


def cells(session: Session, plan: Plan) -> list[PlanCell]:
    return list(session.scalars(select(PlanCell).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def keys(session: Session, plan: Plan) -> list[str]:
    return [cell.key for cell in cells(session, plan)]


def manager(session: Session, code: str) -> CustomerManager:
    return session.scalars(select(CustomerManager).where(CustomerManager.code == code)).one()


def found(session: Session, plan: Plan, kind: str) -> list[Finding]:
    session.flush()
    return [finding for finding in findings(session, plan) if finding.kind == kind]


def test_a_plan_in_order_has_no_findings(session: Session, plan: Plan) -> None:
    assert findings(session, plan) == []


def test_a_beat_that_the_plan_tears_is_a_fault_and_its_loose_piece_can_go(
    session: Session, plan: Plan, managers: list[str]
) -> None:
    loose = keys(session, plan)[0]
    steps.move(session, plan, [loose], managers[1], "a", 0)
    (torn,) = found(session, plan, "pieces")
    assert (torn.severity, torn.cells, torn.manager) == ("fault", (loose,), managers[1])
    assert torn.remedy is not None
    assert (torn.remedy.cells, torn.remedy.taker) == ((loose,), managers[0])


def test_a_beat_that_was_in_pieces_before_is_a_warning(session: Session, station: OrganisationUnit) -> None:
    first, second = make_manager(session, station), make_manager(session, station)
    for place, owner in enumerate((first, second, first)):
        own(session, make_cell(session, station, shape=square(114.4 + 0.01 * place), households=100), owner)
    assert [each.severity for each in found(session, make_plan(session, station), "pieces")] == ["warning"]


def test_who_is_out_of_tolerance_gets_the_move_that_helps(session: Session, plan: Plan, managers: list[str]) -> None:
    steps.move(session, plan, keys(session, plan)[3:5], managers[0], "a", 0)
    over, under = found(session, plan, "tolerance")
    assert (over.severity, over.manager, under.manager) == ("warning", *managers)
    assert "+67 %" in over.text
    assert over.remedy is not None
    assert (over.remedy.cells, over.remedy.taker) == ((keys(session, plan)[4],), managers[1])


def test_the_reason_is_said_why_somebody_stays_out_of_tolerance(
    session: Session, plan: Plan, managers: list[str]
) -> None:
    last = cells(session, plan)[-1]
    last.households = 5000
    (_under, over) = found(session, plan, "tolerance")
    assert over.manager == managers[1]
    assert f"cell {last.key} alone is too large" in over.text


def test_a_cell_of_another_station_s_manager_is_a_fault(session: Session, plan: Plan) -> None:
    stranger = make_manager(session, make_station(session))
    cells(session, plan)[0].manager_id = stranger.id
    (astray,) = found(session, plan, "station")
    assert (astray.severity, astray.manager) == ("fault", stranger.code)
    assert astray.remedy is not None


def test_a_cell_without_manager_is_a_fault_where_it_had_one(session: Session, plan: Plan, managers: list[str]) -> None:
    first = keys(session, plan)[0]
    steps.move(session, plan, [first], None, "a", 0)
    (nobody,) = found(session, plan, "nobody")
    assert (nobody.severity, nobody.cells) == ("fault", (first,))
    assert nobody.remedy is not None
    assert nobody.remedy.taker == managers[0]


def test_a_manager_who_keeps_no_cell_is_named(session: Session, plan: Plan, managers: list[str]) -> None:
    steps.move(session, plan, keys(session, plan)[3:], managers[0], "a", 0)
    assert [(each.manager, each.severity) for each in found(session, plan, "empty")] == [(managers[1], "warning")]


def test_whoever_leaves_before_the_day_may_keep_no_cell(session: Session, plan: Plan, managers: list[str]) -> None:
    manager(session, managers[1]).left_on = date(2026, 3, 1)
    plan.effective_on = date(2026, 3, 1)
    (leaves,) = found(session, plan, "leaves")
    assert (leaves.severity, leaves.manager) == ("fault", managers[1])
    assert leaves.remedy is not None
    assert (leaves.remedy.cells, leaves.remedy.taker) == ((keys(session, plan)[3],), managers[0])
    plan.effective_on = date(2026, 2, 28)
    assert found(session, plan, "leaves") == []


def test_whoever_cannot_be_called_is_a_fault_once_given_more(session: Session, plan: Plan, managers: list[str]) -> None:
    manager(session, managers[1]).work_phone = None
    assert [each.severity for each in found(session, plan, "phone")] == ["warning"]
    steps.move(session, plan, keys(session, plan)[2:3], managers[1], "a", 0)
    assert [each.severity for each in found(session, plan, "phone")] == ["fault"]


@pytest.mark.parametrize(("width", "kind"), [(0.008, "gap"), (0.012, "overlap")])
def test_a_cell_drawn_wrong_is_found(session: Session, plan: Plan, width: float, kind: str) -> None:
    first = cells(session, plan)[0]
    first.shape = shapely.MultiPolygon([shapely.box(114.40, 23.10, 114.40 + width, 23.11)])
    faults = [finding for finding in findings(session, plan) if finding.severity == "fault"]
    session.flush()
    (fault,) = found(session, plan, kind)
    assert fault.severity == "fault"
    assert first.key in fault.cells
    assert {each.kind for each in faults} == {kind}


def test_ground_taken_from_another_station_is_found(session: Session, plan: Plan) -> None:
    foreign = make_cell(session, make_station(session), shape=square(114.46))
    last = cells(session, plan)[-1]
    last.shape = shapely.MultiPolygon([shapely.box(114.45, 23.10, 114.462, 23.11)])
    assert [each.cells for each in found(session, plan, "overlap")] == [(last.key, foreign.code)]


def test_a_split_that_fills_its_ground_is_in_order(session: Session, plan: Plan, managers: list[str]) -> None:
    first = cells(session, plan)[0]
    first.gone = True
    for number, west in enumerate((114.40, 114.405), start=1):
        part = PlanCell(plan_id=plan.id, key=f"{first.key}.{number}", station_id=first.station_id, households=50)
        part.manager_id = part.base_manager_id = first.manager_id
        part.shape = shapely.MultiPolygon([shapely.box(west, 23.10, west + 0.005, 23.11)])
        session.add(part)
    session.flush()
    assert findings(session, plan) == []


def test_the_map_gets_findings_with_remedies_that_are_steps(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    loose = keys(session, plan)[0]
    steps.move(session, plan, [loose], managers[1], "a", 0)
    session.commit()
    (torn, *_others) = client.get(f"/plans/{plan.id}/findings.json").get_json()
    remedy = torn["remedy"]
    assert (remedy["kind"], remedy["cells"], remedy["to"]) == ("move", [loose], managers[0])


def test_the_page_leads_to_the_place_and_mends_with_one_click(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    loose = keys(session, plan)[0]
    steps.move(session, plan, [loose], managers[1], "a", 0)
    session.commit()
    address = f"/plans/{plan.id}/findings"
    assert f"/plans/{plan.id}#cell={loose}" in client.get(address).text
    mended = client.post(address, data={"cell": [loose], "to": managers[0], "seen": 1}, follow_redirects=True)
    assert "Nothing was found" in mended.text


def test_a_remedy_that_comes_too_late_says_so_on_the_page(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    loose = keys(session, plan)[0]
    steps.move(session, plan, [loose], managers[1], "a", 0)
    session.commit()
    form = {"cell": [loose], "to": managers[0], "seen": 0}
    late = client.post(f"/plans/{plan.id}/findings", data=form, follow_redirects=True)
    assert f"Somebody else has changed {loose}" in late.text
