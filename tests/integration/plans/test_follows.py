"""What follows from a plan: lists, cards, sheets; and on the day everything answers with the new manager."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

import geopandas as gpd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.cards.tasks import print_file
from app.core.access import Role
from app.customers.models import SpecialCare
from app.jobs.models import Job
from app.plans import follow_files, publish_views
from tests.factories import accounts, make_account, make_box, make_customer, make_meter_point
from tests.integration.cards.scene import text_of
from tests.integration.plans.publication import Scene, make_scene, published, set_clock

PHONE = "13911112222"


class Town(Scene):
    """Two households in the cell that changes hands, the second with a care mark, and one in another cell."""

    address: str
    account_no: str
    account_id: int
    box: str


@pytest.fixture
def town(session: Session) -> Town:
    return furnish(session, published(session))


def furnish(session: Session, scene: Scene) -> Town:
    town = Town(**vars(scene))
    town.address = f"/plans/{scene.plan.id}"
    x, y = scene.cell.shape.centroid.coords[0]
    inside = {"cell_id": scene.cell.id, "reason": "inside", "cause": null()}
    box = make_box(session, scene.cell.station, (x, y), address="水门路12号", **inside)
    scene.cell.boxes, town.box = 1, box.number
    for name, phones in (("陈建国", (PHONE,)), ("黄秀英", ())):
        customer = make_customer(session, phones, name=name)
        account = make_account(session, customer, address="水门路12号301房")
        make_meter_point(session, box, account, **inside)
        if phones:
            town.account_no, town.account_id = account.number, account.id
    session.add(SpecialCare(customer_id=customer.id, kind="life_support"))
    make_meter_point(session, make_box(session, scene.cell.station))
    session.commit()
    return town


def acts(session: Session, action: str) -> list[AuditEntry]:
    session.rollback()
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_the_page_says_who_hands_over_to_whom(client: FlaskClient, town: Town) -> None:
    page = client.get(f"{town.address}/follows").text
    assert town.former.name in page
    assert town.fresh.name in page
    assert "Withdraw" in page


def test_the_masked_list_holds_the_households_and_no_name(client: FlaskClient, session: Session, town: Town) -> None:
    answer = client.get(f"{town.address}/households.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[5:9] for row in rows[1:]] == [
        [town.former.name, town.former.code, town.fresh.name, town.fresh.code]
    ] * 2  # fmt: skip
    assert "陈建国" not in answer.text
    assert town.account_no not in answer.text
    assert acts(session, "plan.follows")[0].details["rows"] == 2


def test_the_full_list_holds_the_names_and_goes_on_record(client: FlaskClient, session: Session, town: Town) -> None:
    answer = client.post(f"{town.address}/households.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert {row[1] for row in sheet[1:]} == {"陈建国", "黄秀英"}
    assert len(acts(session, "plan.follows_full")) == 1


def test_the_hand_over_sheet_has_special_care_first(client: FlaskClient, session: Session, town: Town) -> None:
    pair = {"from": town.former.code, "to": town.fresh.code}
    page = client.post(f"{town.address}/hand-over", data=pair).text
    assert page.index("黄秀英") < page.index("陈建国")
    assert "life support" in page
    assert acts(session, "plan.hand_over")[0].details["asked"] == pair


def test_the_new_beats_are_a_geopackage(client: FlaskClient, tmp_path: Path, town: Town) -> None:
    path = tmp_path / "beats.gpkg"
    path.write_bytes(client.get(f"{town.address}/beats.gpkg").data)
    beats = gpd.read_file(path, layer="beats").set_index("manager")
    assert beats["cells"].to_dict() == {town.former.code: 1, town.fresh.code: 3}
    assert len(gpd.read_file(path, layer="cells")) == 4


def test_the_cards_that_change_are_printed_for_the_new_manager(
    client: FlaskClient, session: Session, town: Town, run_jobs: Callable[[], None]
) -> None:
    started = client.post(f"{town.address}/prints", data={"manager": town.fresh.code})
    run_jobs()
    session.rollback()
    job = session.scalars(select(Job)).one()
    assert job.result is not None
    assert job.result["cards"] == 1
    assert town.fresh.name in text_of(print_file(job.id))
    assert f'href="{town.address}/follows"' in client.get(started.location).text


def test_a_station_s_supervisor_sees_no_other_station_s_plan(app: Flask, session: Session, town: Town) -> None:
    stranger = accounts.client_of(app, Role.SUPERVISOR, unit=furnish(session, make_scene(session)).cell.station)
    assert stranger.get(f"{town.address}/follows").status_code == 404


def test_two_people_bring_a_plan_to_its_day(app: Flask, client: FlaskClient, session: Session) -> None:
    scene = make_scene(session)
    session.commit()
    address = f"/plans/{scene.plan.id}"
    other = accounts.client_of(app, Role.SUPERVISOR)
    assert client.post(f"{address}/submit").status_code == 302
    assert client.post(f"{address}/approve").status_code == 409
    assert other.post(f"{address}/approve").status_code == 302
    assert client.post(f"{address}/publish", data={"day": scene.day.isoformat()}).status_code == 302
    session.expire_all()
    assert scene.on(session, scene.day) == scene.fresh


def days(town: Town) -> Iterator[tuple[date, str, str]]:
    """The day before and the day itself: whose name answers, and whose does not."""
    yield town.day - timedelta(days=1), town.former.name, town.fresh.name
    yield town.day, town.fresh.name, town.former.name


def test_on_the_day_everything_answers_with_the_new_manager(
    client: FlaskClient, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, present, absent in days(town):
        set_clock(monkeypatch, day)
        face = client.get(f"/c/{town.cell.card_token}").text
        assert (present in face, absent in face) == (True, False)
        found = client.get("/api/v1/lookup", query_string={"q": PHONE}).text
        assert (present in found, absent in found) == (True, False)
        customer = client.get(f"/api/v1/customers/{town.account_id}").text
        assert (present in customer, absent in customer) == (True, False)
        beats = {name: client.get(f"/managers/{code}").text for name, code in codes(town).items()}
        assert (town.box in beats[present], town.box in beats[absent]) == (True, False)


def test_who_was_responsible_is_answered_for_any_day(client: FlaskClient, town: Town) -> None:
    for day, present, absent in days(town):
        asked = {"cell": town.cell.code, "on": day.isoformat()}
        answer = client.get("/api/v1/ownership", query_string=asked).text
        assert (present in answer, absent in answer) == (True, False)


def codes(town: Town) -> dict[str, str]:
    return {town.former.name: town.former.code, town.fresh.name: town.fresh.code}


def test_whoever_leaves_before_the_day_is_named(client: FlaskClient, session: Session, town: Town) -> None:
    away = {"left_on": (town.day - timedelta(days=1)).isoformat()}
    told = client.post(f"/managers/{town.fresh.code}/leave", data=away, follow_redirects=True).text
    assert f"1 cells are to go to {town.fresh.name} after that day" in told
    assert f"{town.fresh.name}. Nobody answers for what they get" in client.get(f"{town.address}/follows").text


LARGE = {
    "households.csv": "plan.follows",
    "households.xlsx": "plan.follows",
    "hand-over.zip": "plan.hand_over",
    "beats.gpkg": None,
}


@pytest.mark.parametrize("file", LARGE)
def test_what_is_large_is_made_in_the_background(
    client: FlaskClient,
    session: Session,
    town: Town,
    run_jobs: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    file: str,
) -> None:
    for limit in ("MOST_AT_ONCE", "MOST_ON_SHEETS"):
        monkeypatch.setattr(publish_views, limit, 1)
    assert f'value="{file}"' in client.get(f"{town.address}/follows").text
    started = client.post(f"{town.address}/files", data={"file": file})
    run_jobs()
    assert "Show the result" in client.get(started.location).text
    session.rollback()
    job = session.scalars(select(Job)).one()
    made = client.get(f"{town.address}/files/{job.id}")
    assert made.headers["Content-Disposition"].endswith(file.rpartition(".")[2])
    assert CONTENT[file](made.data)
    act = LARGE[file]
    assert act is None or acts(session, act)[0].details["rows"] == 2


def of_zip(data: bytes) -> bool:
    """One sheet for the one pair, who needs care first."""
    with ZipFile(io.BytesIO(data)) as file:
        (name,) = file.namelist()
        text = file.read(name).decode()
    return text.index("黄秀英") < text.index("陈建国")


CONTENT: dict[str, Callable[[bytes], bool]] = {
    "households.csv": lambda data: len(data.splitlines()) == 3 and "陈建国" not in data.decode(),
    "households.xlsx": lambda data: CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).height == 3,
    "hand-over.zip": of_zip,
    "beats.gpkg": lambda data: data.startswith(b"SQLite format 3"),
}


def test_somebody_else_s_file_is_not_given_out(
    app: Flask, client: FlaskClient, session: Session, town: Town, run_jobs: Callable[[], None]
) -> None:
    client.post(f"{town.address}/files", data={"file": "households.csv", "full": "1"})
    run_jobs()
    session.rollback()
    job = session.scalars(select(Job)).one()
    other = accounts.client_of(app, Role.SUPERVISOR)
    assert other.get(f"{town.address}/files/{job.id}").status_code == 404
    assert "陈建国" in client.get(f"{town.address}/files/{job.id}").data.decode()


def test_a_list_that_no_worksheet_holds_is_refused(
    client: FlaskClient, town: Town, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_files, "MOST_IN_WORKBOOK", 1)
    started = client.post(f"{town.address}/files", data={"file": "households.xlsx"})
    run_jobs()
    assert "2 households. Take the CSV file." in client.get(started.location).text
