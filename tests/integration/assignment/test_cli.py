"""`gridcrm assign` and `gridcrm cells`, as a shell sees them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.assignment.cli import assign
from app.grid.cli import cells
from tests.factories import make_box, make_cell, make_manager, make_meter_point, make_station, square


@pytest.fixture
def run(app: Flask):  # type: ignore[no-untyped-def]
    def call(*arguments: str) -> Result:
        command = assign if arguments[0] == "assign" else cells
        with force_locale("en"):
            return CliRunner().invoke(command, arguments[1:])

    return call


@pytest.fixture
def register(session: Session) -> None:
    station = make_station(session, code="ST")
    make_manager(session, station, code="KH1", name="李经理", work_phone="13800000001")
    for step in range(20):
        make_meter_point(session, make_box(session, station, (114.40 + step / 1000, 23.10 + step % 3 / 1000)))
    session.commit()


def test_from_boxes_to_beats(run, register: None) -> None:  # type: ignore[no-untyped-def]
    made = json.loads(run("cells", "make", "--method", "quadtree", "--target-households", "5", "--json").output)
    proof = run("cells", "check", "--json")
    assert proof.exit_code == 0
    expected = {"gaps": 0, "gap_m2": 0.0, "overlaps": 0, "overlap_m2": 0.0, "empty": 0, "multipart": 0}
    assert json.loads(proof.output) == {"cells": made["cells"], **expected, "households_outside": 0}
    counts = json.loads(run("assign", "--all", "--json").output)["counts"]
    assert counts["inside"] + counts["border"] == 20
    beats = json.loads(run("cells", "share-out", "--station", "ST", "--from", "2026-01-01", "--json").output)
    assert [(beat["manager"], beat["households"]) for beat in beats] == [("KH1", 20)]


def test_a_broken_layer_exits_with_one_and_names_the_places(run, session: Session, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    make_cell(session, code="A")
    make_cell(session, code="B", shape=square(114.405))
    session.commit()
    proof = run("cells", "check", "--json", "--geojson", str(tmp_path / "places.geojson"))
    assert proof.exit_code == 1
    assert json.loads(proof.output)["overlaps"] == 1
    assert len(json.loads((tmp_path / "places.geojson").read_text())["features"]) == 1


def test_cells_change_hands_and_shape(run, session: Session) -> None:  # type: ignore[no-untyped-def]
    station = make_station(session)
    make_cell(session, station, code="WEST")
    make_cell(session, station, code="EAST", shape=square(114.41))
    make_manager(session, station, code="KH1", name="李经理", work_phone="13800000001")
    session.commit()
    assert run("cells", "own", "WEST", "KH1", "--from", "2026-01-01").exit_code == 0
    assert run("cells", "owner", "WEST", "--on", "2026-05-01").output == "KH1 李经理 13800000001\n"
    assert run("cells", "owner", "WEST", "--on", "2025-05-01").output == "Nobody.\n"
    reshaped = run(
        "cells", "reshape", "WEST", "--shape", "POLYGON((114.4 23.1,114.413 23.1,114.413 23.11,114.4 23.11,114.4 23.1))"
    )
    assert reshaped.output == "2 cells have a new border.\n"
    (merged, _households) = run("cells", "merge", "WEST", "EAST").output.split()
    assert len(run("cells", "split", merged).output.splitlines()) == 2


def test_what_cannot_be_done_is_said_in_a_sentence(run, session: Session) -> None:  # type: ignore[no-untyped-def]
    assert "no grid cell with the code NONE" in run("cells", "split", "NONE").output
    assert "Say --all" in run("cells", "owner", "NONE").output or run("cells", "owner", "NONE").exit_code == 1
