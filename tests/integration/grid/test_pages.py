"""Cells, managers and stations as a user meets them."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.clock import today
from app.grid.listing import cell_page, manager_page, sorted_managers
from app.grid.models import GridCell
from app.grid.queries import manager_of, turns
from tests.factories import make_cell, make_manager, make_station, own, square


def test_cells_are_listed_by_code_and_by_households_page_by_page(session: Session) -> None:
    station = make_station(session, code="S")
    for number in range(120):
        make_cell(session, station, code=f"S-{number:03}", households=number // 2 * 100)
    first = cell_page(session, EVERYWHERE, {"station": "S"})
    second = cell_page(session, EVERYWHERE, {"station": "S", "after": first.next or ""})
    assert (first.rows[0].code, second.rows[0].code, first.previous) == ("S-000", "S-050", None)
    assert cell_page(session, EVERYWHERE, {"before": second.previous or ""}).rows[0].code == "S-000"
    largest: list[int] = []
    after = ""
    for _page in range(3):
        page = cell_page(session, EVERYWHERE, {"sort": "-households", "after": after})
        largest += [row.households for row in page.rows]
        after = page.next or ""
    assert largest == sorted(largest, reverse=True)
    assert len(largest) == 120


def test_lists_narrow_down(session: Session) -> None:
    manager = make_manager(session, code="KH-BUSY", target_households=100)
    own(session, make_cell(session, code="A-OWNED", households=200), manager)
    make_cell(session, code="A-FREE")
    assert [row.code for row in cell_page(session, EVERYWHERE, {"manager": "KH-BUSY"}).rows] == ["A-OWNED"]
    assert [row.code for row in cell_page(session, EVERYWHERE, {"manager": "none"}).rows] == ["A-FREE"]
    assert [row.code for row in cell_page(session, EVERYWHERE, {"text": "fre"}).rows] == ["A-FREE"]
    assert [row.code for row in cell_page(session, EVERYWHERE, {"show": "nobody"}).rows] == ["A-FREE"]
    assert [row.code for row in cell_page(session, EVERYWHERE, {"show": "empty"}).rows] == ["A-FREE"]
    assert [row.code for row in cell_page(session, EVERYWHERE, {"over": "199"}).rows] == ["A-OWNED"]
    assert len(cell_page(session, EVERYWHERE, {"over": "200"}).rows) == 0
    make_manager(session, code="KH-IDLE")
    assert [row.code for row in manager_page(session, EVERYWHERE, {"load": "over"}).rows] == ["KH-BUSY"]
    assert [row.code for row in manager_page(session, EVERYWHERE, {"load": "under"}).rows] == ["KH-IDLE"]
    by_load = [
        [row.code for row in sorted_managers(session, EVERYWHERE, {"sort": sort}).rows] for sort in ("load", "-load")
    ]
    assert by_load == [["KH-IDLE", "KH-BUSY"], ["KH-BUSY", "KH-IDLE"]]


def test_lists_narrow_down_to_a_district(session: Session, client: FlaskClient) -> None:
    district = make_station(session, code="D", kind="district")
    inside = make_station(session, code="D-S", parent_id=district.id)
    make_cell(session, inside, code="IN")
    make_manager(session, inside, code="KH-IN")
    make_cell(session, code="OUT")
    make_manager(session, code="KH-OUT")
    session.commit()
    for path, found in (("/cells", "IN"), ("/managers", "KH-IN")):
        page = client.get(f"{path}?station=D").text
        assert f"{path}/{found}" in page
        assert "OUT" not in page
        assert f'{path}?station=D"' in client.get("/stations/D").text


@pytest.fixture
def cell(session: Session) -> GridCell:
    """A cell of a managed beat, with a neighbour; committed."""
    station = make_station(session, code="ST", name="城南供电所")
    cell = make_cell(session, station, code="ST-BADO", households=120)
    make_cell(session, station, code="ST-NEAR", shape=square(114.41))
    own(session, cell, make_manager(session, station, code="KH1", name="李经理", work_phone="13800000001"))
    make_manager(session, station, code="KH2", name="王经理")
    session.commit()
    return cell


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/cells", "ST-BADO"),
        ("/cells/ST-BADO", "13800000001"),
        ("/managers", "李经理"),
        ("/managers/KH1", "ST-BADO"),
        ("/managers/KH2", "王经理"),
        ("/stations", "城南供电所"),
        ("/stations/ST", "KH2"),
    ],
)
def test_pages_show_what_they_are_about(
    client: FlaskClient, cell: GridCell, path: str, text: str, language: str
) -> None:
    client.set_cookie("language", language)
    answer = client.get(path)
    assert answer.status_code == 200
    assert text in answer.text


@pytest.mark.parametrize("path", ["/cells/NONE", "/managers/NONE", "/stations/NONE", "/cells.geojson?around=NONE"])
def test_what_is_not_there_says_so(client: FlaskClient, cell: GridCell, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "NONE" in answer.text


def test_cells_come_as_geojson_with_six_decimals(client: FlaskClient, cell: GridCell) -> None:
    answer = client.get("/cells.geojson?manager=KH1")
    assert answer.mimetype == "application/geo+json"
    (feature,) = json.loads(answer.text)["features"]
    properties = feature["properties"]
    assert (properties["code"], properties["manager"], properties["load"]) == ("ST-BADO", "李经理 (KH1)", 0.06)
    corners = [x for x, _y in feature["geometry"]["coordinates"][0][0]]
    assert corners == [round(x, 6) for x in corners]


def test_a_map_is_told_once_what_cells_have_alike(client: FlaskClient, session: Session, cell: GridCell) -> None:
    make_cell(session, cell.station, code="ST-LONE", shape=square(114.5), name="东坡")
    session.commit()
    whole = {each["properties"]["code"]: each["properties"] for each in client.get("/cells.geojson").json["features"]}
    collection = client.get("/cells.geojson?pixels=800").json
    for feature in collection["features"]:
        own = feature["properties"]
        told = collection["alike"][own.pop("alike")]
        assert own | told | {"url": collection["pages"] + own["code"]} == whole[own["code"]]
    assert (whole["ST-LONE"]["name"], "manager" in whole["ST-LONE"], "manager" in whole["ST-BADO"]) == (
        "东坡",
        False,
        True,
    )


def test_a_map_gets_what_it_shows_as_fine_as_it_shows_it(client: FlaskClient, session: Session, cell: GridCell) -> None:
    teeth = [(114.4 + step / 1000, 23.1 - step % 2 / 10_000) for step in range(11)]
    make_cell(
        session, cell.station, code="ST-TEETH", shape=shapely.MultiPolygon([shapely.Polygon([*teeth, (114.405, 23.0)])])
    )
    session.commit()
    far = json.loads(client.get("/cells.geojson?pixels=20&bbox=114.3,23.0,114.409,23.2").text)["features"]
    near = json.loads(client.get("/cells.geojson?pixels=2000&bbox=114.4005,23.08,114.4015,23.0998").text)["features"]
    assert [each["properties"]["code"] for each in far] == ["ST-BADO", "ST-TEETH"]
    assert [each["properties"]["code"] for each in near] == ["ST-TEETH"]
    assert len(shapely.get_coordinates(shapely.from_geojson(json.dumps(near[0]["geometry"])))) == 13
    assert len(shapely.get_coordinates(shapely.from_geojson(json.dumps(far[-1]["geometry"])))) < 13
    assert client.get("/cells.geojson?bbox=here").status_code == 422


def test_a_cell_s_turns_are_past_present_and_planned(session: Session, cell: GridCell) -> None:
    manager = manager_of(session, cell)
    tomorrow, former = today() + timedelta(days=1), date(2019, 1, 1)
    own(session, cell, None, tomorrow)
    assert [(turn.state, turn.until, turn.manager) for turn in turns(session, cell)][:2] == [
        ("planned", None, None),
        ("present", today(), manager),
    ]
    own(session, cell, None, former)
    assert turns(session, cell)[-1].state == "past"


def test_who_cannot_take_a_cell_is_said_beside_the_field(client: FlaskClient, session: Session, cell: GridCell) -> None:
    make_manager(session, cell.station, code="KH3", name="林经理", left_on=today())
    session.commit()
    answer = client.post("/cells/ST-BADO/give", data={"manager": "KH3", "since": today().isoformat()})
    assert answer.status_code == 409
    assert "cannot take the cell" in answer.text.partition('id="give-problem"')[2].partition("</div>")[0]
    answer = client.post("/cells/ST-BADO/give", data={"manager": "KH2", "since": "soon"})
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text


def test_neighbours_come_without_the_cell(client: FlaskClient, cell: GridCell) -> None:
    features = json.loads(client.get("/cells.geojson?around=ST-BADO").text)["features"]
    assert [feature["properties"]["code"] for feature in features] == ["ST-NEAR"]


def test_a_cell_is_given_on_its_page(client: FlaskClient, session: Session, cell: GridCell) -> None:
    answer = client.post("/cells/ST-BADO/give", data={"manager": "KH2", "since": today().isoformat()})
    assert answer.status_code == 302
    owner = manager_of(session, cell)
    assert owner is not None
    assert owner.code == "KH2"


def test_a_manager_s_first_day_away_is_kept_on_the_page(client: FlaskClient, session: Session, cell: GridCell) -> None:
    page = client.post("/managers/KH1/leave", data={"left_on": today().isoformat()}, follow_redirects=True).text
    assert "nobody answers for 1 cells" in page
    assert "away from" in client.get("/managers").text
    assert manager_of(session, cell) is None
    client.post("/managers/KH1/leave", data={"left_on": ""})
    session.rollback()
    assert manager_of(session, cell) is not None


def test_a_first_day_away_that_is_none_stays_as_it_was_typed(client: FlaskClient, cell: GridCell) -> None:
    answer = client.post("/managers/KH1/leave", data={"left_on": "soon"})
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert "“soon” is no day" in answer.text


def test_a_day_that_is_none_is_refused(client: FlaskClient, cell: GridCell) -> None:
    assert client.get("/cells/ST-BADO?on=tomorrow").status_code == 422


def test_sharing_out_is_a_job(
    client: FlaskClient, session: Session, cell: GridCell, run_jobs: Callable[[], None]
) -> None:
    job = client.post("/stations/ST/share-out", data={"since": today().isoformat()}).headers["Location"]
    run_jobs()
    assert "Done." in client.get(job).text
    session.expire_all()
    owners = {getattr(manager_of(session, each), "code", None) for each in session.scalars(select(GridCell))}
    assert owners == {"KH1", "KH2"}
