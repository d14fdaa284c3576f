"""Tables filled without their indexes have all of them, and all constraints, afterwards."""

from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.indexes import made_afterwards

TABLES = ("customer", "account")
CHILD = "account_text"
"""Refers to one of them."""


def kept_right(session: Session) -> list[Any]:
    """Indexes, keys and foreign keys of the tables, and of one that refers to them."""
    found = inspect(session.connection())
    asked = (found.get_indexes, found.get_unique_constraints, found.get_foreign_keys)
    kept = [sorted(ask(table), key=lambda one: str(one["name"])) for table in (*TABLES, CHILD) for ask in asked]
    return [*kept, *(found.get_pk_constraint(table) for table in TABLES)]


def test_indexes_and_constraints_come_back(session: Session) -> None:
    before = kept_right(session)
    with made_afterwards(session, *TABLES):
        during = kept_right(session)
    assert kept_right(session) == before
    assert len(str(during)) < len(str(before))


def test_something_else_is_done_before_each_of_them_is_made(session: Session) -> None:
    seen = []
    with made_afterwards(session, *TABLES, meanwhile=lambda: seen.append(len(str(kept_right(session))))):
        pass
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


def test_what_breaks_a_constraint_is_refused_in_the_end(session: Session) -> None:
    row = "('1', '', '', 'household')"
    insert = text(f"insert into customer (number, name, initials, kind) values {row}, {row}")
    with pytest.raises(IntegrityError), made_afterwards(session, *TABLES):
        session.execute(insert)
