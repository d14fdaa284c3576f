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
    """Start with the columns as the page proposes them; returns the job's address."""
    page = client.get(f"{run}/columns").text
    headings = re.findall(r'name="heading" value="([^"]*)"', page)
    chosen = [re.search(r'value="(\w*)" selected', part) for part in page.split('name="field"')[1:]]
    fields = [found[1] if found else "" for found in chosen]
    answer = client.post(f"{run}/start", data={"heading": headings, "field": fields, "crs": "wgs84", **form})
    assert answer.status_code == 302
    return str(answer.location)


def test_from_upload_to_result(client: FlaskClient, session: Session, run_jobs: Callable[[], None]) -> None:
    run = upload(client, customers({}, {"联系电话": "12"}).encode("gb18030"))
    job = start(client, run)
    run_jobs()
    assert run in client.get(job).text
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
    job = start(client, run)
    run_jobs()
    assert "No column for “Account number”" in client.get(job).text
    assert client.get(run).status_code == 200


@pytest.mark.parametrize("name", ["", "list.pdf"])
def test_an_upload_that_is_no_table_is_refused(client: FlaskClient, session: Session, name: str) -> None:
    answer = client.post("/imports/new", data={"kind": "customers", "file": (io.BytesIO(b"x"), name)})
    assert answer.status_code == 422
    assert session.scalar(select(func.count(ImportRun.id))) == 0
