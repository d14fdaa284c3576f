from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.models import ApiToken
from app.accounts.queries import hash_of
from app.core.access import Permission, Role
from app.core.clock import today
from app.core.database import database
from app.organisation.models import OrganisationUnit
from tests.conftest import EVERY_ROLE
from tests.factories import accounts


@dataclass(frozen=True)
class Program:
    """A program that asks with a bearer token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"} | (headers or {})
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("POST", path, **kwargs)


NewProgram = Callable[..., Program]


@pytest.fixture
def new_program(app: Flask) -> NewProgram:
    """A program of somebody new with these roles, in a unit or everywhere.

    Its token is for all that they may do, or for `only`.
    """

    def make(
        *roles: Role, only: set[Permission] | None = None, unit: OrganisationUnit | None = None, **values: Any
    ) -> Program:
        token = f"gridcrm_test_{next(accounts.NUMBERS)}"
        with database().transaction() as session:
            user = accounts.make_user(session)
            for role in roles:
                accounts.make_grant(session, user, role, unit)
            permissions = sorted(only if only is not None else set(Permission))
            day = {"last_day": today() + timedelta(days=1)} | values
            row = ApiToken(key_hash=hash_of(token), user_id=user.id, name=token, permissions=permissions, **day)
            session.add(row)
        return Program(app.test_client(), token)

    return make


@pytest.fixture
def program(new_program: NewProgram) -> Program:
    """A program that may do everything everywhere."""
    return new_program(*EVERY_ROLE)
