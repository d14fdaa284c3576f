"""The work list, the proof of the layer and the editor's requests."""

import json
from collections.abc import Callable

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.service import assign
from app.customers.models import MeterPoint
from app.grid.models import GridCell
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_meter_point,
    make_station,
    square,
)

JSON = {"Accept": "application/json"}


@pytest.fixture
def points(session: Session) -> dict[str, MeterPoint]:
    """One point for each tab: lost, far, divided, and apart from its area; committed and assigned."""
    station = make_station(session, code="ST")
    make_cell(session, station, code="ST-WEST")
    make_cell(session, station, code="ST-EAST", shape=square(114.41))
    area, divided = make_area(session, station), make_area(session, station)
    for lon in (114.401, 114.402, 114.403):
        make_box(session, station, (lon, 23.105), transformer_area_id=area.id)
    for lon in (114.405, 114.415):
        make_box(session, station, (lon, 23.105), transformer_area_id=divided.id)
    customer = make_customer(session, name="欧阳测试")
    account = make_account(session, customer, number="031700000012345", address="桥东街道水门路12号")
    boxes = {
        "no_position": make_box(session, station),
        "outside": make_box(session, station, (115.0, 23.0)),
        "area_divided": make_box(session, station, transformer_area_id=divided.id),
        "conflict": make_box(session, station, (114.415, 23.105), transformer_area_id=area.id),
    }
    made = {tab: make_meter_point(session, box, account, number=f"JLD-{tab}") for tab, box in boxes.items()}
    assign(session)
    session.commit()
    return made


@pytest.mark.parametrize("tab", ["no_position", "outside", "area_divided", "conflict"])
def test_each_tab_lists_its_points_masked(client: FlaskClient, points: dict[str, MeterPoint], tab: str) -> None:
    text = client.get(f"/worklist?tab={tab}").text
    assert [name for name in points if f"/worklist/JLD-{name}" in text] == [tab]
    assert "欧***" in text
    assert "欧阳测试" not in text
    assert "12号" not in text
    assert "031700000012345" not in text


def test_a_point_is_put_into_a_cell_by_hand_and_released(
    client: FlaskClient, session: Session, points: dict[str, MeterPoint]
) -> None:
    lost = points["no_position"]
    page = client.get("/worklist/JLD-no_position").text
    assert "has no position" in page
    client.post("/worklist/JLD-no_position/override", data={"cell": "ST-EAST", "why": "seen on site"})
    session.refresh(lost)
    assert (lost.reason, lost.cause) == ("override", None)
    assert "/worklist/JLD-no_position" in client.get("/worklist?tab=override").text
    client.post("/worklist/JLD-no_position/release")
    session.rollback()
    assert (lost.cell_id, lost.reason, lost.cause) == (None, "unassigned", "no_position")


def test_what_was_decided_leads_to_the_next_and_can_be_taken_back(
    client: FlaskClient, session: Session, points: dict[str, MeterPoint]
) -> None:
    later = make_meter_point(
        session, make_box(session, points["outside"].box.station, (115.1, 23.0)), number="JLD-later"
    )
    assign(session)
    session.commit()
    page = client.get("/worklist/JLD-outside?tab=outside").text
    assert 'rel="prev"' not in page
    assert f'href="/worklist/{later.number}?tab=outside"' in page
    decided = client.post("/worklist/JLD-outside/override?tab=outside", data={"cell": "ST-WEST", "why": "seen on site"})
    assert decided.headers["Location"] == "/worklist/JLD-later?tab=outside&decided=JLD-outside"
    notice = 'action="/worklist/JLD-outside/release?tab=outside"'
    assert notice in client.get(decided.headers["Location"]).text
    back = client.post("/worklist/JLD-outside/release?tab=outside")
    assert back.headers["Location"] == "/worklist/JLD-outside?tab=outside"
    assert notice not in client.get(decided.headers["Location"]).text


def test_likely_cells_are_those_of_the_area_and_those_nearby(
    client: FlaskClient, points: dict[str, MeterPoint]
) -> None:
    divided = client.get("/worklist/JLD-area_divided").text
    assert divided.index('value="ST-EAST"') < divided.index('value="ST-WEST"')
    assert divided.count("50% of the boxes") == 2
    assert "m away" not in divided
    far = client.get("/worklist/JLD-outside").text
    assert far.index('value="ST-EAST"') < far.index('value="ST-WEST"')
    assert far.count("m away") == 2


