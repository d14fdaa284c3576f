"""Coverage maps as pages, files and a command."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.grid.models import CustomerManager
from app.maps.cli import map_command
from tests.factories import make_box, make_cell, make_manager, make_meter_point, make_station, own, square


@pytest.fixture
def city(session: Session) -> None:
    """Two stations; the first one's cell has a manager, the second one's has none; one household lies outside."""
    for number, name in enumerate(("江北供电所", "河南岸供电所")):
        station = make_station(session, code=f"S{number}", name=name)
        cell = make_cell(session, station, code=f"S{number}-BADO", shape=square(114.4 + number / 100), households=7)
        if number == 0:
            own(session, cell, make_manager(session, station, code="KH1", name="林测试", work_phone="13800001111"))
        make_meter_point(session, make_box(session, station, at=(114.9, 23.9)))
    session.commit()


@pytest.mark.usefixtures("city")
def test_the_file_holds_cells_and_managers(client: FlaskClient) -> None:
    html = client.get("/map/coverage.html").text
    assert all(text in html for text in ("S0-BADO", "S1-BADO", "林测试", "13800001111"))


@pytest.mark.usefixtures("city")
def test_a_station_s_map_shows_that_station(client: FlaskClient) -> None:
    html = client.get("/map/coverage.html?station=S1").text
    assert "S1-BADO" in html
    assert "S0-BADO" not in html


@pytest.mark.usefixtures("city")
def test_the_file_is_kept_apart_from_the_application(client: FlaskClient) -> None:
    assert client.get("/map/coverage.html").headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")


@pytest.mark.usefixtures("city")
def test_a_new_phone_is_on_the_next_map(client: FlaskClient, session: Session) -> None:
    client.get("/map/coverage.html")
    session.execute(update(CustomerManager).values(work_phone="13900002222"))
    session.commit()
    assert "13900002222" in client.get("/map/coverage.html").text


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF-"), ("png", b"\x89PNG")])
def test_the_wall_map_is_a_file(client: FlaskClient, kind: str, start: bytes) -> None:
    assert client.get(f"/map/coverage.{kind}?by=load").data.startswith(start)


def test_an_empty_register_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/map/coverage.html")
    assert answer.status_code == 422
    assert "Import cells, or make them" in answer.text


@pytest.mark.usefixtures("city")
def test_the_page_says_in_figures_what_the_map_shows(client: FlaskClient) -> None:
    page = client.get("/map/").text
    figures = dict(re.findall(r"<span>([^<]+)</span>\s*<b>([\d,]+)", page))
    assert figures == {
        "Households in cells": "14",
        "Households without a cell": "2",
        "Grid cells": "2",
        "Cells without manager": "1",
        "Customer managers": "1",
        "Over the target": "0",
        "Under the target": "1",
    }
    assert "/map/uncovered.geojson" in page


@pytest.mark.usefixtures("city")
def test_households_without_a_cell_are_marks_with_a_count(client: FlaskClient) -> None:
    (mark,) = json.loads(client.get("/map/uncovered.geojson").text)["features"]
    assert (mark["geometry"]["coordinates"], mark["properties"]["count"]) == ([114.9, 23.9], 2)


def test_the_page_of_an_empty_register_says_what_to_do(client: FlaskClient) -> None:
    assert "Import cells, or make them" in client.get("/map/").text


def test_an_unknown_manager_is_said_beside_the_field(client: FlaskClient) -> None:
    page = client.get("/map/?manager=NOPE").text
    assert "no customer manager with the code NOPE" in page.partition('id="field-manager-error"')[2]
    assert 'value="NOPE"' in page


@pytest.mark.usefixtures("city")
def test_the_command_writes_a_beat(tmp_path: Path) -> None:
    out = tmp_path / "beat.html"
    run = CliRunner().invoke(map_command, ["--manager", "KH1", "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "S1-BADO" not in out.read_text("utf-8")
