"""The whole way in the browser, without a browser."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.settings import settings
from app.customers.models import Account, Customer
from app.imports.models import ImportRun
from gis.coordinates import wgs84_to_gcj02
from tests.integration.imports.conftest import HEADINGS, customers

pytestmark = pytest.mark.usefixtures("organisation")


@pytest.fixture(autouse=True)
def committed(session: Session, organisation: None) -> None:
    session.commit()


def upload(client: FlaskClient, content: bytes, name: str = "../客户 清单.csv", kind: str = "customers") -> str:
    """Upload a file; returns the address of its import."""
    answer = client.post("/imports/new", data={"kind": kind, "file": (io.BytesIO(content), name)})
    assert answer.status_code == 302, answer.text
    return str(answer.location).removesuffix("/columns")


def start(client: FlaskClient, run: str, **form: str) -> str:
    """Start with the columns as the page proposes them; returns where its progress is shown."""
    page = client.get(f"{run}/columns").text
    headings = re.findall(r'name="heading" value="([^"]*)"', page)
    chosen = [re.search(r'value="(\w*)" selected', part) for part in page.split('name="field"')[1:]]
    fields = [found[1] if found else "" for found in chosen]
    answer = client.post(f"{run}/start", data={"heading": headings, "field": fields, "crs": "wgs84", **form})
    assert answer.status_code == 302
    return str(answer.location)


def test_from_upload_to_result(client: FlaskClient, session: Session, run_jobs: Callable[[], None]) -> None:
    run = upload(client, customers({}, {"联系电话": "12"}).encode("gb18030"))
    assert 'data-state="queued"' in client.get(start(client, run)).text
    run_jobs()
    page = client.get(run).text
    assert "“12” is not a phone number." in page
    assert "客户 清单.csv" in page
    assert session.scalar(select(func.count(Account.id))) == 1
    assert "客户 清单.csv" in client.get("/imports").text


def test_the_upload_lies_under_another_name_and_goes_when_it_is_done(
    client: FlaskClient, run_jobs: Callable[[], None]
) -> None:
    run = upload(client, customers({}).encode())
    (kept,) = (settings().instance / "uploads").iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}\.csv", kept.name)
    start(client, run)
    run_jobs()
    assert not kept.exists()
    assert client.get(f"{run}/columns").status_code == 404


def test_rejected_rows_come_as_a_spreadsheet(client: FlaskClient, run_jobs: Callable[[], None]) -> None:
    run = upload(client, customers({}, {"联系电话": "12"}).encode())
    start(client, run)
    run_jobs()
    answer = client.get(f"{run}/rejected")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][: len(HEADINGS)] == list(HEADINGS)
    assert rows[1][0] == "0317000000002"


def test_rejected_rows_come_as_text_that_old_systems_read(client: FlaskClient, run_jobs: Callable[[], None]) -> None:
    run = upload(client, customers({"联系电话": "12"}).encode())
    start(client, run)
    run_jobs()
    text = client.get(f"{run}/rejected?format=gb18030").data.decode("gb18030")
    assert text.startswith("户号,户名,联系电话")
    assert client.get(f"{run}/rejected?format=utf-8").data.startswith("\ufeff户号".encode())
    assert len(list((settings().instance / "uploads").iterdir())) == 1


def mend(client: FlaskClient, run: str, **cells: str) -> str:
    """Mend cells on the page of an import, each named by row and heading; returns the import of what was mended."""
    page = client.get(run).text
    places = {heading: place for place, heading in enumerate(HEADINGS)}
    form = {f"cell-{key[1:2]}-{places[key[2:]]}": text for key, text in cells.items() if key != "everywhere"}
    assert all(f'name="{name}"' in page for name in form)
    answer = client.post(f"{run}/mend", data=form | ({"everywhere": "1"} if "everywhere" in cells else {}))
    assert answer.status_code == 302
    return str(answer.location)


def test_rejected_rows_are_mended_on_the_page(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    run = upload(client, customers({}, {"联系电话": "12"}, {"台区编号": "TQ9"}).encode("gb18030"))
    start(client, run)
    run_jobs()
    again = mend(client, run, r3联系电话="13812345679")
    run_jobs()
    assert session.scalar(select(func.count(Account.id))) == 2
    assert "TQ9" in client.get(again).text
    assert again in client.get(run).text
    last = mend(client, again, r3台区编号="TQ1")
    run_jobs()
    session.rollback()
    assert session.scalar(select(func.count(Account.id))) == 3
    assert "All rows have been accepted." in client.get(last).text


def test_a_value_is_mended_wherever_it_stands(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    run = upload(client, customers(*[{"台区编号": "TQ9"}] * 3).encode())
    start(client, run)
    run_jobs()
    mend(client, run, r2台区编号="TQ1", r3台区编号="TQ9", everywhere="1")
    run_jobs()
    assert session.scalar(select(func.count(Account.id))) == 3


def test_without_a_change_nothing_is_brought_again(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    run = upload(client, customers({"联系电话": "12"}).encode())
    start(client, run)
    run_jobs()
    assert mend(client, run, r2联系电话="12") == run
    assert session.scalar(select(func.count(ImportRun.id))) == 1


def test_figures_lead_to_the_rows_behind_them(client: FlaskClient, run_jobs: Callable[[], None]) -> None:
    start(client, upload(client, customers({}).encode()))
    run_jobs()
    run = upload(client, customers({"户名": "周改名"}, {}).encode())
    start(client, run)
    run_jobs()
    created, updated = (client.get(f"{run}/rows/{state}").text for state in ("created", "updated"))
    assert ("*********0002" in created, "周**" in created) == (True, False)
    assert ("*********0001" in updated, "周**" in updated) == (True, True)


def test_the_history_is_narrowed_by_its_filter(client: FlaskClient, run_jobs: Callable[[], None]) -> None:
    for content, name in ((customers({}), "好.csv"), (customers({"联系电话": "12"}), "坏.csv")):
        start(client, upload(client, content.encode(), name))
    upload(client, customers({}).encode(), "等.csv")
    run_jobs()

    def shown(query: str) -> list[str]:
        page = client.get(f"/imports?{query}").text
        return [name for name in ("好.csv", "坏.csv", "等.csv") if name in page]

    assert shown("state=rejected") == ["坏.csv"]
    assert shown("state=clean") == ["好.csv"]
    assert shown("state=unfinished") == ["等.csv"]
    assert shown("state=trial") == shown("kind=cells") == []
    assert shown("file=好&kind=customers") == ["好.csv"]


def test_the_page_names_the_kind_that_fits(client: FlaskClient) -> None:
    run = upload(client, "台区编号,台区名称,供电单位\nTQ1,水门,S1\n".encode())
    page = client.get(f"{run}/columns").text
    assert f'href="{run}/columns?kind=transformer-areas"' in page


def test_the_first_rows_tell_the_coordinate_system(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    places = [(114.401 + 0.0007 * step, 23.101 + 0.0005 * step) for step in range(12)]
    right = [{"经度": str(lon), "纬度": str(lat)} for lon, lat in places]
    start(client, upload(client, customers(*right).encode()))
    run_jobs()
    shifted = [wgs84_to_gcj02([lon], [lat]) for lon, lat in places]
    wrong = [{"经度": str(lon[0]), "纬度": str(lat[0])} for lon, lat in shifted]
    assert re.search(r'value="gcj02" checked', client.get(f"{upload(client, customers(*wrong).encode())}/columns").text)
    fits = client.get(f"{upload(client, customers(*right).encode())}/columns").text
    assert "WGS 84 fits" in fits
    assert re.search(r'value="wgs84" checked', fits)


def test_a_trial_run_changes_nothing_until_it_is_said(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    run = upload(client, customers({}).encode())
    start(client, run, dry_run="on")
    run_jobs()
    assert "trial run" in client.get(run).text
    assert session.scalar(select(func.count(Account.id))) == 0
    client.post(f"{run}/start", data={"again": "1"})
    run_jobs()
    session.rollback()
    assert session.scalar(select(func.count(Account.id))) == 1


def test_columns_chosen_by_hand_are_proposed_next_time(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    file = "户号,甲,供电单位\n1,陈建国,S1\n".encode()
    chosen = {"heading": ["户号", "甲", "供电单位"], "field": ["account_no", "name", "station"]}
    client.post(f"{upload(client, file)}/start", data=chosen)
    run_jobs()
    assert session.scalars(select(Customer.name)).all() == ["陈建国"]
    page = client.get(f"{upload(client, file)}/columns").text
    assert re.search(r'value="甲".*?value="name" selected', page, re.DOTALL)


def test_a_wrong_encoding_is_seen_and_mended(client: FlaskClient) -> None:
    run = upload(client, customers({}).encode("gb18030"))
    assert "陈建国" in client.get(f"{run}/columns").text
    assert "陈建国" not in client.get(f"{run}/columns?encoding=utf-8").text


def test_a_job_that_fails_says_why(client: FlaskClient, run_jobs: Callable[[], None]) -> None:
    run = upload(client, b"a,b\n1,2\n")
    start(client, run)
    run_jobs()
    assert "No column for “Account number”" in client.get(run).text


@pytest.mark.parametrize("name", ["", "list.pdf"])
def test_an_upload_that_is_no_table_is_refused(client: FlaskClient, session: Session, name: str) -> None:
    answer = client.post("/imports/new", data={"kind": "customers", "file": (io.BytesIO(b"x"), name)})
    assert answer.status_code == 422
    assert session.scalar(select(func.count(ImportRun.id))) == 0
