"""Second factor, tokens, roles from date to date, stand-ins, and what an administrator may do."""

import json
from datetime import UTC, date, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import factor, passwords, service, viewers
from app.accounts.cli import tokens, users
from app.accounts.models import ApiToken, RoleGrant, StandIn, User
from app.accounts.service import Beginning
from app.core.access import Permission, Role
from app.core.clock import today
from app.core.commands import Program
from app.core.errors import DomainError
from tests.factories import accounts, make_cell, make_manager, make_station, own
from tests.integration.accounts.test_sign_in import is_in, sign_in

DAY = timedelta(days=1)


@pytest.fixture
def secret(session: Session, person: User) -> str:
    """The person's second factor, taken into use a while ago."""
    made = factor.new_secret()
    factor.enrol(session, person, made, pyotp.TOTP(made).now())
    person.factor_step -= 10
    session.commit()
    return made


def test_the_code_is_asked_for_and_taken_once(app: Flask, anonymous: FlaskClient, secret: str) -> None:
    code = pyotp.TOTP(secret).now()
    assert sign_in(anonymous).location == "/sign-in/code"
    assert not is_in(anonymous)
    assert anonymous.post("/sign-in/code", data={"code": code}).location == "/lookup"
    assert is_in(anonymous)
    again = app.test_client()
    sign_in(again)
    assert again.post("/sign-in/code", data={"code": code}).status_code == 401


def test_a_code_to_write_down_replaces_the_phone_once(session: Session, person: User) -> None:
    made = factor.new_secret()
    codes = factor.enrol(session, person, made, pyotp.TOTP(made).now())
    assert factor.is_right(session, person, codes[0].upper())
    assert not factor.is_right(session, person, codes[0])
    assert codes[1] not in str(person.recovery_hashes)


def test_an_administrator_can_require_the_second_factor(anonymous: FlaskClient, person: User, session: Session) -> None:
    service.require_factor(session, person, True, "test")
    session.commit()
    assert sign_in(anonymous).location == "/sign-in/enrol"
    anonymous.get("/sign-in/enrol")
    with anonymous.session_transaction() as browser:
        made = browser["pending"]["secret"]
    assert anonymous.post("/sign-in/enrol", data={"code": "000000"}).status_code == 422
    assert anonymous.post("/sign-in/enrol", data={"code": pyotp.TOTP(made).now()}).location == "/lookup"
    assert anonymous.post("/account/factor/remove", data={"code": "000000"}).status_code == 422


def test_a_second_factor_is_not_replaced_behind_its_owners_back(
    anonymous: FlaskClient, person: User, secret: str, app: Flask
) -> None:
    accounts.sign_in(anonymous, person)
    assert anonymous.get("/account/factor").status_code == 422


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make_token(session: Session, user: User, *permissions: Permission) -> str:
    owner = viewers.viewer_of(session, user.id, today())
    key = service.make_token(session, owner, "reports", permissions, today(), today())
    session.commit()
    return key


def test_a_token_does_what_it_is_for_until_it_ends(app: Flask, session: Session, person: User) -> None:
    key, client = make_token(session, person, Permission.LOOKUP), app.test_client()
    assert client.get("/api/v1/lookup?q=1", headers=bearer(key)).status_code == 200
    refused = client.get("/stations", headers=bearer(key) | {"Accept-Language": "en"})
    assert (refused.status_code, "The token was not made for this." in refused.text) == (403, True)
    token = session.scalars(select(ApiToken)).one()
    assert key not in f"{token.key_hash} {token.name}"
    token.last_day = today() - DAY
    session.commit()
    ended = client.get("/api/v1/lookup?q=1", headers=bearer(key) | {"Accept-Language": "zh"})
    assert (ended.status_code, ended.json["detail"]) == (401, "令牌无效、已过期或已吊销。")


@pytest.mark.parametrize("deed", ["revoke", "disable", "disable and enable"])
def test_a_token_ends_when_it_is_revoked_or_its_owner_disabled(
    app: Flask, session: Session, person: User, deed: str
) -> None:
    key = make_token(session, person, Permission.LOOKUP)
    if deed == "revoke":
        service.revoke_token(session, person.id, session.scalars(select(ApiToken.id)).one(), "test")
    else:
        service.disable(session, person, "test")
    if deed == "disable and enable":
        service.enable(session, person, "test")
    session.commit()
    assert app.test_client().get("/api/v1/lookup?q=1", headers=bearer(key)).status_code == 401


def test_a_token_makes_no_tokens(app: Flask, session: Session, person: User) -> None:
    key = make_token(session, person, Permission.LOOKUP)
    sent = {"name": "another", "permission": "lookup", "last_day": today().isoformat()}
    assert app.test_client().post("/account/tokens", data=sent, headers=bearer(key)).status_code == 403


