"""The pages of plans: list, new plan, log, copy, name."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation.models import OrganisationUnit
from app.plans import edits, steps
from app.plans.models import Plan, PlanCell
from tests.factories import make_plan, make_row_of_cells, make_station


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    station = make_station(session)
    make_row_of_cells(session, station)
    session.commit()
    return station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    plan = make_plan(session, station)
    session.commit()
    return plan


def test_a_plan_is_begun_from_the_list(client: FlaskClient, session: Session, station: OrganisationUnit) -> None:
    answer = client.post("/plans", data={"unit": station.code, "name": "十二月", "base_on": "2026-01-01"})
    plan = session.scalars(select(Plan)).one()
    assert (answer.status_code, answer.location) == (302, f"/plans/{plan.id}")
    assert "十二月" in client.get(answer.location).text


def test_a_name_that_is_taken_is_refused_beside_the_form(client: FlaskClient, plan: Plan) -> None:
    answer = client.post("/plans", data={"unit": plan.unit.code, "name": plan.name, "base_on": "2026-01-01"})
    assert answer.status_code == 409
    assert "Take another name" in answer.text


def test_the_list_narrows_by_state(client: FlaskClient, plan: Plan) -> None:
    assert plan.name in client.get("/plans?state=draft").text
    assert plan.name not in client.get("/plans?state=submitted").text


def test_the_log_says_who_from_what_to_what(client: FlaskClient, session: Session, plan: Plan) -> None:
    cells = session.scalars(select(PlanCell).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)).all()
    former, fresh = cells[0].manager, cells[-1].manager
    assert former is not None
    assert fresh is not None
    steps.move(session, plan, [cells[0].key], fresh.code, "li", 0)
    steps.undo(session, plan, "wang")
    session.commit()
    text = client.get(f"/plans/{plan.id}/log").text
    assert f"{former.name} ({former.code}) → {fresh.name} ({fresh.code})" in text
    assert "<s>moved</s>" in text
    assert "undone: step 1" in text


def test_a_plan_is_copied_and_named(client: FlaskClient, session: Session, plan: Plan) -> None:
    answer = client.post(f"/plans/{plan.id}/copy", data={"name": "副本"})
    client.post(answer.location + "/rename", data={"name": "另一个", "note": "给区局看"})
    page = client.get(answer.location).text
    assert "另一个" in page
    assert "给区局看" in page


def test_a_copy_under_a_taken_name_is_refused_in_words(client: FlaskClient, plan: Plan) -> None:
    answer = client.post(f"/plans/{plan.id}/copy", data={"name": plan.name}, follow_redirects=True)
    assert "Take another name" in answer.text


def test_the_log_says_what_took_whose_place(client: FlaskClient, session: Session, plan: Plan) -> None:
    key = session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)).first()
    assert key is not None
    edits.split(session, plan, key, None, "li", 0)
    session.commit()
    assert f"{key} → {key}.1, {key}.2" in client.get(f"/plans/{plan.id}/log").text
