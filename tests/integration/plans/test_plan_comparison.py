"""Two plans, or a plan and today, beside each other."""

from datetime import date

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.plans import edits, service, steps
from app.plans.compare import Comparison, compared, shares_of, side_of, side_today
from app.plans.map_data import whole
from app.plans.models import Plan, PlanCell
from tests.factories import make_plan, make_row_of_cells, make_station

MIDDLE = shapely.LineString([(114.405, 23.102), (114.405, 23.108)])
DAY = date(2026, 3, 1)


def keys(session: Session, plan: Plan) -> list[str]:
    return list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def with_today(session: Session, plan: Plan) -> Comparison:
    shares = shares_of(session, plan)
    return compared(side_today(session, plan, DAY, shares), side_of(session, plan, shares))


def test_a_plan_that_is_as_today_differs_in_nothing(session: Session, plan: Plan) -> None:
    found = with_today(session, plan)
    assert (found.moved_households, list(found.moved), found.redrawn) == (0, [], 0)
    assert found.left.border_km() == found.right.border_km() == pytest.approx(1.1, abs=0.02)


def test_a_moved_cell_changes_hands_and_loads(session: Session, plan: Plan, managers: list[str]) -> None:
    first, second = managers
    steps.move(session, plan, keys(session, plan)[1:2], second, "a", 0)
    found = with_today(session, plan)
    assert found.moved_households == 100
    assert {each.code: (each.left, each.right) for each in found.loads} == {first: (200, 100), second: (200, 300)}


def test_loads_are_measured_as_on_the_map(session: Session, plan: Plan, managers: list[str]) -> None:
    steps.move(session, plan, keys(session, plan)[1:2], managers[1], "a", 0)
    found = with_today(session, plan)
    shares = {row["code"]: row["target"] for row in whole(session, plan)["managers"]}
    assert {each.code: each.share for each in found.loads} == shares == dict.fromkeys(managers, 200)
    assert (found.left.spread().worst, found.right.spread().worst) == (0, 0.5)


def test_parts_of_a_split_are_held_against_their_parent(session: Session, plan: Plan, managers: list[str]) -> None:
    one = keys(session, plan)[0]
    parts = edits.split(session, plan, one, MIDDLE, "a", 0).details["parts"]
    session.scalars(select(PlanCell).where(PlanCell.key == parts[1])).one().households = 30
    steps.move(session, plan, [parts[1]], managers[1], "a", plan.version)
    found = with_today(session, plan)
    assert [(each.left, each.right, each.households) for each in found.moved] == [(one, parts[1], 30)]


def test_cells_of_nobody_are_no_manager(session: Session, plan: Plan) -> None:
    steps.move(session, plan, keys(session, plan)[:1], None, "a", 0)
    spread = with_today(session, plan).right.spread()
    assert (spread.managers, spread.nobody) == (2, 100)


def test_the_page_compares_with_another_plan_and_draws_both(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    other = service.copy(session, plan, "副本", "a")
    one = keys(session, plan)[0]
    steps.move(session, plan, [one], managers[1], "a", 0)
    session.commit()
    page = client.get(f"/plans/{plan.id}/compare?with={other.id}").text
    assert "副本" in page
    assert one in page
    address = f"/plans/{plan.id}/compare.geojson?with={other.id}"
    assert len(client.get(f"{address}&side=left").get_json()["features"]) == 4
    changed = client.get(f"{address}&side=changed").get_json()["features"]
    assert [each["properties"]["code"] for each in changed] == [one]


def test_plans_for_different_units_are_not_compared(client: FlaskClient, session: Session, plan: Plan) -> None:
    elsewhere = make_station(session)
    make_row_of_cells(session, elsewhere)
    other = make_plan(session, elsewhere)
    session.commit()
    assert client.get(f"/plans/{plan.id}/compare?with={other.id}").status_code == 409
