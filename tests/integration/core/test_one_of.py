"""A column is compared with many numbers that come as one parameter."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.one_of import numbers_given, one_of
from app.organisation.models import OrganisationUnit
from tests.factories import make_station
from tests.statements import counted, reads

LARGEST = 2**62


def test_the_rows_of_any_number_of_numbers(session: Session) -> None:
    ids = [make_station(session).id for _each in range(3)]
    statement = select(OrganisationUnit.id).where(one_of(OrganisationUnit.id, numbers_given("ids")))
    for wanted in ([], ids[:1], ids[1:]):
        assert set(session.scalars(statement, {"ids": wanted})) == set(wanted)
    assert set(session.scalars(statement, {"ids": {*ids[:2], -1, LARGEST}})) == set(ids[:2])


def test_numbers_given_with_the_condition(session: Session) -> None:
    here, there = make_station(session).id, make_station(session).id
    assert session.scalars(select(OrganisationUnit.id).where(one_of(OrganisationUnit.id, {here}))).all() == [here]
    others = select(OrganisationUnit.id).where(~one_of(OrganisationUnit.id, [here]))
    assert there in session.scalars(others).all()
    assert here not in session.scalars(others).all()


def test_the_text_stays_the_same(session: Session) -> None:
    with counted(session) as sent:
        for ids in ([1], [1, 2, 3]):
            session.scalars(select(OrganisationUnit.id).where(one_of(OrganisationUnit.id, ids))).all()
    assert len(set(reads(sent))) == 1
