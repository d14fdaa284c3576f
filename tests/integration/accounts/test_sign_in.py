"""The way in by password: who is refused, how alike, how often, and when a session ends."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import passwords, service
from app.accounts.identity import KEY, SEEN
from app.accounts.models import User, UserSession
from app.accounts.throttle import OF_LOGIN_AT_ADDRESS
from app.audit.models import AuditEntry
from app.core.model import now
from app.core.settings import settings
from tests.factories import accounts
from tests.integration.accounts.conftest import PASSWORD

TRIES = int(OF_LOGIN_AT_ADDRESS.split()[0])
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


def sign_in(client: FlaskClient, login: str = "li.na", password: str = PASSWORD, **options: object) -> TestResponse:
    return client.post("/sign-in", data={"login": login, "password": password, "next": "/lookup"}, **options)


def is_in(client: FlaskClient) -> bool:
    return client.get("/lookup").status_code == 200


def key_of(client: FlaskClient) -> str:
    with client.session_transaction() as browser:
        return str(browser[KEY])


def test_the_right_password_lets_in_and_goes_on(anonymous: FlaskClient, person: User) -> None:
    answer = sign_in(anonymous, " Li.Na ")
    assert (answer.status_code, answer.location) == (302, "/lookup")
    assert is_in(anonymous)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere(anonymous: FlaskClient, person: User, target: str) -> None:
    sent = {"login": "li.na", "password": PASSWORD, "next": target}
    assert anonymous.post("/sign-in", data=sent).location == "/"
    assert anonymous.get("/sign-in", query_string={"next": target}).location == "/"


def test_wrong_unknown_and_disabled_look_alike_and_cost_alike(
    app: Flask, session: Session, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = accounts.make_user(session, login="gone", password_hash=passwords.hashed(PASSWORD), disabled_at=now())
    accounts.make_user(session, login="by.sso.only")
    session.commit()
    tried: list[str] = []
    verify = type(passwords.HASHER).verify
    monkeypatch.setattr(
        type(passwords.HASHER), "verify", lambda self, kept, given: tried.append(kept) or verify(self, kept, given)
    )
    passwords.is_right("", None)  # makes the hash that stands for nobody's
    tried.clear()
    seen = []
    for login, password in (("li.na", "wrong"), ("nobody", PASSWORD), (gone.login, PASSWORD), ("by.sso.only", "")):
        answer = sign_in(app.test_client(), login, password)
        headers = {name for name, _value in answer.headers if name not in ("Content-Length", "X-Request-ID")}
        seen.append((answer.status_code, re.sub(rf'value="({login}|[\w.-]{{60,}})"', "", answer.text), headers))
    assert seen[0][0] == 401
    assert seen == [seen[0]] * len(seen)
    assert len(tried) == len(seen)


def test_a_refusal_is_on_record_without_what_was_typed(anonymous: FlaskClient, person: User, session: Session) -> None:
    sign_in(anonymous, "li.na", "wrong")
    sign_in(anonymous, "a password typed as login", "x")
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in.refused").order_by(AuditEntry.id))
    assert [entry.subject for entry in entries] == ["user:li.na", "user:?"]


def test_guessing_ends_and_says_when_to_come_back(anonymous: FlaskClient, person: User) -> None:
    answers = [sign_in(anonymous, password="wrong") for _number in range(TRIES + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert "Too many wrong passwords or codes. Try again in 15 minutes." in answers[-1].text
    assert sign_in(anonymous).status_code == 429


def test_guessers_lock_out_neither_the_owner_elsewhere_nor_a_known_device(app: Flask, person: User) -> None:
    known = app.test_client()
    assert sign_in(known).status_code == 302
    known.post("/sign-out")
    guesser, elsewhere = app.test_client(), app.test_client()
    for _number in range(TRIES + 1):
        sign_in(guesser, password="wrong")
    assert sign_in(guesser).status_code == 429
    assert sign_in(known).status_code == 302
    assert sign_in(elsewhere, environ_overrides=ELSEWHERE).status_code == 302


def test_addresses_of_one_network_count_as_one(app: Flask, person: User) -> None:
    for number in range(TRIES):
        sign_in(app.test_client(), password="wrong", environ_overrides={"REMOTE_ADDR": f"2001:db8::{number + 1:x}"})
    last = sign_in(app.test_client(), environ_overrides={"REMOTE_ADDR": "2001:db8::ffff"})
    assert last.status_code == 429


def test_the_key_changes_at_sign_in_and_nothing_from_before_stays(anonymous: FlaskClient, person: User) -> None:
    with anonymous.session_transaction() as browser:
        browser[KEY], browser["planted"] = "a key that somebody has planted", "x"
    sign_in(anonymous)
    first = key_of(anonymous)
    with anonymous.session_transaction() as browser:
        assert "planted" not in browser
    anonymous.post("/sign-out")
    sign_in(anonymous)
    assert len({first, key_of(anonymous), "a key that somebody has planted"}) == 3


def test_only_a_hash_of_the_key_is_kept(anonymous: FlaskClient, person: User, session: Session) -> None:
    sign_in(anonymous)
    assert key_of(anonymous) not in str(session.execute(select(UserSession.__table__)).all())


def test_a_session_ends_when_nobody_is_there(anonymous: FlaskClient, person: User) -> None:
    sign_in(anonymous)
    with anonymous.session_transaction() as browser:
        browser[SEEN] -= settings().session_idle_minutes * 60 + 1
    assert not is_in(anonymous)


def test_a_session_ends_at_last(anonymous: FlaskClient, person: User, session: Session) -> None:
    sign_in(anonymous)
    session.execute(update(UserSession).values(ends_at=now() - timedelta(seconds=1)))
    session.commit()
    assert not is_in(anonymous)


def test_what_was_signed_out_stays_out(anonymous: FlaskClient, person: User) -> None:
    sign_in(anonymous)
    cookie = anonymous.get_cookie("gridcrm")
    anonymous.post("/sign-out")
    assert cookie is not None
    anonymous.set_cookie("gridcrm", cookie.value)
    assert not is_in(anonymous)


@pytest.mark.parametrize("deed", ["disable", "reset_password"])
def test_an_administrators_deed_ends_sessions_at_once(
    anonymous: FlaskClient, person: User, session: Session, deed: str
) -> None:
    sign_in(anonymous)
    getattr(service, deed)(session, person, "test")
    session.commit()
    assert not is_in(anonymous)


def test_a_new_password_ends_all_other_sessions(app: Flask, anonymous: FlaskClient, person: User) -> None:
    other = app.test_client()
    sign_in(anonymous)
    sign_in(other)
    sent = {"present": PASSWORD, "password": "a windy night in Huidong"}
    assert anonymous.post("/account/password", data=sent).status_code == 302
    assert (is_in(anonymous), is_in(other)) == (True, False)


def test_the_present_password_is_asked_for(anonymous: FlaskClient, person: User) -> None:
    sign_in(anonymous)
    sent = {"present": "wrong", "password": "a windy night in Huidong"}
    answer = anonymous.post("/account/password", data=sent)
    assert answer.status_code == 401
    assert 'id="field-present-error"' in answer.text


def test_a_poor_password_is_refused_beside_its_field(anonymous: FlaskClient, person: User) -> None:
    sign_in(anonymous)
    answer = anonymous.post("/account/password", data={"present": PASSWORD, "password": "short"})
    assert answer.status_code == 422
    assert 'id="field-password-error"' in answer.text


def test_a_handed_over_password_is_changed_before_anything_else(
    anonymous: FlaskClient, person: User, session: Session
) -> None:
    handed = service.reset_password(session, person, "test")
    session.commit()
    assert sign_in(anonymous, password=handed).location == "/sign-in/password"
    assert not is_in(anonymous)
    assert anonymous.post("/sign-in/password", data={"password": handed}).status_code == 422
    answer = anonymous.post("/sign-in/password", data={"password": "a windy night in Huidong"})
    assert (answer.status_code, answer.location) == (302, "/lookup")
    assert is_in(anonymous)


def test_pages_that_only_show_write_nothing(anonymous: FlaskClient, person: User, session: Session) -> None:
    sign_in(anonymous)
    before = session.scalar(select(func.count(AuditEntry.id)))
    for page in ("/account", "/account/factor", "/sign-in", "/sign-in/code"):
        anonymous.get(page)
    session.rollback()
    assert session.scalar(select(func.count(AuditEntry.id))) == before


def test_where_single_sign_on_is_the_only_way_passwords_are_not_tried(
    app: Flask, anonymous: FlaskClient, person: User
) -> None:
    object.__setattr__(settings(), "password_sign_in", False)
    assert sign_in(anonymous).status_code == 403
