"""A plan by the API, from its beginning to its day."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core.access import Permission, Role
from app.core.clock import today
from app.grid.models import GridCell
from app.grid.queries import manager_of
from app.organisation.models import OrganisationUnit
from app.plans.models import Plan
from tests.factories import make_cell, make_manager, make_plan, make_station, own, square
from tests.integration.api.conftest import NewProgram, Program

DAY = timedelta(days=1)


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    """JB-001 to JB-004 of 100 households side by side; the first two are KH1's, the others KH2's."""
    station = make_station(session, code="JB", name="江北供电所")
    managers = [make_manager(session, station, code=code) for code in ("KH1", "KH2")]
    for at in range(4):
        shape = square(114.4 + at / 100)
        own(session, make_cell(session, station, code=f"JB-00{at + 1}", shape=shape, households=100), managers[at // 2])
    session.commit()
    return station


@pytest.fixture
def path(program: Program, station: OrganisationUnit) -> str:
    """The address of a plan that was begun by the API."""
    begun = program.post("/plans", json={"station": station.code, "name": "四月调整"})
    assert begun.status_code == 201
    return begun.headers["Location"].removeprefix("/api/v1")


def tag(program: Program, path: str) -> str:
    return program.get(path).headers["ETag"]


def act(program: Program, path: str, what: str, **sent: Any) -> TestResponse:
    """What is done to the plan as it is now."""
    return program.post(f"{path}/{what}", headers={"If-Match": tag(program, path)}, **sent)


def move(program: Program, path: str, cell: str, manager: str | None, **headers: str) -> TestResponse:
    return program.post(f"{path}/steps", json={"moves": [{"cell": cell, "manager": manager}]}, headers=headers)


def said(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    return answer.json or {}


def moved(program: Program, path: str) -> list[tuple[str, str, str]]:
    rows = said(program.get(f"{path}/cells?show=moved"))["items"]
    return [(row["cell"], row["before"], row["manager"]) for row in rows]


def approved(program: Program, new_program: NewProgram, path: str) -> None:
    """With JB-002 moved to KH2."""
    act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": "KH2"}]})
    act(program, path, "submit")
    said(act(new_program(Role.SUPERVISOR), path, "approve"))


def test_plans_are_listed_and_narrowed(program: Program, path: str, session: Session) -> None:
    other = make_plan(session, make_cell(session).station)
    session.commit()
    ids = [row["id"] for row in said(program.get("/plans"))["items"]]
    assert ids == [other.id, int(path.rpartition("/")[2])]
    (row,) = said(program.get("/plans?station=JB&state=draft"))["items"]
    assert (row["name"], row["station"]["name"], row["revision"]) == ("四月调整", "江北供电所", 0)
    assert said(program.get("/plans?state=published"))["items"] == []


def test_pages_of_plans_follow_each_other(program: Program, session: Session, station: OrganisationUnit) -> None:
    made = [make_plan(session, station).id for _each in range(3)]
    session.commit()
    first = said(program.get("/plans?limit=2"))
    second = said(program.get(first["next"].removeprefix("/api/v1")))
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_a_plan_is_begun_once_however_often_it_is_sent(
    program: Program, session: Session, station: OrganisationUnit
) -> None:
    new, key = {"station": "JB", "name": "四月调整"}, {"Idempotency-Key": "begin"}
    first, again = program.post("/plans", json=new, headers=key), program.post("/plans", json=new, headers=key)
    assert (first.status_code, again.status_code, first.json) == (201, 201, again.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(Plan)) == 1


def test_a_step_moves_cells_to_several_managers_or_does_nothing(program: Program, path: str) -> None:
    moves = [{"cell": "JB-002", "manager": "KH2"}, {"cell": "JB-003", "manager": "KH1"}]
    stepped = said(act(program, path, "steps", json={"moves": moves}))
    assert (stepped["revision"], stepped["moved_cells"], stepped["moved_households"]) == (1, 2, 200)
    assert moved(program, path) == [("JB-002", "KH1", "KH2"), ("JB-003", "KH2", "KH1")]
    wrong = [{"cell": "JB-001", "manager": "KH2"}, {"cell": "JB-009", "manager": "KH1"}]
    assert act(program, path, "steps", json={"moves": wrong}).status_code == 404
    assert len(moved(program, path)) == 2


def test_what_is_locked_stays(program: Program, path: str) -> None:
    said(act(program, path, "steps", json={"lock": ["JB-002"]}))
    assert [row["cell"] for row in said(program.get(f"{path}/cells?show=locked"))["items"]] == ["JB-002"]
    assert act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": None}]}).status_code == 409
    said(act(program, path, "steps", json={"unlock": ["JB-002"]}))
    said(act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": None}]}))


@pytest.mark.parametrize(
    "body", [{}, {"lock": ["JB-001"], "unlock": ["JB-002"]}, {"moves": [{"cell": "JB-001", "manager": None}] * 2}]
)
def test_a_step_is_one_thing(program: Program, path: str, body: dict[str, Any]) -> None:
    assert act(program, path, "steps", json=body).status_code == 422


def test_nobody_overwrites_a_step_that_they_have_not_seen(program: Program, path: str) -> None:
    seen = tag(program, path)
    assert move(program, path, "JB-002", "KH2").status_code == 428
    stepped = move(program, path, "JB-002", "KH2", **{"If-Match": seen})
    assert stepped.headers["ETag"] == tag(program, path) != seen
    assert move(program, path, "JB-002", None, **{"If-Match": seen}).status_code == 412
    assert moved(program, path) == [("JB-002", "KH1", "KH2")]


def test_a_step_that_is_sent_again_gets_its_first_answer(program: Program, path: str) -> None:
    headers = {"If-Match": tag(program, path), "Idempotency-Key": "step"}
    first, again = (move(program, path, "JB-002", "KH2", **headers) for _time in range(2))
    assert (first.json, first.headers["ETag"]) == (again.json, again.headers["ETag"])
    assert said(program.get(path))["revision"] == 1


def test_steps_are_undone_and_redone(program: Program, path: str) -> None:
    said(act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": "KH2"}]}))
    undone = said(act(program, path, "undo"))
    assert (undone["undo"], undone["redo"], undone["moved_cells"]) == (False, True, 0)
    assert said(act(program, path, "redo"))["moved_cells"] == 1
    assert act(program, path, "redo").status_code == 409


def test_loads_findings_and_comparison(program: Program, path: str) -> None:
    said(act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": "KH2"}]}))
    loads = said(program.get(f"{path}/loads"))
    rows = [(row["code"], row["share"], row["before"], row["households"]) for row in loads["managers"]]
    assert rows == [("KH1", 200, 200, 100), ("KH2", 200, 200, 300)]
    assert (loads["worst_deviation"], loads["within_tolerance"], loads["revision"]) == (0.5, 0.0, 1)
    found = said(program.get(f"{path}/findings"))["findings"]
    remedy = next(each["remedy"] for each in found if each["kind"] == "tolerance" and each["remedy"])
    compared = said(program.get(f"{path}/comparison"))
    assert (compared["moved"][0]["cell"], compared["moved_households"]) == ("JB-002", 100)
    said(act(program, path, "steps", json={"moves": remedy["moves"]}))
    assert said(program.get(f"{path}/loads"))["worst_deviation"] == 0.0


def test_a_plan_as_a_file(program: Program, path: str) -> None:
    lines = program.get(f"{path}.csv").text.splitlines()
    assert lines[1].startswith("JB-001,KH1,")
    features = json.loads(program.get(f"{path}.geojson").data)["features"]
    assert [feature["properties"]["manager"] for feature in features] == ["KH1", "KH1", "KH2", "KH2"]


def test_a_plan_goes_its_way_and_is_withdrawn(
    program: Program, new_program: NewProgram, session: Session, path: str
) -> None:
    act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": "KH2"}]})
    assert said(act(program, path, "submit"))["state"] == "submitted"
    assert act(program, path, "approve").status_code == 409
    assert said(act(new_program(Role.SUPERVISOR), path, "back", json={"why": "再看"}))["state"] == "draft"
    approved(program, new_program, path)
    tomorrow = today() + DAY
    published = said(act(program, path, "publish", json={"day": tomorrow.isoformat()}))
    assert (published["state"], published["effective_on"]) == ("published", tomorrow.isoformat())
    cell = session.scalars(select(GridCell).where(GridCell.code == "JB-002")).one()
    assert [owner and owner.code for owner in (manager_of(session, cell, today() + n * DAY) for n in (0, 1))] == [
        "KH1",
        "KH2",
    ]
    session.rollback()
    taken = said(act(program, path, "withdraw"))
    assert (taken["plan"]["state"], taken["left"]) == ("withdrawn", [])
    owner = manager_of(session, session.merge(cell), tomorrow)
    assert owner is not None
    assert owner.code == "KH1"


def test_a_plan_in_force_is_rolled_back(program: Program, new_program: NewProgram, path: str) -> None:
    approved(program, new_program, path)
    said(act(program, path, "publish", json={"day": today().isoformat()}))
    back = act(new_program(Role.SUPERVISOR), path, "roll-back", json={"day": (today() + DAY).isoformat()})
    fresh = said(back)["plan"]
    assert (fresh["copied_from"], fresh["state"]) == (int(path.rpartition("/")[2]), "published")
    assert back.headers["Location"] == f"/api/v1/plans/{fresh['id']}"
    assert moved(program, f"/plans/{fresh['id']}") == [("JB-002", "KH2", "KH1")]


def test_an_approval_is_of_what_was_read(program: Program, new_program: NewProgram, path: str) -> None:
    approver = new_program(Role.SUPERVISOR)
    act(program, path, "steps", json={"moves": [{"cell": "JB-002", "manager": "KH2"}]})
    act(program, path, "submit")
    seen = tag(approver, path)
    act(program, path, "back", json={})
    act(program, path, "steps", json={"moves": [{"cell": "JB-003", "manager": "KH1"}]})
    act(program, path, "submit")
    assert approver.post(f"{path}/approve", headers={"If-Match": seen}).status_code == 412


@pytest.mark.parametrize(
    ("only", "what"),
    [
        (set(), "loads"),
        ({Permission.PLANS_READ}, "undo"),
        ({Permission.PLANS_READ, Permission.PLANS_EDIT}, "approve"),
        ({Permission.PLANS_APPROVE}, "publish"),
    ],
)
def test_a_token_does_what_it_is_for(new_program: NewProgram, path: str, only: set[Permission], what: str) -> None:
    narrow = new_program(Role.SUPERVISOR, only=only)
    method = "GET" if what == "loads" else "POST"
    assert narrow.ask(method, f"{path}/{what}", headers={"If-Match": "*"}).status_code == 403


def test_another_station_s_plans_do_not_exist(new_program: NewProgram, session: Session, path: str) -> None:
    elsewhere = make_cell(session, code="SX-001", shape=square(115.0)).station
    session.commit()
    theirs = new_program(Role.SUPERVISOR, unit=elsewhere)
    assert said(theirs.get("/plans"))["items"] == []
    assert theirs.get(path).status_code == 404
    assert move(theirs, path, "JB-002", None, **{"If-Match": "*"}).status_code == 404
    assert theirs.post("/plans", json={"station": "JB", "name": "调整"}).status_code == 404
