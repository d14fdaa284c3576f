"""Single sign-on against a certified provider that runs beside the tests."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.accounts.models import User, UserSession
from app.audit.models import AuditEntry
from app.core.access import Role
from app.core.database import database
from app.core.model import now
from app.core.settings import Settings
from tests.conftest import Client, missing
from tests.factories import accounts
from tests.oidc.run import CLIENT_ID, CLIENT_SECRET, PUBLIC_URL, Provider, find_node, provider


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    node = find_node()
    if node is None:
        missing("node", "Node 20 with the packages of package.json is not there")
    with provider(str(node)) as running:
        yield running


@pytest.fixture
def app(there: Provider, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(
        Settings(
            instance=tmp_path / "instance",
            database_url=database_url,
            public_url=PUBLIC_URL,
            oidc_issuer=there.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
        )
    )
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    with app.app_context(), force_locale("en"):
        yield app
        database().engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


@pytest.fixture
def person(session: Session) -> User:
    user = accounts.make_user(session, Role.HOTLINE, login="wang.min")
    session.commit()
    return user


def back_from(there: Provider, client: FlaskClient, login: str, target: str = "/lookup") -> str:
    """Go to the provider and sign in there; returns the address, within this site, to which it sends the browser."""
    out = client.get("/sign-in/sso", query_string={"next": target})
    assert out.status_code == 302
    return there.approve(out.location, login).removeprefix(PUBLIC_URL)


def sessions(session: Session) -> int | None:
    return session.scalar(select(func.count(UserSession.id)))


def refusals(session: Session) -> list[str]:
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in.refused"))
    return [entry.details["reason"] for entry in entries]


def test_whoever_the_provider_vouches_for_comes_in(
    there: Provider, anonymous: FlaskClient, person: User, session: Session
) -> None:
    answer = anonymous.get(back_from(there, anonymous, "wang.min"))
    assert (answer.status_code, answer.location) == (302, "/lookup")
    assert anonymous.get("/lookup").status_code == 200
    session.refresh(person)
    assert person.sso_subject == f"{there.issuer}|wang.min"


def test_the_request_carries_state_nonce_and_a_challenge(anonymous: FlaskClient, person: User) -> None:
    asked = parse_qs(urlsplit(anonymous.get("/sign-in/sso").location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)


def test_another_state_is_refused(there: Provider, anonymous: FlaskClient, person: User, session: Session) -> None:
    address = back_from(there, anonymous, "wang.min").replace("state=", "state=x")
    assert anonymous.get(address).status_code == 401
    assert (sessions(session), refusals(session)) == (0, ["answer"])


def test_an_answer_meant_for_another_browser_is_refused(
    there: Provider, app: Flask, anonymous: FlaskClient, person: User, session: Session
) -> None:
    address = back_from(there, anonymous, "wang.min")
    assert app.test_client().get(address).status_code == 401
    assert sessions(session) == 0


def test_an_answer_is_taken_once(there: Provider, anonymous: FlaskClient, person: User) -> None:
    address = back_from(there, anonymous, "wang.min")
    assert anonymous.get(address).status_code == 302
    assert anonymous.get(address).status_code == 401


def test_strangers_and_the_disabled_hear_the_same(
    there: Provider, anonymous: FlaskClient, person: User, session: Session
) -> None:
    stranger = anonymous.get(back_from(there, anonymous, "nobody"))
    person.disabled_at = now()
    session.commit()
    disabled = anonymous.get(back_from(there, anonymous, "wang.min"))
    for answer in (stranger, disabled):
        assert answer.status_code == 401
        assert "You are not registered here. Ask an administrator to add you." in answer.text
    assert (sessions(session), refusals(session)) == (0, ["stranger", "stranger"])


def test_a_login_that_is_bound_to_one_subject_is_not_given_to_another(
    there: Provider, anonymous: FlaskClient, person: User, session: Session
) -> None:
    person.sso_subject = "another provider|1"
    session.commit()
    assert anonymous.get(back_from(there, anonymous, "wang.min")).status_code == 401


def test_a_second_factor_that_is_required_is_asked_for_all_the_same(
    there: Provider, anonymous: FlaskClient, person: User, session: Session
) -> None:
    person.factor_required, person.must_change_password = True, True
    session.commit()
    assert anonymous.get(back_from(there, anonymous, "wang.min")).location == "/sign-in/enrol"
    assert anonymous.get("/lookup").status_code == 302


def test_the_way_back_stays_on_this_site(there: Provider, anonymous: FlaskClient, person: User) -> None:
    assert anonymous.get(back_from(there, anonymous, "wang.min", "//evil.example")).location == "/"


def test_a_provider_that_is_away_is_said_so(there: Provider, app: Flask, anonymous: FlaskClient) -> None:
    away = app.extensions["gridcrm.oauth"].create_client("provider")
    away._server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
    answer = anonymous.get("/sign-in/sso")
    assert answer.status_code == 401
    assert "does not answer" in answer.text
