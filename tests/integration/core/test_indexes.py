"""Tables filled without their indexes have all of them, and all constraints, afterwards."""

from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.indexes import made_afterwards

TABLES = ("customer", "account")


def kept_right(session: Session) -> list[Any]:
    """Indexes, unique constraints and foreign keys of the tables."""
    found = inspect(session.connection())
    asked = (found.get_indexes, found.get_unique_constraints, found.get_foreign_keys)
    return [sorted(ask(table), key=lambda one: str(one["name"])) for table in TABLES for ask in asked]


def test_indexes_and_constraints_come_back(session: Session) -> None:
    before = kept_right(session)
    with made_afterwards(session, *TABLES):
        during = kept_right(session)
    assert kept_right(session) == before
    assert len(str(during)) < len(str(before))


def test_what_breaks_a_constraint_is_refused_in_the_end(session: Session) -> None:
    row = "('1', '', '', 'household')"
    insert = text(f"insert into customer (number, name, initials, kind) values {row}, {row}")
    with pytest.raises(IntegrityError), made_afterwards(session, *TABLES):
        session.execute(insert)
