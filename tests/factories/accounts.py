import itertools
import time
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.identity import KEY, SEEN
from app.accounts.models import RoleGrant, User, UserSession
from app.accounts.queries import hash_of
from app.core.access import Role
from app.core.database import database
from app.core.model import now
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit

NUMBERS = itertools.count(1)
LONG_AGO = date(2020, 1, 1)


def make_user(session: Session, *roles: Role, **values: Any) -> User:
    """Somebody with these roles everywhere."""
    number = next(NUMBERS)
    user = User(**{"login": f"user{number}", "name": f"用户{number}", "grants": []} | values)
    session.add(user)
    session.flush()
    for role in roles:
        make_grant(session, user, role)
    return user


def make_grant(
    session: Session,
    user: User,
    role: Role,
    unit: OrganisationUnit | None = None,
    manager: CustomerManager | None = None,
    **values: Any,
) -> RoleGrant:
    """A role, everywhere or in a unit; a manager's names the beat."""
    given = RoleGrant(
        user_id=user.id,
        role=role.value,
        unit_id=manager.station_id if manager else unit and unit.id,
        manager_id=manager and manager.id,
        **{"valid_from": LONG_AGO} | values,
    )
    session.add(given)
    session.flush()
    return given


def session_key(user: User) -> str:
    """The key of a session that the user has begun, which is not on record."""
    key = f"key of session {next(NUMBERS)}"
    with database().transaction() as session:
        session.add(UserSession(key_hash=hash_of(key), user_id=user.id, ends_at=now() + timedelta(hours=1)))
    return key


def sign_in(client: FlaskClient, user: User) -> None:
    """Sign the client in as the user, who must have been committed."""
    key = session_key(user)
    with client.session_transaction() as browser:
        browser[KEY], browser[SEEN] = key, time.time()


def client_of(
    app: Flask,
    *roles: Role,
    unit: OrganisationUnit | None = None,
    manager: CustomerManager | None = None,
    **values: Any,
) -> FlaskClient:
    """A client signed in as somebody new with these roles in a unit, or for a manager's beat."""
    with database().transaction() as session:
        user = make_user(session, **values)
        for role in roles:
            make_grant(session, user, role, unit, manager if role == Role.MANAGER else None)
    client = app.test_client()
    client.set_cookie("language", "en")
    sign_in(client, user)
    return client
