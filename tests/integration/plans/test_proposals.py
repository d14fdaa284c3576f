"""The engine proposes; people accept all of it or some, and nothing that has changed meanwhile."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit
from app.plans.engine import case_of, load_engine, propose
from app.plans.models import Plan, PlanCell, PlanStep
from tests.factories import make_cell, make_manager, make_plan, make_row_of_cells, make_station, own
from tests.factories.grid import square

HUNDRED = 100


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    """Six cells of 100 households in a row, five of the first of two managers: two have to go to the second."""
    first, second = make_manager(session, station, code="KH-A"), make_manager(session, station, code="KH-B")
    for place, manager in enumerate([first] * 5 + [second]):
        shape = square(114.40 + 0.01 * place)
        own(session, make_cell(session, station, code=f"C{place}", shape=shape, households=HUNDRED), manager)
    plan = make_plan(session, station)
    session.commit()
    return plan


@pytest.fixture
def proposed(client: FlaskClient, plan: Plan, run_jobs: Callable[[], None]) -> str:
    """The address of the plan, after the worker has proposed."""
    address = f"/plans/{plan.id}"
    assert client.post(f"{address}/propose", json={}).status_code == 200
    run_jobs()
    return address


def owners(session: Session, plan: Plan) -> list[str | None]:
    session.rollback()
    cells = session.scalars(select(PlanCell).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key))
    return [cell.manager and cell.manager.code for cell in cells]


def test_a_proposal_names_its_moves_and_its_figures(client: FlaskClient, proposed: str) -> None:
    proposal = client.get(f"{proposed}/proposal.json").get_json()
    assert proposal["moves"] == [
        {"cell": key, "from": "KH-A", "to": "KH-B", "households": HUNDRED} for key in ("C3", "C4")
    ]
    assert (proposal["version"], proposal["worst"], proposal["moved_households"]) == (0, 0.0, 200)
    assert proposal["reasons"] == []


def test_a_proposal_changes_nothing_by_itself(session: Session, plan: Plan, proposed: str) -> None:
    assert owners(session, plan) == ["KH-A"] * 5 + ["KH-B"]


def test_all_of_it_is_accepted_in_one_step(client: FlaskClient, session: Session, plan: Plan, proposed: str) -> None:
    answer = client.post(f"{proposed}/accept", json={"cells": None, "seen": 0}).get_json()
    assert [cell["key"] for cell in answer["cells"]] == ["C3", "C4"]
    assert owners(session, plan) == ["KH-A"] * 3 + ["KH-B"] * 3
    assert session.scalars(select(PlanStep.kind)).all() == ["accept"]
    client.post(f"{proposed}/undo", json={"seen": 1})
    assert owners(session, plan) == ["KH-A"] * 5 + ["KH-B"]


def test_what_was_accepted_one_by_one_is_left_out_of_all(
    client: FlaskClient, session: Session, plan: Plan, proposed: str
) -> None:
    client.post(f"{proposed}/accept", json={"cells": ["C4"], "seen": 0})
    answer = client.post(f"{proposed}/accept", json={"cells": None, "seen": 1}).get_json()
    assert [cell["key"] for cell in answer["cells"]] == ["C3"]
    assert owners(session, plan) == ["KH-A"] * 3 + ["KH-B"] * 3


def test_a_cell_that_has_changed_since_is_refused_by_name(
    client: FlaskClient, session: Session, plan: Plan, proposed: str
) -> None:
    client.post(f"{proposed}/steps", json={"kind": "lock", "cells": ["C3"], "seen": 0})
    refused = client.post(f"{proposed}/accept", json={"cells": None, "seen": 1})
    assert (refused.status_code, "C3" in refused.get_json()["error"]) == (409, True)
    assert owners(session, plan) == ["KH-A"] * 5 + ["KH-B"]


def test_only_what_is_proposed_can_be_accepted(client: FlaskClient, proposed: str) -> None:
    assert client.post(f"{proposed}/accept", json={"cells": ["C0"], "seen": 0}).status_code == 404


def test_without_a_proposal_there_is_nothing_to_accept(client: FlaskClient, plan: Plan) -> None:
    proposal = client.get(f"/plans/{plan.id}/proposal.json").get_json()
    assert (proposal["job"], proposal["moves"]) == (None, [])
    assert client.post(f"/plans/{plan.id}/accept", json={"cells": None, "seen": 0}).status_code == 404


def test_a_proposal_can_be_stopped(
    client: FlaskClient, session: Session, plan: Plan, run_jobs: Callable[[], None]
) -> None:
    job = client.post(f"/plans/{plan.id}/propose", json={"keep": 2}).get_json()
    client.post(f"/jobs/{job['job']}/stop")
    run_jobs()
    state = client.get(job["progress"], headers={"Accept": "application/json"}).get_json()["state"]
    assert (state, client.get(f"/plans/{plan.id}/proposal.json").get_json()["job"]) == ("stopped", None)


def test_the_worth_of_keeping_managers_is_a_number(client: FlaskClient, plan: Plan) -> None:
    assert client.post(f"/plans/{plan.id}/propose", json={"keep": "much"}).status_code == 422


def test_nothing_is_proposed_for_what_is_no_draft(client: FlaskClient, session: Session, plan: Plan) -> None:
    plan.state = "submitted"
    session.commit()
    assert client.post(f"/plans/{plan.id}/propose", json={}).status_code == 409


def proposed_codes(session: Session, plan: Plan) -> list[str | None]:
    case = case_of(session, plan)
    return [case.code(int(manager)) for manager in propose(case, keep=1.0).manager]


def test_the_cells_of_whoever_leaves_are_spread_over_the_neighbours(
    session: Session, station: OrganisationUnit
) -> None:
    first, leaver, last = make_row_of_cells(session, station, managers=3)
    session.scalars(select(CustomerManager).where(CustomerManager.code == leaver)).one().left_on = date(2026, 2, 1)
    plan = make_plan(session, station)
    assert proposed_codes(session, plan) == [first] * 3 + [last] * 3


def test_a_newcomer_gets_a_compact_beat(session: Session, station: OrganisationUnit) -> None:
    first, second = make_row_of_cells(session, station, each=3)
    newcomer = make_manager(session, station).code
    codes = proposed_codes(session, make_plan(session, station))
    assert sorted(codes.count(code) for code in (first, second, newcomer)) == [2, 2, 2]
    places = [place for place, code in enumerate(codes) if code == newcomer]
    assert places[1] - places[0] == 1


def test_whoever_serves_two_stations_is_balanced_in_each(session: Session) -> None:
    district = make_station(session, kind="district")
    both = make_manager(session, district)
    for row in range(2):
        station = make_station(session, parent_id=district.id)
        local = make_manager(session, station)
        for place, manager in enumerate([both, both, both, local]):
            shape = square(114.40 + 0.01 * place, 23.1 + 0.1 * row)
            own(session, make_cell(session, station, shape=shape, households=HUNDRED), manager)
    both.target_households = 4000
    case = case_of(session, make_plan(session, district))
    assert case.share[case.present].tolist() == pytest.approx([400, 400, 400, 200] * 2)
    moved = propose(case, keep=1.0).manager != case.present
    assert moved.tolist() == [False, False, True, False] * 2


def test_a_cell_without_manager_is_given_to_somebody(session: Session, station: OrganisationUnit) -> None:
    (only,) = make_row_of_cells(session, station, managers=1)
    make_cell(session, station, shape=square(114.42), households=HUNDRED)
    assert proposed_codes(session, make_plan(session, station)) == [only] * 3


def test_a_locked_cell_without_manager_stays_so(session: Session, station: OrganisationUnit) -> None:
    make_row_of_cells(session, station)
    free = make_cell(session, station, shape=square(114.44), households=HUNDRED)
    plan = make_plan(session, station)
    session.scalars(select(PlanCell).where(PlanCell.key == free.code)).one().locked = True
    session.flush()
    assert proposed_codes(session, plan)[-1] is None


def test_a_suggestion_says_what_it_does_to_both(client: FlaskClient, plan: Plan) -> None:
    best = client.get(f"/plans/{plan.id}/suggestions.json").get_json()[0]
    assert (best["cell"], best["from"], best["to"], best["households"]) == ("C4", "KH-A", "KH-B", HUNDRED)
    assert best["from_before"] == pytest.approx(2 / 3)
    assert best["to_after"] == pytest.approx(-1 / 3)
    assert "+67 %" in best["text"]
    assert "−33 %" in best["text"]


def test_suggestions_are_in_the_reader_s_language(client: FlaskClient, plan: Plan) -> None:
    client.set_cookie("language", "zh")
    assert "由" in client.get(f"/plans/{plan.id}/suggestions.json").get_json()[0]["text"]


def test_the_engine_can_be_loaded_before_anybody_asks(app: Flask) -> None:
    with app.app_context():
        load_engine()
    from gis.rebalance import moves

    assert all(function.signatures for function in (moves.anneal, moves.can_leave, moves.cost_of_move))
