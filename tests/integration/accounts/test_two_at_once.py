"""Two sign-ins with one code at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pyotp
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts import factor
from app.accounts.models import User
from app.core.database import database
from app.core.settings import settings


@pytest.fixture(params=["of the phone", "written down"])
def code(request: pytest.FixtureRequest, session: Session, person: User) -> str:
    """A good code of the person's."""
    made = factor.new_secret()
    written = factor.enrol(session, person, made, pyotp.TOTP(made).now())
    person.factor_step -= 10
    session.commit()
    return pyotp.TOTP(made).now() if request.param == "of the phone" else written[0]


def test_one_code_lets_one_in(app: Flask, person: User, code: str) -> None:
    second_begins = Event()

    def second() -> bool:
        with app.app_context(), database().transaction() as session:
            if settings().is_sqlite:  # its first statement waits for the other transaction
                second_begins.set()
            user = session.get_one(User, person.id)
            second_begins.set()
            return factor.is_right(session, user, code)

    with ThreadPoolExecutor(1) as threads:
        with database().transaction() as session:
            assert factor.is_right(session, session.get_one(User, person.id), code)
            session.flush()
            other = threads.submit(second)
            assert second_begins.wait(10)
        assert not other.result(timeout=30)