def test_a_token_is_shown_once(anonymous: FlaskClient, person: User) -> None:
    accounts.sign_in(anonymous, person)
    sent = {"name": "reports", "permission": "lookup", "last_day": today().isoformat()}
    assert "gridcrm_" in anonymous.post("/account/tokens", data=sent).text
    assert "gridcrm_" not in anonymous.get("/account").text


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("name", " ", "Give the token a name"),
        ("permission", "audit.read", "Choose at least one permission"),
        ("last_day", "soon", "“soon” is no day"),
        ("last_day", "", "Choose the permissions and a last day"),
        ("last_day", "2020-01-01", "A token ends within"),
    ],
)
def test_a_refused_token_keeps_what_was_typed(
    anonymous: FlaskClient, person: User, field: str, wrong: str, words: str
) -> None:
    accounts.sign_in(anonymous, person)
    sent = {"name": "reports", "permission": "lookup", "last_day": today().isoformat()} | {field: wrong}
    answer = anonymous.post("/account/tokens", data=sent)
    assert answer.status_code == 422
    assert words in answer.text.partition("invalid-feedback")[2]
    kept = [f'value="{sent[name]}"' in answer.text for name in ("name", "last_day") if sent[name]]
    assert all(kept)
    assert 'id="for-lookup" name="permission" value="lookup" checked' in answer.text or field == "permission"


@pytest.mark.parametrize(("offset", "held"), [(-1, False), (0, True), (5, True), (6, False)])
def test_a_role_holds_from_its_day_to_its_last(session: Session, offset: int, held: bool) -> None:
    user = accounts.make_user(session)
    since = date(2026, 3, 1)
    accounts.make_grant(session, user, Role.AUDITOR, valid_from=since, last_day=since + 5 * DAY)
    assert viewers.viewer_of(session, user.id, since + offset * DAY).may(Permission.AUDIT_READ) is held


@pytest.mark.parametrize(("offset", "held"), [(-1, False), (0, True), (3, True), (4, False)])
def test_a_stand_in_has_the_beat_on_the_days_of_the_leave_only(session: Session, offset: int, held: bool) -> None:
    manager = make_manager(session)
    cell = make_cell(session, manager.station)
    own(session, cell, manager)
    absent, other = accounts.make_user(session), accounts.make_user(session)
    accounts.make_grant(session, absent, Role.MANAGER, manager=manager)
    since = date(2026, 3, 1)
    service.stand_in(session, absent, other, since, since + 3 * DAY, "test")
    scope = viewers.viewer_of(session, other.id, since + offset * DAY).scope(Permission.CUSTOMERS_SHOW)
    assert (cell.id in scope.cells) is held


@pytest.fixture
def administrator(app: Flask, session: Session) -> FlaskClient:
    """Somebody who manages the people of station ST-A, where a clerk works."""
    station = make_station(session, code="ST-A")
    make_station(session, code="ST-B")
    clerk = accounts.make_user(session, login="clerk")
    accounts.make_grant(session, clerk, Role.CLERK, station)
    session.commit()
    return accounts.client_of(app, Role.ADMINISTRATOR, unit=station, login="boss")


@pytest.mark.parametrize(("place", "status"), [("ST-A", 302), ("ST-B", 404), ("", 422)])
def test_roles_are_given_within_the_own_unit_only(administrator: FlaskClient, place: str, status: int) -> None:
    assert administrator.post("/users/clerk/grants", data={"role": "hotline", "place": place}).status_code == status


def test_nobody_gives_roles_to_themselves(administrator: FlaskClient, session: Session) -> None:
    before = len(session.scalars(select(RoleGrant)).all())
    leave = {"stand_in": "boss", "valid_from": today().isoformat(), "last_day": today().isoformat()}
    assert administrator.post("/users/boss/grants", data={"role": "supervisor", "place": "ST-A"}).status_code == 422
    assert administrator.post("/users/clerk/stand-ins", data=leave).status_code == 422
    session.rollback()
    assert len(session.scalars(select(RoleGrant)).all()) == before
    assert session.scalars(select(StandIn)).all() == []


def test_what_was_typed_stays_when_somebody_cannot_be_added(administrator: FlaskClient, session: Session) -> None:
    answer = administrator.post(
        "/users", data={"login": "new.one", "name": "王新", "role": "manager", "place": "NOBODY"}
    )
    assert answer.status_code == 404
    assert 'value="王新"' in answer.text
    assert 'role="alert"' in answer.text
    assert session.scalar(select(User).where(User.login == "new.one")) is None


