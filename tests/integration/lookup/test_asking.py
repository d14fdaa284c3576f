"""One hit says its manager at once and goes on record; the customer stays masked, and several wait to be chosen."""

import json

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.customers.models import Account
from app.lookup.cli import lookup_command
from tests.integration.lookup.conftest import Settle
from tests.statements import counted, reads


def trail(session: Session) -> list[tuple[str, str, str, dict[str, str]]]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    session.commit()
    return [(entry.actor, entry.action, entry.subject, entry.details) for entry in entries]


def customer_of(session: Session, account: str) -> str:
    return f"customer:{session.scalars(select(Account.customer_id).where(Account.number == account)).one()}"


def id_of(session: Session, number: str) -> int:
    account_id = session.scalars(select(Account.id).where(Account.number == number)).one()
    session.commit()
    return account_id


def test_one_hit_is_the_answer_masked_and_goes_on_record(session: Session, client: FlaskClient, settle: Settle) -> None:
    wanted = settle()
    page = client.get("/lookup?q=139 1234 5678").text
    assert 'href="tel:13800009000"' in page
    assert "stands inside this cell" in page
    assert "陈**" in page
    for secret in ("陈建国", "水门路12", wanted.account):
        assert secret not in page
    seen = {"query": "139****5678", "kind": "phone"}
    assert trail(session) == [("chief", "lookup.look", customer_of(session, wanted.account), seen)]


def test_an_answer_to_a_program_costs_four_reads(session: Session, client: FlaskClient, settle: Settle) -> None:
    """Who asks, which account is meant, who serves it, and where the trail goes on."""
    wanted = settle()
    with counted(session) as sent:
        answer = client.get("/api/v1/lookup", query_string={"q": wanted.account})
    assert answer.json[0]["manager"]["name"] == "林经理"
    assert len(reads(sent)) == 4


def test_several_hits_until_one_is_chosen_by_its_id(session: Session, client: FlaskClient, settle: Settle) -> None:
    first, second = settle(), settle("李建华")
    page = client.get("/lookup?q=水门").text
    assert "13800009000" not in page
    assert trail(session) == []
    address = f"/lookup?account={id_of(session, second.account)}"
    assert f'href="{address}"' in page
    chosen = client.get(address).text
    assert "李**" in chosen
    assert "13800009000" in chosen
    assert [entry[2] for entry in trail(session)] == [customer_of(session, second.account)]
    for secret in ("陈建国", "12号", first.account, second.account):
        assert secret not in page + chosen


@pytest.mark.parametrize("account", ["999", "0", "-1", "x", "99999999999999999999"])
def test_no_account_of_that_id(client: FlaskClient, account: str) -> None:
    answer = client.get("/lookup", query_string={"account": account})
    assert answer.status_code == (404 if account in ("999", "0") else 200)


def test_typing_reveals_nothing(session: Session, client: FlaskClient, settle: Settle) -> None:
    settle()
    part = client.get("/lookup/live?q=陈建国").text
    assert "陈**" in part
    assert "陈建国，" not in part
    assert "水门路12" not in part
    assert trail(session) == []


def test_json_of_one_and_of_several_hits(session: Session, client: FlaskClient, settle: Settle) -> None:
    wanted = settle()
    (one,) = client.get("/api/v1/lookup?q=陈建国").json or []
    assert set(one) == {"id", "account_no", "name", "address", "cell", "manager", "reason"}
    assert (one["name"], one["account_no"][-4:], one["manager"]["phone"]) == (
        "陈**",
        wanted.account[-4:],
        "13800009000",
    )
    assert wanted.account not in one.values()
    settle("陈建华")
    assert [hit["name"] for hit in client.get("/api/v1/lookup?q=陈建").json or []] == ["陈**", "陈**"]
    (chosen,) = client.get("/api/v1/lookup", query_string={"account": one["id"]}).json or []
    assert chosen == one
    assert [entry[2] for entry in trail(session)] == [customer_of(session, wanted.account)] * 2


def test_nothing_found_says_what_was_tried(client: FlaskClient, settle: Settle) -> None:
    settle()
    page = client.get("/lookup?q=139 0000 0000").text
    assert "Nothing found for “139 0000 0000”." in page
    assert "the phone number 13900000000" in page
    assert client.get("/api/v1/lookup?q=139 0000 0000").json == []


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", "'\"--", "%00", "\\", "𠮷" * 300])
def test_odd_queries_do_no_harm(client: FlaskClient, settle: Settle, query: str) -> None:
    page = client.get("/lookup", query_string={"q": query})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_the_command_prints_in_full_and_goes_on_record(session: Session, settle: Settle) -> None:
    wanted = settle()
    run = CliRunner().invoke(lookup_command, ["139-1234-5678", "--json"])
    assert [hit["account_no"] for hit in json.loads(run.output)] == [wanted.account]
    assert "林经理 13800009000" in CliRunner().invoke(lookup_command, ["陈建国"]).output
    assert [entry[1:3] for entry in trail(session)] == [("lookup.reveal", customer_of(session, wanted.account))] * 2


def test_the_command_says_what_it_tried(settle: Settle) -> None:
    settle()
    assert "a part of a name or address" in CliRunner().invoke(lookup_command, ["不存在的"]).output


def test_one_character_is_told_that_two_are_needed(client: FlaskClient) -> None:
    assert "type at least two" in client.get("/lookup?q=水").text
    run = CliRunner().invoke(lookup_command, ["水"])
    assert "one character is too little: type at least two" in run.output
