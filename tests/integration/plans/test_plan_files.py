"""A plan as a file, and a file into a plan."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation.models import OrganisationUnit
from app.plans import edits, steps
from app.plans.models import Plan, PlanCell, PlanStep
from tests.factories import make_manager, make_plan, make_station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit, managers: list[str]) -> Plan:
    plan = make_plan(session, station)
    session.commit()
    return plan


def keys(session: Session, plan: Plan) -> list[str]:
    return list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def step_taken(session: Session) -> PlanStep:
    session.rollback()
    return session.scalars(select(PlanStep).where(PlanStep.kind == "import")).one()


def sent(client: FlaskClient, plan: Plan, content: bytes, name: str = "方案.csv") -> str:
    data = {"file": (io.BytesIO(content), name)}
    return client.post(f"/plans/{plan.id}/import", data=data, content_type="multipart/form-data").text


def test_a_file_that_was_taken_away_and_changed_comes_back_as_one_step(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    first, second = managers
    text = client.get(f"/plans/{plan.id}.csv").get_data().decode()
    assert text.startswith("\ufeffcell code,manager code")
    sent(client, plan, text.replace(f",{first},", f",{second},").encode())
    step = step_taken(session)
    one, two, *_others = keys(session, plan)
    assert (step.kind, step.after) == ("import", {one: {"manager": second}, two: {"manager": second}})


def test_a_file_of_a_chinese_spreadsheet_is_read(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    one = keys(session, plan)[0]
    sent(client, plan, f"网格编码,客户经理编码\r\n{one},\r\n".encode("gb18030"))
    assert step_taken(session).after == {one: {"manager": None}}


def test_rows_that_cannot_be_taken_are_told_and_the_others_taken(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    stranger = make_manager(session, make_station(session))
    one, two, three, four = keys(session, plan)
    steps.lock(session, plan, [four], True, "a", 0)
    session.commit()
    first, second = managers
    rows = [(one, second), (one, second), ("X1", first), (two, "NN"), (three, stranger.code), (four, first), ("", "")]
    page = sent(client, plan, "\n".join(f"{cell},{code},x" for cell, code in [("cell", "manager"), *rows]).encode())
    for words in ("row 2 already", "no cell X1", "no customer manager NN", "another station", "locked", "no cell."):
        assert words in page
    step = step_taken(session)
    assert step.after == {one: {"manager": second}}


def test_a_file_without_the_columns_is_refused(client: FlaskClient, plan: Plan) -> None:
    assert "needs two columns" in sent(client, plan, b"a,b\n1,2\n")


def test_a_plan_goes_out_and_in_as_geojson(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    first, second = managers
    edits.split(session, plan, keys(session, plan)[0], None, "a", 0)
    session.commit()
    text = client.get(f"/plans/{plan.id}.geojson").get_data().decode()
    sent(client, plan, text.replace(f'"manager": "{first}"', f'"manager": "{second}"').encode(), "方案.geojson")
    step = step_taken(session)
    assert len(step.after) == 3