def test_what_was_typed_stays_when_a_leave_cannot_be_entered(administrator: FlaskClient, session: Session) -> None:
    leave = {"stand_in": "nobody", "valid_from": "2026-03-14", "last_day": "2026-03-20"}
    answer = administrator.post("/users/clerk/stand-ins", data=leave)
    assert answer.status_code == 404
    assert "There is no user nobody." in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in leave.values())


def test_a_managers_role_without_a_code_is_told_what_it_needs(administrator: FlaskClient) -> None:
    answer = administrator.post("/users/clerk/grants", data={"role": "manager", "place": ""})
    assert answer.status_code == 422
    assert "needs the manager’s code" in answer.text


def test_people_are_listed_in_the_order_that_is_asked_for(administrator: FlaskClient) -> None:
    page = administrator.get("/users?sort=-login").text
    assert 'aria-sort="descending"' in page
    assert page.index('"/users/clerk"') < page.index('"/users/boss"')


def test_people_are_added_with_a_password_that_is_shown_once(administrator: FlaskClient) -> None:
    sent = {"login": "new.one", "name": "新人", "role": "clerk", "place": "ST-A"}
    answer = administrator.post("/users", data=sent, follow_redirects=True)
    assert "Password for the first sign-in of new.one" in answer.text
    assert "Password for the first sign-in" not in administrator.get("/users/new.one").text
    assert "new.one" in administrator.get("/users").text


@pytest.mark.parametrize(
    "password", ["short", "password1234", "123456789012", "qwertyuiop[]", "li.na li.na li", "gridcrm2026!"]
)
def test_poor_passwords_are_refused(session: Session, person: User, password: str) -> None:
    with pytest.raises(DomainError):
        service.change_password(session, person, password)


@pytest.mark.parametrize("password", ["correct horse battery staple", "下雨天在博罗县城散步真好啊"])
def test_no_mixture_of_marks_is_asked_for(session: Session, person: User, password: str) -> None:
    service.change_password(session, person, password)
    assert passwords.is_right(password, person.password_hash)


def test_roles_that_need_a_beat_get_one(session: Session, person: User) -> None:
    with pytest.raises(DomainError):
        service.grant(session, person, Beginning(Role.MANAGER), "test", today())


def run(app: Flask, *arguments: str) -> str:
    outcome = app.test_cli_runner().invoke(users, arguments, catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output.strip()


def test_the_command_adds_resets_disables_and_lists(app: Flask, session: Session, anonymous: FlaskClient) -> None:
    handed = run(app, "add", "Wu.Di", "--name", "吴迪", "--role", "hotline", "--until", "2099-12-31")
    assert sign_in(anonymous, "wu.di", handed).location == "/sign-in/password"
    again = run(app, "reset-password", "wu.di")
    assert sign_in(anonymous, "wu.di", handed).status_code == 401
    assert sign_in(anonymous, "wu.di", again).status_code == 302
    run(app, "disable", "wu.di")
    assert sign_in(anonymous, "wu.di", again).status_code == 401
    (listed,) = json.loads(run(app, "list", "--json"))
    assert (listed["login"], listed["disabled"], listed["roles"][0]["last_day"]) == ("wu.di", True, "2099-12-31")


def test_the_list_for_people_tells_days_and_local_time(app: Flask, session: Session) -> None:
    run(app, "add", "wu.di", "--name", "吴迪", "--role", "hotline", "--from", "2099-01-01", "--until", "2099-12-31")
    user = session.scalars(select(User).where(User.login == "wu.di")).one()
    user.last_sign_in_at = datetime(2026, 3, 14, 18, 30, tzinfo=UTC)
    session.commit()
    listed = run(app, "list")
    assert "hotline@* (2099-01-01..2099-12-31)" in listed
    assert "2026-03-15T02:30" in listed


def test_the_command_lists_the_tokens_that_can_be_revoked(app: Flask, session: Session, person: User) -> None:
    make_token(session, person, Permission.LOOKUP)
    (line,) = app.test_cli_runner().invoke(tokens, ["list", person.login]).output.splitlines()
    name, last_day, permission = line.split()
    assert (last_day, permission) == (session.scalars(select(ApiToken)).one().last_day.isoformat(), "lookup")
    revoked = app.test_cli_runner().invoke(tokens, ["revoke", person.login, name])
    assert revoked.exit_code == 0, revoked.output
    assert app.test_cli_runner().invoke(tokens, ["list", person.login]).output == ""


def test_what_cannot_be_done_is_said_in_the_terminals_language(app: Flask) -> None:
    with force_locale("zh"):
        refused = app.test_cli_runner().invoke(Program(commands=[users]), ["users", "disable", "nobody"])
    assert (refused.exit_code, refused.output) == (1, "错误：没有用户 nobody。\n")
