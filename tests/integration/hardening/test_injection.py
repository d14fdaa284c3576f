"""Whatever stands in an address or a form: no page breaks, and nothing of it comes back as markup."""

import re
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.factories import make_account, make_box, make_cell, make_manager, make_meter_point, make_station, own

APP = Path(__file__).parents[3] / "app"
MARK = "<img src=x onerror=alert(1)>"
KNOWN_ATTACKS = (
    MARK,
    '">' + MARK,
    "' or 1=1 --",
    "'; drop table customer; --",
    '" or ""="',
    "%' and (select 1)=1 and '%'='",
    "{{7*7}}${7*7}#{7*7}",
    "../../../../etc/passwd",
    "\x00\x01\x7f",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "99999999999999999999999999",
    "-1",
    "1e309",
    "NaN",
    "2026-02-30",
    "9" * 5000,
    "𠮷" * 200,
    "\r\nSet-Cookie: a=b",
    "[]",
    "null",
)
ATTACKS = st.one_of(st.sampled_from(KNOWN_ATTACKS), st.text(max_size=60))
ARGUMENT = re.compile(r"(?:request\.(?:args|values)(?:\.get(?:list)?\(|\[)\s*|day_asked\(|field: str = )\"(\w+)\"")
FIELD = re.compile(r"(?:request\.)?(?:form|values)(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"")
BOUNDED = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def names_in_code(pattern: re.Pattern[str]) -> list[str]:
    """Every parameter that any view asks for by name."""
    texts = (path.read_text("utf-8") for path in APP.glob("*/*.py"))
    return sorted({name for text in texts for name in pattern.findall(text)})


@pytest.fixture
def scene(session: Session) -> None:
    """One of everything, so that pages have something to show."""
    station = make_station(session)
    cell, manager = make_cell(session, station), make_manager(session, station)
    own(session, cell, manager)
    make_meter_point(session, account=make_account(session), box=make_box(session, station=station))
    session.commit()


LEFT_OUT = {"static", "operations.readyz", "accounts.sign_out", "accounts.change_user"}
"""What is a file, says 503 where no worker runs, or ends the client's own session."""


def rules(app: Flask, method: str) -> list[Rule]:
    """The pages; the API has a test of its own."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and rule.endpoint not in LEFT_OUT and not rule.rule.startswith("/api/")
    ]


def address(rule: Rule, attack: str) -> str:
    """The rule's address with the attack wherever it takes text."""
    quoted = "".join(f"%{byte:02X}" for byte in attack.encode("utf-8", "surrogatepass")) or "x"
    return re.sub(
        r"<(?:any\(([^)]*)\):)?(?:\w+:)?\w+>",
        lambda found: found[1].split(",")[0].strip("' \"") if found[1] else quoted,
        rule.rule,
    )


def must_be_calm(answer: object, where: str) -> None:
    status, text = answer.status_code, answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert status < 500, where
    assert MARK not in text, where
    assert "Set-Cookie: a=b" not in str(answer.headers), where  # type: ignore[attr-defined]


@BOUNDED
@given(choice=st.data())
def test_no_address_breaks_a_page(app: Flask, client: FlaskClient, scene: None, choice: st.DataObject) -> None:
    where = address(choice.draw(st.sampled_from(rules(app, "GET"))), choice.draw(ATTACKS))
    must_be_calm(client.get(where), where)


@BOUNDED
@given(choice=st.data())
def test_no_query_breaks_a_page(app: Flask, client: FlaskClient, scene: None, choice: st.DataObject) -> None:
    rule = choice.draw(st.sampled_from(rules(app, "GET")))
    arguments = dict.fromkeys(names_in_code(ARGUMENT), choice.draw(ATTACKS))
    must_be_calm(client.get(address(rule, "1"), query_string=arguments), rule.rule)


@BOUNDED
@given(choice=st.data())
def test_no_form_breaks_a_page(app: Flask, client: FlaskClient, scene: None, choice: st.DataObject) -> None:
    rule = choice.draw(st.sampled_from(rules(app, "POST")))
    fields = dict.fromkeys(names_in_code(FIELD), choice.draw(ATTACKS))
    must_be_calm(client.post(address(rule, "1"), data=fields), rule.rule)


def test_the_names_are_found() -> None:
    assert {"q", "station", "on", "after"} <= set(names_in_code(ARGUMENT))
    assert {"login", "line", "shape", "cell"} <= set(names_in_code(FIELD))
