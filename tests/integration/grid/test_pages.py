"""Cells, managers and stations as a user meets them."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.clock import today
from app.grid.listing import cell_page, manager_page, sorted_managers
from app.grid.models import GridCell
from app.grid.queries import manager_of
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
        page = cell_page(session, EVERYWHERE, {"sort": "households", "after": after})
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
    make_manager(session, code="KH-IDLE")
    assert [row.code for row in manager_page(session, EVERYWHERE, {"load": "over"}).rows] == ["KH-BUSY"]
    assert [row.code for row in manager_page(session, EVERYWHERE, {"load": "under"}).rows] == ["KH-IDLE"]
    by_load = [
        [row.code for row in sorted_managers(session, EVERYWHERE, {"sort": sort}).rows] for sort in ("load", "-load")
    ]
    assert by_load == [["KH-IDLE", "KH-BUSY"], ["KH-BUSY", "KH-IDLE"]]


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
