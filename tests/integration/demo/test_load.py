from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import today
from app.core.database import database
from app.core.errors import Conflict
from app.customers.models import Account, CustomerPhone, MeterPoint
from app.demo import history, service
from app.demo.cli import demo
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import owners_on
from app.organisation.models import OrganisationUnit
from tests.factories import make_station

HOUSEHOLDS = 4_000


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def counts(session: Session, column: Any) -> dict[str, int]:
    return dict(list(session.execute(select(column, func.count()).group_by(column))))


def test_the_whole_city_is_in_the_register(session: Session) -> None:
    loaded = service.load(session, HOUSEHOLDS)

    assert loaded.households == HOUSEHOLDS == count(session, Account) == count(session, MeterPoint)
    assert loaded.managers == count(session, CustomerManager) == 10
    assert counts(session, OrganisationUnit.kind) == {"bureau": 1, "district": 5, "station": 5}
    reasons = counts(session, MeterPoint.reason)
    assert reasons["inside"] > 0.7 * HOUSEHOLDS
    assert reasons["transformer_area"] > 0
    assert reasons["unassigned"] > 0

    changed = select(Ownership.cell_id).group_by(Ownership.cell_id).having(func.count() > 1)
    assert count(session, owners_on(today())) == count(session, GridCell) == loaded.cells
    assert count(session, changed.subquery()) > 0
    assert session.scalar(select(func.min(Ownership.valid_from))) == history.beginning(today())

    assert session.scalar(select(CustomerPhone.id).where(CustomerPhone.number == loaded.phone))
    assert session.scalar(select(CustomerManager.id).where(CustomerManager.code == loaded.manager))


def test_a_register_that_holds_something_is_left_alone(session: Session) -> None:
    make_station(session)
    with pytest.raises(Conflict, match="already holds data"):
        service.load(session, HOUSEHOLDS)
    assert count(session, OrganisationUnit) == 1


@pytest.mark.parametrize(("day", "since"), [(date(2026, 5, 1), date(2026, 1, 1)), (date(2026, 2, 1), date(2025, 1, 1))])
def test_cells_were_shared_out_on_a_new_years_day_some_months_ago(day: date, since: date) -> None:
    assert history.beginning(day) == since


def test_once_says_that_it_does_nothing(app: Flask) -> None:
    with database().transaction() as session:
        make_station(session)
    result = app.test_cli_runner().invoke(demo, ["--once"])
    assert result.output == "The register already holds data; the demo city is not loaded again.\n"
