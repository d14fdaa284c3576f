import pytest
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import User
from app.core.access import Role
from tests.factories import accounts

PASSWORD = "a rainy day in Boluo"


@pytest.fixture
def person(session: Session) -> User:
    """Somebody who may look customers up, with a password."""
    user = accounts.make_user(session, Role.HOTLINE, login="li.na", password_hash=passwords.hashed(PASSWORD))
    session.commit()
    return user