def test_an_override_without_a_reason_is_refused(client: FlaskClient, points: dict[str, MeterPoint]) -> None:
    answer = client.post("/worklist/JLD-outside/override", data={"cell": "ST-EAST", "why": ""})
    assert answer.status_code == 422
    assert "Say why" in answer.text


def test_a_wrong_cell_is_said_in_the_form_and_what_was_typed_stays(
    client: FlaskClient, points: dict[str, MeterPoint]
) -> None:
    answer = client.post("/worklist/JLD-outside/override", data={"cell": "ST-NONE", "why": "seen on site"})
    assert answer.status_code == 422
    assert "no grid cell with the code ST-NONE" in answer.text
    assert 'value="ST-NONE"' in answer.text
    assert 'value="seen on site"' in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "codes"),
    [
        ("split", {"line": json.dumps({"type": "LineString", "coordinates": [[114.405, 23], [114.405, 24]]})}, 3),
        ("split", {}, 3),
        ("merge", {"with": "ST-EAST"}, 1),
        ("reshape", {"shape": shapely.to_geojson(shapely.box(114.40, 23.10, 114.413, 23.11))}, 2),
    ],
)
def test_the_editor_changes_cells_and_tells_of_the_proof(
    client: FlaskClient, session: Session, points: dict[str, MeterPoint], path: str, fields: dict[str, str], codes: int
) -> None:
    answer = client.post(f"/cells/ST-WEST/{path}", data=fields, headers=JSON)
    assert answer.status_code == 200
    assert f"{codes} cells, 0 gaps, 0 overlaps" in client.get(answer.json["url"]).text
    active = session.scalars(select(GridCell).where(GridCell.retired_at.is_(None))).all()
    assert len(active) == codes


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("split", {"line": "nonsense"}, "could not be read"),
        ("merge", {}, "at least one neighbouring"),
        ("reshape", {"shape": shapely.to_geojson(shapely.box(114, 23, 115, 24))}, "beyond the layer"),
    ],
)
def test_what_the_editor_must_not_do_is_said(
    client: FlaskClient, points: dict[str, MeterPoint], path: str, fields: dict[str, str], message: str
) -> None:
    answer = client.post(f"/cells/ST-WEST/{path}", data=fields, headers=JSON)
    assert answer.status_code == 422
    assert message in answer.json["title"]


def test_cells_are_made_as_a_job_and_the_proof_shows_them(
    client: FlaskClient, session: Session, points: dict[str, MeterPoint], run_jobs: Callable[[], None]
) -> None:
    fields = {"method": "quadtree", "target": "1"}
    job = client.post("/layer/make?station=ST", data=fields).headers["Location"]
    run_jobs()
    assert "Done." in client.get(job).text
    assert "leave no gap and do not overlap" in client.get("/layer?station=ST").text
    assert json.loads(client.get("/layer/places.geojson?station=ST").text)["features"] == []


def test_a_broken_layer_is_shown_with_its_places(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    station = make_station(session, code="ST")
    make_cell(session, station, code="ST-ONE")
    make_cell(session, station, code="ST-TWO", shape=square(114.405))
    session.commit()
    assert "has not been proven yet" in client.get("/layer").text
    client.post("/layer/prove")
    run_jobs()
    assert "ST-TWO" in client.get("/layer").text
    (place,) = json.loads(client.get("/layer/places.geojson").text)["features"]
    assert place["properties"]["kind"] == "overlap"
    assert place["properties"]["cells"] == "ST-ONE ST-TWO"


def test_the_kept_proof_says_what_happened_since(
    client: FlaskClient, session: Session, points: dict[str, MeterPoint], run_jobs: Callable[[], None]
) -> None:
    client.post("/layer/prove")
    run_jobs()
    assert "Since then" not in client.get("/layer").text
    answer = client.post("/cells/ST-WEST/split", headers=JSON)
    assert "Proof, with the cells around: 3 cells, 0 gaps, 0 overlaps" in client.get(answer.json["url"]).text
    assert "edited 1 times" in client.get("/layer").text
    client.post("/layer/make?station=ST", data={"method": "quadtree", "target": "1"})
    run_jobs()
    assert "prove the layer again" in client.get("/layer").text
